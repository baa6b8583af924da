"""Our scripts, styles and fonts, served past Django from where they lie."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.contrib.staticfiles import finders
from whitenoise.base import WhiteNoise
from whitenoise.responders import Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/static/"
_BLOCK_BYTES = 256 * 1024
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # A worker obeys its own headers, not its page's.
    (b"content-security-policy", b"default-src 'none'; script-src 'self'; connect-src 'self'"),
)


class StaticFiles:
    """An ASGI application over every static file that Django's finders know at the start."""

    def __init__(self) -> None:
        # A minute: a studio that is brought up to date is not mixed with its older scripts.
        self._files = WhiteNoise(None, max_age=60, allow_all_origins=False)
        for finder in finders.get_finders():
            for path, storage in finder.list(None):
                prefix = getattr(storage, "prefix", None)
                url = PREFIX + (f"{prefix}/{path}" if prefix else path)
                if url not in self._files.files:
                    self._files.add_file_to_dictionary(url, storage.path(path))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._files.files.get(scope["path"])
        if found is None:
            await _send_nothing(send, 404)
            return
        environ = {
            "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        response = found.get_response(scope["method"], environ)
        await _send_response(send, response)


async def _send_response(send: Send, response: Response) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers
    ]
    start = {"status": int(response.status), "headers": [*headers, *_HEADERS]}
    await send({"type": "http.response.start", **start})
    if response.file is not None:
        with response.file as file:
            while block := await asyncio.to_thread(file.read, _BLOCK_BYTES):
                await send({"type": "http.response.body", "body": block, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _send_nothing(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"not found\n"})
