"""The one ASGI application: pages, the live channel, and fragments past all of Django."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")

pages = get_asgi_application()
application = ProtocolTypeRouter({"http": pages, "websocket": URLRouter([])})
