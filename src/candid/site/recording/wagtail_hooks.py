"""What the room `recording` adds to the desk."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path
from wagtail import hooks

from candid.site.call.progress import ARRIVAL_HOOK
from candid.site.conversations.models import Conversation, Participant
from candid.site.conversations.panels import PANEL_HOOK
from candid.site.recording import desk, shelf
from candid.site.recording.desk_panels import RecordingsPanel

_URLS = [
    path("<str:call_id>/erase/", desk.erase, name="erase"),
    path("<str:call_id>/<str:take_id>/receipt.json", desk.show_receipt, name="receipt"),
    path("<str:call_id>/<str:take_id>/originals/", desk.download, name="originals"),
]


@hooks.register("register_admin_urls")
def add_addresses() -> list[URLPattern | URLResolver]:
    """Add what is done with recordings; Wagtail lets only those in who may enter the desk."""
    return [path("recordings/", include((_URLS, "recordings")))]


@hooks.register(ARRIVAL_HOOK)
def tell_arrival(participant: Participant) -> dict[str, bool]:
    """Return the takes of a participant by name, and whether all of each is here."""
    return {
        take.take_id: shelf.has_arrived(take)
        for take in shelf.takes_of(participant.conversation.call_id)
        if take.participant_id == participant.participant_id
    }


@hooks.register(PANEL_HOOK, order=200)
def show_recordings(request: HttpRequest, conversation: Conversation) -> RecordingsPanel | None:
    """Show receipts to those who may see them."""
    if not request.user.has_perm(desk.VIEW):
        return None
    return RecordingsPanel(conversation, request.user)
