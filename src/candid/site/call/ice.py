"""Where two browsers find a way to each other: the house's own relay, for a limited time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

CREDENTIALS_LIFE_S = 12 * 3600


def ice_servers(urls: tuple[str, ...], secret: str, who: str, now_s: float) -> list[dict[str, Any]]:
    """Return what RTCPeerConnection takes; without a relay the two must reach each other.

    The credentials are those of coturn's `use-auth-secret`: the time they end and a name, and
    the base64 of their HMAC-SHA1.
    """
    if not urls:
        return []
    if not secret:
        return [{"urls": [url for url in urls if url.startswith("stun")]}]
    username = f"{int(now_s) + CREDENTIALS_LIFE_S}:{who}"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    credential = base64.b64encode(digest).decode("ascii")
    return [{"urls": list(urls), "username": username, "credential": credential}]
