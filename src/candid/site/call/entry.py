"""Who may come into a call, and what they need to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import close_old_connections

from candid.site.agreements.actions import standing_of
from candid.site.conversations.guests import Guest, find_guest


@dataclass(frozen=True, slots=True)
class Entry:
    """One participant's entry. `people` are all of the call as (participant_id, name).

    Into a conversation that has ended nobody comes, but whoever may have come is told so.
    """

    participant_id: str
    link_version: int
    call_id: str
    people: list[tuple[str, str]]
    questions: list[str]
    is_ended: bool


def enter_call(link: str) -> Entry | None:
    """Return the entry of whose link this is; None where it does not hold or is not signed."""
    close_old_connections()
    try:
        guest = find_guest(link)
        return _entry_of(guest) if guest.may_enter else None
    finally:
        close_old_connections()


def _entry_of(guest: Guest) -> Entry | None:
    participant = guest.participant
    if participant is None or standing_of(participant.participant_id) != "signed":
        return None
    conversation = participant.conversation
    return Entry(
        participant_id=participant.participant_id,
        link_version=participant.link_version,
        call_id=conversation.call_id,
        people=[(one.participant_id, one.name) for one in conversation.participants.all()],
        questions=conversation.question_texts(),
        is_ended=conversation.ended_at is not None,
    )
