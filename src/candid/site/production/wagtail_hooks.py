"""What the room `production` adds to the desk."""

from __future__ import annotations

from django.http import HttpRequest
from wagtail import hooks

from candid.site.conversations.models import Conversation
from candid.site.conversations.panels import PANEL_HOOK
from candid.site.production.desk import FilmPanel, film_panel
from candid.site.production.views import MAY_WATCH


@hooks.register(PANEL_HOOK, order=300)
def show_film(request: HttpRequest, conversation: Conversation) -> FilmPanel | None:
    """Show the film to those who may watch it."""
    return film_panel(conversation) if request.user.has_perm(MAY_WATCH) else None
