"""Recordings go when their time is over, and everybody is told a week before.

How long that is, the conversation says: the shortest time of its campaigns. No change at the desk
lengthens what a participant has signed for; where one shortens it, the week of notice stays.
Everything here may be run at any time, by two at once, and again after it was cut short.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from functools import partial

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from candid.site.agreements.actions import promised_days
from candid.site.conversations.models import Conversation
from candid.site.recording import shelf
from candid.site.recording.actions import erase_recordings, finish_erasures, note_own_erasures
from candid.site.recording.letters import Kind, write_letters
from candid.site.recording.models import Erasure, Keeping, Notice

logger = logging.getLogger(__name__)

NOTICE_PERIOD = dt.timedelta(days=7)


def keep_promises(now: dt.datetime) -> None:
    """Erase what is due and announce what will be; a failure of one call stops no other.

    Nor does it stop what else is owed of the same call.
    """
    _attempt(finish_erasures)
    for call_id in shelf.calls_kept():
        for part in (shelf.end_erasures, shelf.end_strikes, partial(_keep_promise, now=now)):
            _attempt(partial(part, call_id))


def _attempt(part: Callable[[], None]) -> None:
    try:
        part()
    except Exception:  # a disk, a mail server, a manifest: the others are owed theirs
        logger.exception("what was promised of a recording is tried again later")


def _keep_promise(call_id: str, now: dt.datetime) -> None:
    conversation = Conversation.objects.filter(call_id=call_id).first()
    if conversation is None:
        return
    note_own_erasures(call_id)
    if not shelf.takes_of(call_id):
        _tell_belated(conversation, now)
        return
    keeping, _is_new = Keeping.objects.get_or_create(call_id=call_id, defaults={"since": now})
    due = _due_at(conversation, keeping, now)
    if due <= now:
        ids = [one.participant_id for one in conversation.participants.all()]
        erase_recordings(call_id, ids, "time")
        _tell_all(conversation, "erased", due)
    elif due - now <= NOTICE_PERIOD:
        if keeping.announced_at is None:
            Keeping.objects.filter(pk=call_id, announced_at=None).update(announced_at=now)
        _tell_all(conversation, "announced", due)
    elif keeping.announced_at and _planned_at(conversation, keeping) - now > NOTICE_PERIOD:
        # Given more time again: whatever is shortened later is told anew, and a week before.
        Keeping.objects.filter(pk=call_id).update(announced_at=None)


def _tell_belated(conversation: Conversation, now: dt.datetime) -> None:
    """Write to whoever could not be told that all is erased; for a week, and nobody twice."""
    erasures = Erasure.objects.filter(call_id=conversation.call_id, reason="time")
    last, due = erasures.order_by("asked_at").last(), due_at(conversation, now)
    if last is not None and due is not None and now - max(due, last.asked_at) <= NOTICE_PERIOD:
        _tell_all(conversation, "erased", min(due, now))


def due_at(conversation: Conversation, now: dt.datetime) -> dt.datetime | None:
    """Return when the recordings of a conversation go; None where none was found yet."""
    keeping = Keeping.objects.filter(call_id=conversation.call_id).first()
    return None if keeping is None else _due_at(conversation, keeping, now)


def _planned_at(conversation: Conversation, keeping: Keeping) -> dt.datetime:
    return keeping.since + dt.timedelta(days=conversation.keep_days)


def _due_at(conversation: Conversation, keeping: Keeping, now: dt.datetime) -> dt.datetime:
    planned = _planned_at(conversation, keeping)
    told_at = now if keeping.announced_at is None else keeping.announced_at
    with_notice = max(planned, told_at + NOTICE_PERIOD)
    people = [one.participant_id for one in conversation.participants.all()]
    promised = promised_days(people)
    if promised is None:
        return with_notice
    # What was signed is kept to the day, also where nobody could be told in time.
    return min(with_notice, keeping.since + dt.timedelta(days=promised))


def tell_due(conversation: Conversation) -> str:
    """Say until when the recordings are kept."""
    now = timezone.now()
    due = due_at(conversation, now)
    if due is None:
        days = conversation.keep_days
        return _("They are kept for at most %(days)s days.") % {"days": days}
    words = _("They are kept until %(day)s, and then erased.")
    if due - now <= NOTICE_PERIOD:
        words = _("They will be erased on %(day)s. Everybody with an e-mail address is told.")
    return words % {"day": formats.date_format(timezone.localtime(due), "j F Y")}


def _tell_all(conversation: Conversation, kind: Kind, due: dt.datetime) -> None:
    """Write to the participants who left an address, and to the desk; once each and day."""
    for letter in write_letters(conversation, kind, due):
        key = {
            "call_id": conversation.call_id,
            "recipient": letter.recipient,
            "kind": kind,
            "due_on": due.date(),
        }
        # What is erased is told once, whatever day the desk would name by now.
        known = {name: key[name] for name in key if kind == "announced" or name != "due_on"}
        if Notice.objects.filter(**known).exists():
            continue
        try:
            letter.send()
        except OSError as error:  # what the mail server says may hold addresses
            logger.warning("a letter about an erasure was not taken: %s", type(error).__name__)
            continue
        # After it is sent: cut short between the two, a letter comes twice and none is lost.
        Notice.objects.get_or_create(**key)
