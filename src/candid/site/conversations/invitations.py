"""Invitations by e-mail: the personal link, and the time as a calendar entry."""

from __future__ import annotations

import datetime as dt

import icalendar
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from candid.site.conversations.models import Conversation, Participant


def address_of(participant: Participant) -> str:
    """Return the personal link as one opens it."""
    return f"{settings.ENVIRONMENT.origin}{participant.path}"


def send_invitation(participant: Participant) -> None:
    """Send a participant their link. Raises OSError where no mail can be sent."""
    conversation = participant.conversation
    with override(participant.language or settings.LANGUAGE_CODE):
        message = EmailMessage(
            subject=conversation.title, body=_write_words(participant), to=[participant.email]
        )
        if conversation.start is not None:
            calendar = make_calendar(conversation)
            message.attach("conversation.ics", calendar.decode(), "text/calendar")
        message.send()


def _write_words(participant: Participant) -> str:
    conversation = participant.conversation
    when = ""
    if conversation.start is not None:
        when = _("It begins on %(start)s (%(zone)s).") % {
            "start": conversation.start_words,
            "zone": conversation.time_zone,
        }
    words = _(
        "Hello %(name)s,\n\nyou are invited to a conversation. %(when)s\n\n"
        "This link is yours alone. Open it with any browser; you need no account:\n\n"
        "%(address)s\n\nYou may say no at any time, without a reason."
    )
    return words % {"name": participant.name, "when": when, "address": address_of(participant)}


def make_calendar(conversation: Conversation) -> bytes:
    """Return an iCalendar file of a conversation; without the link, since calendars are shared."""
    start = conversation.start
    assert start is not None
    event = icalendar.Event()
    event.add("uid", f"{conversation.call_id}@candid")
    event.add("dtstamp", timezone.now())
    # In UTC: every calendar shows it on its own clocks, and no zone need be described.
    event.add("dtstart", start.astimezone(dt.UTC))
    event.add("dtend", (start + dt.timedelta(minutes=conversation.minutes)).astimezone(dt.UTC))
    event.add("summary", conversation.title)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Candid//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical()
