"""Files that are there whole or not at all, and on the disk before anybody is told.

Everything here blocks, and is called in threads.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import itertools
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from candid.site.recording.stores import Outcome, Parts

PART = ".part"
# What tells the drafts of one file apart: processes by the first, uploads by the second.
_PROCESS = secrets.token_hex(4)
_numbers = itertools.count()


class Draft:
    """One upload on its way: a file beside its place that nobody reads, hashed as it grows.

    Nothing is on the disk before `open`. The file is locked for as long as it is written; a
    draft without a lock belongs to a server that died, and `sweep` removes it. `discard`
    may come from another thread at any time; what comes after it has no effect.
    """

    def __init__(self, final: Path) -> None:
        self.final = final
        self.n_bytes = 0
        self.is_over = False
        self._path = _beside(final)
        self._sha256 = hashlib.sha256()
        self._lock = threading.Lock()
        self._file: FileIO | None = None

    def open(self) -> None:
        """Make the file. Raises OSError, FileNotFoundError where its folder is not there."""
        with self._lock:
            if not self.is_over:
                self._file = _create(self._path)

    def write(self, block: Parts) -> None:
        """Append a block, in the parts it came in. Raises OSError where the disk refuses."""
        with self._lock:
            if self._file is None:
                return
            for part in block:
                self._sha256.update(part)
            self.n_bytes += write_parts(self._file, block)

    def publish(self, sha256: bytes) -> Outcome:
        """Put the file in its place, durably; the draft is gone afterwards, however it ends.

        The first content under a name stays. The same content again is made durable
        again: the one who wrote it may have died before that.
        """
        try:
            with self._lock:
                if self._file is None:
                    raise FileNotFoundError(self._path)
                if not hmac.compare_digest(self._sha256.digest(), sha256):
                    return "wrong_hash"
                os.fsync(self._file.fileno())
                return self._link(sha256)
        finally:
            self.discard()

    def _link(self, sha256: bytes) -> Outcome:
        try:
            os.link(self._path, self.final)
            self._path.unlink()
        except FileExistsError:
            with self.final.open("rb") as there:
                if hashlib.file_digest(there, "sha256").digest() != sha256:
                    return "other"
                os.fsync(there.fileno())
            sync_folder(self.final.parent)
            return "there"
        sync_folder(self.final.parent)
        return "written"

    def discard(self) -> None:
        """Remove the draft; what was published stays."""
        with self._lock:
            self.is_over = True
            if self._file is not None:
                self._path.unlink(missing_ok=True)
                self._file.close()
                self._file = None


def write_parts(file: FileIO, parts: Parts) -> int:
    """Write fewer than a thousand parts, without a copy; return how many bytes they are."""
    left = [memoryview(part) for part in parts]
    while left:
        written = os.writev(file.fileno(), left)
        while left and written >= len(left[0]):
            written -= len(left.pop(0))
        if left:
            left[0] = left[0][written:]
    return sum(map(len, parts))


def _create(path: Path) -> FileIO:
    """Make a file and lock it; once more where `sweep` came in between."""
    while True:
        file = FileIO(path, "xb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            return file
        file.close()


def _beside(final: Path) -> Path:
    return final.with_name(f".{final.name}.{_PROCESS}-{next(_numbers)}{PART}")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    with _opened(folder) as handle:
        os.fsync(handle)


def sweep(folder: Path, of: str = "") -> None:
    """Remove the drafts that a server left here when it died, or those whose names begin so."""
    for draft in folder.glob(f".{of}*{PART}"):
        with suppress(OSError), _opened(draft) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if draft.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.unlink()


def put_out_of_the_way(folder: Path) -> None:
    """Take a folder from its place at once, to be removed."""
    folder.rename(folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{PART}"))


def remove_out_of_the_way(folder: Path) -> None:
    """Remove, durably, what was put out of a folder's place, also by a server that died.

    Raises OSError where anything of it stays.
    """
    for gone in folder.parent.glob(f".{folder.name}.*{PART}"):
        shutil.rmtree(gone, onerror=_pass_over_missing)
    sync_folder(folder.parent)


def _pass_over_missing(_what: object, _path: object, raised: tuple[object, object, object]) -> None:
    """Let `sweep` remove the same at the same time."""
    if isinstance(raised[1], OSError) and not isinstance(raised[1], FileNotFoundError):
        raise raised[1]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold one folder against every other thread and process that asks for it so."""
    with _opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file by `data`, whole or not at all; return when it is on the disk."""
    draft = _beside(path)
    try:
        with _create(draft) as file:
            write_parts(file, [data])
            os.fsync(file.fileno())
            draft.replace(path)
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
