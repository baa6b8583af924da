"""A film to those who make it, in the ranges that a player asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from whitenoise.responders import StaticFile

from candid.site.conversations.models import Conversation
from candid.site.production.films import WATCHED, find_film

# Nothing is public without those who are in it: only who plans conversations sees their films.
MAY_WATCH = "candid_conversations.change_conversation"
_BLOCK_BYTES = 256 * 1024


@require_safe
@login_required
@permission_required(MAY_WATCH, raise_exception=True)
def watch(request: HttpRequest, call_id: str, name: str) -> HttpResponse | StreamingHttpResponse:
    """Send a file of a conversation's film, whole or the range that is asked for."""
    conversation = get_object_or_404(Conversation, call_id=call_id)
    film = find_film(settings.MEDIA_ROOT, conversation.call_id)
    if film is None or name not in WATCHED:
        raise Http404
    headers = [("Content-Type", WATCHED[name]), ("Accept-Ranges", "bytes")]
    found = StaticFile(str(film.folder / name), headers).get_response(request.method, request.META)
    answer: HttpResponse | StreamingHttpResponse
    if found.file is None:
        answer = HttpResponse(status=found.status)
    else:
        answer = StreamingHttpResponse(_blocks(found.file), status=found.status)
    for header, value in found.headers:
        answer[header] = value
    return answer


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    """Read a file in a thread, so that other requests are answered meanwhile."""
    with file:
        while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
            yield block
