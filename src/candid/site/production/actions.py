"""Every write of the room `production`."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from candid.site.conversations.models import Conversation
from candid.site.production.films import keep_film


def place_film(conversation: Conversation, made: Path) -> bool:
    """Put what `candid film` made of a conversation where the desk shows it.

    Returns False where the very same was there. Raises BadInputError, OSError.
    """
    return keep_film(settings.MEDIA_ROOT, conversation.call_id, made)
