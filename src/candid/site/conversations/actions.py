"""Every write of the room `conversations`."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from candid.site.agreements.actions import append_entry, standing_of
from candid.site.conversations.models import (
    FEWEST_PARTICIPANTS,
    MOST_PARTICIPANTS,
    Conversation,
    Guide,
    Participant,
    Question,
)
from candid.site.conversations.signals import (
    conversation_ended,
    link_revoked,
    removal_asked,
    removal_begun,
)

LINK_REVOKED, LINK_ISSUED, ENDED = "link.revoked", "link.issued", "conversation.ended"
CONVERSATION_REMOVED, PARTICIPANT_REMOVED = "conversation.removed", "participant.removed"
# What no form changes, and others may while one is open.
_BESIDE_FORMS = ("ended_at", "is_called_off", "held_questions")
_OF_LETTERS = (
    "invited_at",
    "invited_sequence",
    "invited_start",
    "n_entries_cancelled",
    "apologised_at",
    "invited_version",
    "invited_email",
)
_BESIDE_FORMS_OF_PEOPLE = ("link_version", "is_revoked", "opened_at", *_OF_LETTERS)
# What a calendar shows of a conversation.
_IN_CALENDARS = ("title", "starts_on", "starts_at", "time_zone", "minutes")

FIRST_GUIDE = "Something hard to say"
FIRST_QUESTIONS = (
    "What made you say yes to this conversation?",
    "When did you first tell somebody, and what did they say?",
    "What did you wish people had asked you?",
    "What helped, even a little?",
    "What would you say to somebody who is where you were?",
)


SAMPLE_TITLE = "A conversation to try out"
SAMPLE_NAMES = ("Rosa", "Daniel")


class ConversationError(ValueError):
    """A conversation cannot be planned this way; the message says why."""


class StillHeldError(ConversationError):
    """Somebody cannot be removed while recordings of theirs are kept; the message says so."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversation as somebody plans it. Each of `people` is (name, e-mail or "")."""

    title: str
    people: Sequence[tuple[str, str]]
    guide: Guide | None = None
    starts_on: dt.date | None = None
    starts_at: dt.time | None = None
    time_zone: str = "UTC"


def plan_conversation(plan: Plan) -> Conversation:
    """Write a conversation and its participants. Raises ConversationError for a wrong number."""
    if not FEWEST_PARTICIPANTS <= len(plan.people) <= MOST_PARTICIPANTS:
        raise ConversationError("a conversation has two to four participants")
    conversation = Conversation(
        title=plan.title,
        guide=plan.guide,
        starts_on=plan.starts_on,
        starts_at=plan.starts_at,
        time_zone=plan.time_zone,
    )
    conversation.participants = [
        Participant(name=name, email=email, sort_order=order)
        for order, (name, email) in enumerate(plan.people)
    ]
    save_conversation(conversation)
    return conversation


def save_conversation(conversation: Conversation) -> None:
    """Write a conversation with its participants, and each new link into the ledger.

    A link that was sent to an address which turns out to be another's is replaced. Of somebody
    who has agreed it is not: they may be talking, and what they recorded is sent with it.
    """
    with transaction.atomic():
        known = _read_again(conversation)
        _count_calendar(conversation)
        conversation.save()
        for participant in Participant.objects.filter(conversation=conversation):
            if participant.pk not in known:
                _note_link(LINK_ISSUED, participant)
            elif participant.is_known_elsewhere and not has_agreed(participant):
                reissue_link(participant)


def _read_again(conversation: Conversation) -> set[int]:
    """Take over what was written since a form read it, and return who is in it already.

    A link that was revoked meanwhile stays revoked, and who was taken out stays out. Nobody
    else writes to these rows until the transaction ends.
    """
    if conversation.pk is None:
        return set()
    own = Conversation.objects.select_for_update()
    conversation.refresh_from_db(fields=_BESIDE_FORMS, from_queryset=own)
    rows = Participant.objects.select_for_update().filter(conversation_id=conversation.pk)
    found = {one.pk: one for one in rows}
    people = [one for one in conversation.participants.all() if one.pk is None or one.pk in found]
    for one in people:
        for name in _BESIDE_FORMS_OF_PEOPLE if one.pk is not None else ():
            setattr(one, name, getattr(found[one.pk], name))
    conversation.participants = people
    return set(found)


def has_agreed(participant: Participant) -> bool:
    """Tell whether this person has signed the agreement."""
    return standing_of(participant.participant_id) == "signed"


def _count_calendar(conversation: Conversation) -> None:
    """Count a change that calendars must hear of, so that theirs is known to be older."""
    before = Conversation.objects.filter(pk=conversation.pk)
    for shown in before.values("calendar_sequence", *_IN_CALENDARS):
        sequence = shown.pop("calendar_sequence")
        is_changed = any(getattr(conversation, name) != value for name, value in shown.items())
        conversation.calendar_sequence = sequence + is_changed


def note_invited(participant: Participant) -> None:
    """Note that a participant was sent the invitation as it is now."""
    participant.invited_at = timezone.now()
    participant.invited_sequence = participant.conversation.calendar_sequence
    participant.invited_version = participant.link_version
    participant.invited_email = participant.email
    start = participant.conversation.start
    if start is None and participant.invited_start is not None:
        participant.n_entries_cancelled += 1
    participant.invited_start = start
    participant.save(update_fields=_OF_LETTERS)


def note_apologised(participant: Participant) -> None:
    """Note that a participant was told that it was called off; nothing where they are removed."""
    participant.apologised_at = timezone.now()
    Participant.objects.filter(pk=participant.pk).update(apologised_at=participant.apologised_at)


def note_held(call_id: str) -> None:
    """Keep the questions as they are now: a recording has begun, or could begin no more."""
    conversation = Conversation.objects.filter(call_id=call_id, held_questions__isnull=True).first()
    if conversation is not None:
        conversation.held_questions = conversation.question_texts()
        conversation.save(update_fields=["held_questions"])


def open_link(participant: Participant) -> None:
    """Note when a participant first opened their link."""
    if participant.opened_at is None:
        participant.opened_at = timezone.now()
        participant.save(update_fields=["opened_at"])


def revoke_link(participant: Participant) -> None:
    """Make a link and all its tokens void; what was recorded stays."""
    with transaction.atomic():
        _change_link(participant, is_revoked=True)
        _note_link(LINK_REVOKED, participant)


def reissue_link(participant: Participant) -> None:
    """Give a participant a new link; the one before it no longer holds."""
    with transaction.atomic():
        _change_link(participant, is_revoked=False)
        _note_link(LINK_ISSUED, participant)


def _change_link(participant: Participant, *, is_revoked: bool) -> None:
    # A revoked link moves on too, so that no later slip can bring the old one back.
    Participant.objects.filter(pk=participant.pk).update(
        link_version=F("link_version") + 1, is_revoked=is_revoked, opened_at=None
    )
    participant.refresh_from_db()
    call_id = participant.conversation.call_id
    tell = functools.partial(
        link_revoked.send,
        sender=Participant,
        call_id=call_id,
        participant_id=participant.participant_id,
    )
    transaction.on_commit(tell)


def _note_link(kind: str, participant: Participant) -> None:
    append_entry(kind, participant.participant_id, {"link_version": participant.link_version})


def end_conversation(conversation: Conversation) -> None:
    """Close a conversation for good; uploads of what was recorded go on."""
    if conversation.ended_at is not None:
        return
    with transaction.atomic():
        note_held(conversation.call_id)
        Conversation.objects.filter(pk=conversation.pk).update(ended_at=timezone.now())
        append_entry(ENDED, conversation.call_id, {})
        call_id = conversation.call_id
        transaction.on_commit(lambda: conversation_ended.send(sender=Conversation, call_id=call_id))
    conversation.refresh_from_db()


def call_off(conversation: Conversation) -> bool:
    """End a conversation that is not to be; whose calendar has it must hear of it.

    Returns False, and does nothing, where it was held or ended already.
    """
    with transaction.atomic():
        to_come = Conversation.objects.filter(
            pk=conversation.pk, ended_at=None, held_questions__isnull=True
        )
        if not to_come.update(is_called_off=True):
            return False
        end_conversation(conversation)
    return True


def remove_conversation(conversation: Conversation) -> None:
    """Remove a conversation for good. Raises StillHeldError where something of it is kept.

    What the ledger says of it stays, and so do receipts of what was erased.
    """
    people = list(conversation.participants.all())
    _check_may_go(conversation, people)
    end_conversation(conversation)
    _begin_removal(conversation, people)
    with transaction.atomic():
        # As everywhere: a conversation's row first, its people's, then the ledger. Two who took
        # them in another order would wait for each other for ever.
        if Conversation.objects.select_for_update().filter(pk=conversation.pk).first() is None:
            return  # removed meanwhile by somebody else
        conversation.delete()
        append_entry(CONVERSATION_REMOVED, conversation.call_id, {})


def remove_participant(participant: Participant) -> None:
    """Remove somebody from a conversation.

    Raises ConversationError where fewer than two would be left, and StillHeldError where
    something of theirs is kept.
    """
    conversation = participant.conversation
    if conversation.participants.count() <= FEWEST_PARTICIPANTS:
        raise ConversationError(_("A conversation has at least two participants."))
    _check_may_go(conversation, [participant])
    _begin_removal(conversation, [participant])
    with transaction.atomic():
        facts: dict[str, str | int] = {"call_id": conversation.call_id}
        participant.delete()
        append_entry(PARTICIPANT_REMOVED, participant.participant_id, facts)


def _check_may_go(conversation: Conversation, people: Sequence[Participant]) -> None:
    ids = [one.participant_id for one in people]
    removal_asked.send(Conversation, call_id=conversation.call_id, participant_ids=ids)


def _begin_removal(conversation: Conversation, people: Sequence[Participant]) -> None:
    """Shut the doors before the rows go, so that nothing arrives of somebody unknown."""
    for one in people:
        revoke_link(one)
    ids = [one.participant_id for one in people]
    removal_begun.send(Conversation, call_id=conversation.call_id, participant_ids=ids)


def load_first_guide() -> Guide:
    """Return the guide that a fresh studio begins with."""
    existing = Guide.objects.filter(name=FIRST_GUIDE).first()
    if existing is not None:
        return existing
    guide = Guide(name=FIRST_GUIDE)
    save_guide(guide, FIRST_QUESTIONS)
    return guide


def save_guide(guide: Guide, texts: Sequence[str]) -> None:
    """Write a guide with these questions, in this order."""
    guide.questions = [Question(text=text, sort_order=order) for order, text in enumerate(texts)]
    guide.save()


def load_sample() -> Conversation | None:
    """Return the conversation to try out; made where there is none at all yet."""
    if not Conversation.objects.exists():
        people = [(name, "") for name in SAMPLE_NAMES]
        plan_conversation(Plan(SAMPLE_TITLE, people, load_first_guide()))
    return Conversation.objects.filter(title=SAMPLE_TITLE, ended_at=None).order_by("pk").first()
