"""Where later rooms add to a conversation's page at the desk.

A room registers, in its own `wagtail_hooks.py`, a function under the name `PANEL_HOOK` that is
given the request and the conversation. It returns a component (`wagtail.admin.ui.components`),
whose scripts and styles come with it, or None where this reader is not to see anything of it.
Panels stand in the order of the hooks (`order=`).
"""

from __future__ import annotations

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.ui.components import Component, MediaContainer

from candid.site.conversations.models import Conversation

PANEL_HOOK = "register_conversation_panel"


def panels_of(request: HttpRequest, conversation: Conversation) -> MediaContainer:
    """Return what the other rooms show of a conversation to whoever asks for the page."""
    made = (make(request, conversation) for make in hooks.get_hooks(PANEL_HOOK))
    return MediaContainer([panel for panel in made if isinstance(panel, Component)])
