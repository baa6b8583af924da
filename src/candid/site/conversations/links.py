"""Personal links and upload tokens: made and checked from a key alone.

Nothing readable is stored: a link is a MAC over the participant and the version of the link, so
that a new version revokes the old one. docs/studio.md has the forms. The checks here need no
database; whether the version is still the valid one, `models.link_version_of` tells.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass

from django.conf import settings

ID_LENGTH = 16
CODE_LENGTH = 43
UPLOAD_TOKEN_LIFE_S = 30 * 24 * 3600

_ALPHABET = string.ascii_letters + string.digits
_ID = r"[A-Za-z0-9]{16}"
_CODE = r"[A-Za-z0-9_-]{43}"
_LINK = re.compile(rf"({_ID})\.({_CODE})", re.ASCII)
# At most ten digits a number: int() of a stranger's text stays cheap.
_TOKEN = re.compile(rf"({_ID})\.([1-9][0-9]{{0,9}})\.([1-9][0-9]{{0,9}})\.({_CODE})", re.ASCII)


@dataclass(frozen=True, slots=True)
class UploadToken:
    """What a genuine upload token says. `expires_s` is in seconds since 1970."""

    participant_id: str
    link_version: int
    expires_s: int


def make_id() -> str:
    """Return a new random identity of 16 letters and digits, 95 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))


def link_of(participant_id: str, link_version: int) -> str:
    """Return what stands in the address of a personal link: `<participant_id>.<code>`."""
    return f"{participant_id}.{_link_code(participant_id, link_version)}"


def participant_of(link: str) -> str | None:
    """Return whose link this claims to be, or None where it has not the form of one."""
    match = _LINK.fullmatch(link)
    return match[1] if match else None


def is_link_of(link: str, participant_id: str, link_version: int) -> bool:
    """Tell whether this is that participant's link of that version, in constant time."""
    given = link.encode(errors="surrogatepass")
    return hmac.compare_digest(given, link_of(participant_id, link_version).encode())


def make_upload_token(participant_id: str, link_version: int, now_s: float) -> str:
    """Return a token for 30 days of uploading; revoking the link revokes it."""
    expires_s = int(now_s) + UPLOAD_TOKEN_LIFE_S
    claims = f"{participant_id}.{link_version}.{expires_s}"
    return f"{claims}.{_upload_code(participant_id, link_version, expires_s)}"


def read_upload_token(token: str, now_s: float) -> UploadToken | None:
    """Return what a token says, or None where it is forged, torn or expired.

    Its link version must still be compared with the participant's (`models.link_version_of`).
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    claims = UploadToken(match[1], int(match[2]), int(match[3]))
    code = _upload_code(claims.participant_id, claims.link_version, claims.expires_s)
    if not hmac.compare_digest(code.encode(), match[4].encode()):
        return None
    return claims if now_s < claims.expires_s else None


def _link_code(participant_id: str, link_version: int) -> str:
    return _mac(_key(settings.SECRET_KEY, "link"), f"link:{participant_id}:{link_version}")


def _upload_code(participant_id: str, link_version: int, expires_s: int) -> str:
    message = f"upload:{participant_id}:{link_version}:{expires_s}"
    return _mac(_key(settings.SECRET_KEY, "upload"), message)


@functools.lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    """Return a key for one purpose, so that a code of one kind is never one of another."""
    return hmac.digest(secret.encode(), f"candid key 1: {purpose}".encode(), hashlib.sha256)


def _mac(key: bytes, message: str) -> str:
    digest = hmac.digest(key, message.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
