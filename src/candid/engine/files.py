"""Writing files so that they are there whole or not at all, and hashing them."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from candid.engine.errors import CandidError, OutputError

_WHY = {
    errno.ENOSPC: "the disk is full; make room and run it again, what was done is kept",
    errno.EDQUOT: "the disk quota is used up; make room and run it again, what was done is kept",
    errno.EACCES: "cannot be written; choose another folder with -o or change its permissions",
    errno.EPERM: "cannot be written; choose another folder with -o or change its permissions",
    errno.EROFS: "stands on a read-only disk; choose another folder with -o",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another one with -o",
    errno.EEXIST: "a file of that name is in the way; choose another folder with -o",
    errno.EISDIR: "a folder of that name is in the way; choose another name with -o",
    errno.ENAMETOOLONG: "the name is too long for this disk; choose a shorter one",
}


@contextmanager
def explained_output(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into an OutputError with one clear line about `path`."""
    try:
        yield
    except CandidError:
        raise  # explained already, though some are OSErrors too
    except OSError as error:
        why = _WHY.get(error.errno or 0, f"cannot be written ({error.strerror or error})")
        raise OutputError(path, why) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there when the block ends well.

    The temporary file keeps the suffix of `path`. If the block raises, it is removed
    and `path` stays as it was. Raises OutputError where the disk refuses.
    """
    draft = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}.part{path.suffix}")
    with explained_output(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            with draft.open("rb") as whole:
                os.fsync(whole.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all. Raises OutputError."""
    with replacing(path) as draft:
        draft.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with plain line feeds, whole or not at all. Raises OutputError."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, document: Any) -> None:
    """Write `document` as readable JSON, whole or not at all. Raises OutputError."""
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_sha256(document: Any) -> str:
    """Return the SHA-256 of a JSON value in its canonical form (sorted keys, no spaces)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
