"""The one ASGI application: pages, the live channel, and fragments past all of Django."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")
pages = get_asgi_application()

# What follows imports models, which Django must have been set up for.
from channels.routing import URLRouter  # noqa: E402

from candid.site.call import listeners  # noqa: E402
from candid.site.call.routing import websocket_urlpatterns  # noqa: E402
from candid.site.recording.wiring import site_receiver  # noqa: E402
from candid.site.static_files import PREFIX as STATIC_PREFIX  # noqa: E402
from candid.site.static_files import StaticFiles  # noqa: E402

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

INGEST_PREFIX = "/ingest/"
static_files = StaticFiles()
live = URLRouter(websocket_urlpatterns)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Hand a request to whom it belongs."""
    if scope["type"] == "websocket":
        listeners.use_loop(asyncio.get_running_loop())
        await live(scope, receive, send)
    elif scope["path"].startswith(INGEST_PREFIX):
        await site_receiver()(scope, receive, send)
    elif scope["path"].startswith(STATIC_PREFIX):
        await static_files(scope, receive, send)
    else:
        await pages(scope, receive, send)
