"""What is done with the forms of a conversation at the desk."""

from __future__ import annotations

from candid.site.conversations.models import Conversation, Participant
from tests.site.at_the_desk import Desk

PLAN = {
    "title": "Kitchen table",
    "starts_on": "2026-03-12",
    "starts_at": "18:30",
    "time_zone": "Europe/London",
    "minutes": "40",
    "name_0": "Rosa",
    "email_0": "rosa@example.org",
    "name_1": "Daniel",
}


def change(desk: Desk, conversation: Conversation, **changed: str) -> None:
    """Send the form of a conversation with PLAN and these changes."""
    people = conversation.participants.order_by("sort_order")
    known = " ".join(people.values_list("participant_id", flat=True))
    fields = PLAN | {"known": known} | changed
    desk.send(f"/desk/conversations/edit/{conversation.pk}/", **fields)


def send(desk: Desk, conversation: Conversation) -> None:
    """Send Rosa her link."""
    rosa = Participant.objects.get(conversation=conversation, name="Rosa")
    desk.send(f"/desk/conversations/link/{rosa.pk}/send/")
