"""Letters to participants: the personal link with the time, and that it will not be."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import override

from candid.site.conversations.actions import note_apologised, note_invited
from candid.site.conversations.calendars import Method, attach_calendar
from candid.site.conversations.models import Participant


def address_of(participant: Participant) -> str:
    """Return the personal link as one opens it."""
    return f"{settings.ENVIRONMENT.origin}{participant.path}"


def send_invitation(participant: Participant) -> None:
    """Send a participant their link and the time. Raises OSError where no mail can be sent.

    Sent again after a change, the calendar entry takes the place of the one before.
    """
    with override(participant.read_language):
        _send(participant, _write_words(participant), "REQUEST")
    note_invited(participant)


def send_apology(participant: Participant) -> None:
    """Tell somebody that the conversation will not be. Raises OSError where no mail can be sent."""
    with override(participant.read_language):
        words = _("Hello %(name)s,\n\nthe conversation was called off. You need not do anything.")
        _send(participant, words % {"name": participant.name}, "CANCEL")
    note_apologised(participant)


def to_be_told(participants: Iterable[Participant]) -> list[Participant]:
    """Return those who were sent an invitation, and can be written to."""
    return [one for one in participants if one.invited_at is not None and one.email]


def still_hopeful(participants: Iterable[Participant]) -> list[Participant]:
    """Return those who were invited, and whom no letter has told that it was called off."""
    return [one for one in to_be_told(participants) if one.apologised_at is None]


def _send(participant: Participant, words: str, method: Method) -> None:
    conversation = participant.conversation
    message = EmailMessage(subject=conversation.title, body=words, to=[participant.email])
    calendar = attach_calendar(participant, method)
    if calendar is not None:
        message.attach(calendar)
    message.send()


def _say_when(participant: Participant) -> str:
    conversation = participant.conversation
    if conversation.start is not None:
        return _("It begins on %(start)s (%(zone)s).") % {
            "start": conversation.start_words,
            "zone": conversation.time_zone,
        }
    if participant.invited_start is not None:
        return _("The time you were told no longer holds, and there is no new one yet.")
    return _("There is no time for it yet.")


def _write_words(participant: Participant) -> str:
    when = _say_when(participant)
    if participant.has_old_time:
        when = _("Something has changed. %(when)s") % {"when": when}
    words = _(
        "Hello %(name)s,\n\nyou are invited to a conversation. %(when)s\n\n"
        "This link is yours alone. Open it with any browser; you need no account:\n\n"
        "%(address)s\n\nYou may say no at any time, without a reason."
    )
    return words % {"name": participant.name, "when": when, "address": address_of(participant)}
