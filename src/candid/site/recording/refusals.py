"""Why a request is not done: a status, a word for programs, a sentence for people."""

from __future__ import annotations

import errno
from dataclasses import dataclass

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than yes. `retry_after_s` is set where trying again makes sense."""

    status: int
    reason: str
    message: str
    retry_after_s: int | None = None


class RefusedError(Exception):
    """What was asked is not done; `refusal` is the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class ClientGoneError(Exception):
    """The connection broke off before the request was whole; there is nobody to answer."""


NO_TOKEN = Refusal(401, "token", "This needs a valid upload token.")
NOT_YOURS = Refusal(403, "participant", "This take belongs to another participant.")
NOT_HERE = Refusal(404, "address", "There is nothing at this address.")
NO_DIGEST = Refusal(
    400, "digest", "Content-Digest must hold one SHA-256: sha-256=:<base64 of 32 bytes>:"
)
BAD_LENGTH = Refusal(400, "length", "Content-Length must be a whole number.")
WRONG_HASH = Refusal(422, "hash", "The bytes that arrived have another SHA-256.")
EMPTY = Refusal(422, "empty", "A fragment has at least one byte.")
OTHER_CONTENT = Refusal(409, "content", "Other content is stored under this number.")
STRUCK = Refusal(410, "struck", "This was struck and is not kept.")
ERASED = Refusal(410, "erased", "This recording was erased.")
TOO_LARGE = Refusal(413, "size", "This is larger than one upload may be.")
TOO_MANY_BYTES = Refusal(413, "bytes", "This participant has sent all that may be kept.")
TOO_MANY_TAKES = Refusal(413, "takes", "This participant has begun too many takes.")
TOO_MANY_FRAGMENTS = Refusal(413, "fragments", "A track has no fragment of so high a number.")
TOO_SLOW = Refusal(408, "slow", "The upload took too long.", 1)
STORAGE_FAILED = Refusal(503, "storage", "This cannot be stored now.", 10)


def too_fast(wait_s: float) -> Refusal:
    """Return the refusal for more than the rate allows; `wait_s` is rounded up."""
    return Refusal(429, "rate", "Too much at once; wait a little.", max(1, int(wait_s + 0.999)))


def of_storage(error: OSError, wait_s: int) -> Refusal:
    """Return the refusal for what the disk said: 507 where it is full, 503 otherwise."""
    if error.errno in DISK_FULL:
        return Refusal(507, "disk_full", "The disk is full; keep this and try again.", wait_s)
    return STORAGE_FAILED
