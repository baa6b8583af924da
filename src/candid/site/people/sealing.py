"""Seals what must be read again, so that a copy of the database alone does not tell it."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


class SealError(ValueError):
    """A seal does not open: it was made with another CANDID_SECRET_KEY, or for something else."""


def seal(secret: bytes, whose: str) -> bytes:
    """Return the secret sealed for `whose`; only the same `whose` opens it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, secret, whose.encode())


def unseal(sealed: bytes, whose: str) -> bytes:
    """Return what was sealed. Raises SealError."""
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return _cipher(settings.SECRET_KEY).decrypt(nonce, rest, whose.encode())
    except InvalidTag as error:
        raise SealError("sealed with another key") from error


@functools.lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(hmac.digest(secret.encode(), b"candid key 1: second factor", hashlib.sha256))
