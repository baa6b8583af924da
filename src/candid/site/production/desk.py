"""What the desk sees of production: the film of a conversation, to watch."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from wagtail.admin.ui.components import Component

from candid.site.conversations.models import Conversation
from candid.site.production.films import CAPTIONS, FILM, POSTER, Film, find_film
from candid.site.production.sample import SAMPLE_CALL_ID


class FilmPanel(Component):
    """The film with its captions, and what is to be known of it."""

    template_name = "desk/film.html"

    def __init__(self, conversation: Conversation, film: Film) -> None:
        self._conversation = conversation
        self._film = film

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Return the addresses of the film's files, its length, and whether it is the sample."""
        call_id = self._conversation.call_id
        minutes, seconds = divmod(round(self._film.duration_s), 60)
        names = {"film": FILM, "captions": CAPTIONS, "poster": POSTER}
        return {what: reverse("watch", args=[call_id, name]) for what, name in names.items()} | {
            "length": f"{minutes}:{seconds:02}",
            "is_read_by_a_person": self._film.is_read_by_a_person,
            "is_sample": call_id == SAMPLE_CALL_ID,
        }


def film_panel(conversation: Conversation) -> FilmPanel | None:
    """Return the panel of a conversation that has a film."""
    film = find_film(settings.MEDIA_ROOT, conversation.call_id)
    return FilmPanel(conversation, film) if film else None
