"""What the room `call` adds to the desk."""

from __future__ import annotations

from django.http import HttpRequest
from wagtail import hooks

from candid.site.call.desk import ProgressPanel
from candid.site.conversations.models import Conversation
from candid.site.conversations.panels import PANEL_HOOK


@hooks.register(PANEL_HOOK, order=100)
def show_progress(_request: HttpRequest, conversation: Conversation) -> ProgressPanel:
    """Say how far everybody is, to all who may see the conversation."""
    return ProgressPanel(conversation)
