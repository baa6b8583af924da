"""Calendar entries of a conversation: sent, brought up to date, taken back (RFC 5545, 5546)."""

from __future__ import annotations

import datetime as dt
from email.mime.text import MIMEText
from email.utils import parseaddr
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.utils import timezone

from candid.site.conversations.models import Conversation, Participant

if TYPE_CHECKING:
    import icalendar

Method = Literal["REQUEST", "CANCEL"]
FILE_NAME = "conversation.ics"


def attach_calendar(participant: Participant, method: Method = "REQUEST") -> MIMEText | None:
    """Return the entry as a part of an e-mail; None where there is none to send or take back.

    Where no time is set any more, the entry in their calendar is taken back.
    """
    if participant.conversation.start is None:
        method = "CANCEL"
    if method == "CANCEL" and participant.invited_start is None:
        return None
    text = make_calendar(participant, method).decode()
    part = MIMEText(text, "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename=FILE_NAME)
    return part


def make_calendar(participant: Participant, method: Method = "REQUEST") -> bytes:
    """Return an iCalendar file without the link, since calendars are shared.

    Every entry of one participant has the same UID; a later one has a higher SEQUENCE and takes
    the place of the earlier. After a cancelled one it is another UID, and somebody who is taken
    out and asked again is another participant: a calendar would pass over an entry that it was
    told to cancel. It names none of the others.
    """
    # Not with the studio: it takes a quarter of a second, and few starts send a letter.
    import icalendar

    conversation = participant.conversation
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Candid//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_describe(conversation, participant, method))
    return calendar.to_ical()


def _describe(
    conversation: Conversation, participant: Participant, method: Method
) -> icalendar.Event:
    import icalendar

    start = participant.invited_start if method == "CANCEL" else conversation.start
    assert start is not None
    sequence = conversation.calendar_sequence
    event = icalendar.Event()
    cancelled = f".{participant.n_entries_cancelled}" if participant.n_entries_cancelled else ""
    event.add("uid", f"{participant.participant_id}{cancelled}@candid")
    # Whoever is taken out alone hears of it although nothing else of the conversation changed.
    event.add("sequence", sequence + 1 if method == "CANCEL" else sequence)
    event.add("dtstamp", timezone.now())
    # In UTC: every calendar shows it on its own clocks, and no zone need be described.
    event.add("dtstart", start.astimezone(dt.UTC))
    event.add("dtend", (start + dt.timedelta(minutes=conversation.minutes)).astimezone(dt.UTC))
    event.add("summary", conversation.title)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    event.add("attendee", f"mailto:{participant.email}", parameters={"RSVP": "FALSE"})
    return event
