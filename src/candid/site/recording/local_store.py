"""Recordings in a folder of this machine: each take as `candid film` reads it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from candid.engine.files import file_sha256
from candid.site.recording.drafts import (
    Draft,
    locked,
    put_out_of_the_way,
    remove_out_of_the_way,
    sweep,
    sync_folder,
    write_durably,
)
from candid.site.recording.hashes import Hashes
from candid.site.recording.stores import HeldFile, Outcome, Parts, Stamp, StoredFile

BLOCK_BYTES = 1024 * 1024
_MOST_KNOWN = 10_000


@dataclass(frozen=True)
class LocalStore:
    """Files below `root`, synced with their folders before anybody is told."""

    root: Path
    hashes: Hashes = field(default_factory=Hashes)
    _ready: OrderedDict[Path, None] = field(default_factory=OrderedDict)
    _making: threading.RLock = field(default_factory=threading.RLock)

    @property
    def local(self) -> Path:
        """The same folder: what is made of recordings lies beside them."""
        return self.root

    def upload(self, key: PurePosixPath) -> LocalUpload:
        """Return a file to be written."""
        return LocalUpload(self, key)

    def read(self, key: PurePosixPath) -> bytes:
        """Return the bytes of a file."""
        return (self.root / key).read_bytes()

    def blocks(self, key: PurePosixPath) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        with (self.root / key).open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def stamp(self, key: PurePosixPath) -> Stamp | None:
        """Return the stamp of a file, or None where there is none."""
        found = _stat(self.root / key)
        return _stamp(found) if found else None

    def replace(self, key: PurePosixPath, data: bytes) -> None:
        """Put a file in its place, whatever was there."""
        path = self.root / key
        self.make_ready(path.parent)
        try:
            write_durably(path, data)
        except FileNotFoundError:  # its folder was removed since it was made
            self.forget()
            self.make_ready(path.parent)
            write_durably(path, data)

    def remove(self, keys: Iterable[PurePosixPath]) -> None:
        """Remove files, durably, and with them what a server that died left beside them."""
        paths = [self.root / key for key in keys]
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in sorted({path.parent for path in paths}):
            if folder.is_dir():
                sweep(folder)
                sync_folder(folder)

    def remove_folder(self, folder: PurePosixPath) -> None:
        """Remove a folder: out of the way first, so that no upload under way can add to it."""
        path = self.root / folder
        if path.is_dir():
            try:
                put_out_of_the_way(path)
            finally:
                self.forget()
        if path.parent.is_dir():
            remove_out_of_the_way(path)

    def files(self, folder: PurePosixPath) -> list[StoredFile]:
        """Return all files below a folder, without drafts."""
        return sorted(self._walk(self.root / folder), key=lambda file: file.key)

    def _walk(self, folder: Path) -> Iterator[StoredFile]:
        for where, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(where) / name
                # One that is struck at this moment is gone already.
                if not name.startswith(".") and (found := _stat(path)):
                    key = PurePosixPath(path.relative_to(self.root).as_posix())
                    yield StoredFile(key, found.st_size, _stamp(found))

    def folders(self, folder: PurePosixPath) -> list[str]:
        """Return the names of the folders right below a folder."""
        path = self.root / folder
        found = os.scandir(path) if path.is_dir() else ()
        return sorted(one.name for one in found if one.is_dir() and not one.name.startswith("."))

    def hashes_of(self, files: Sequence[StoredFile]) -> list[HeldFile]:
        """Return the SHA-256 of each; read for it only where it has changed."""
        return [self.hashes.of(file, self._read_hash) for file in files]

    def _read_hash(self, file: StoredFile) -> str:
        return file_sha256(self.root / file.key)

    def hold(self, folder: PurePosixPath) -> AbstractContextManager[None]:
        """Hold a folder against every other thread and process."""
        path = self.root / folder
        self.make_ready(path)
        if not path.is_dir():  # removed since it was made
            self.forget()
            self.make_ready(path)
        return locked(path)

    def free_bytes(self) -> int:
        """Return how much more the disk takes."""
        folder = self.root
        while not folder.exists():
            folder = folder.parent
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize

    def make_ready(self, folder: Path) -> None:
        """Make a folder and those above it, down from the root, all of them durably.

        Once a process: folders that are there already are made durable too, for another
        process may be on its way to that, and are freed of what a dead server left.
        """
        if folder in self._ready:
            return
        with self._making:
            if folder in self._ready:
                return
            if folder == self.root:
                folder.mkdir(parents=True, exist_ok=True)
            else:
                self.make_ready(folder.parent)
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)
            sweep(folder)
            self._ready[folder] = None
            if len(self._ready) > _MOST_KNOWN:
                self._ready.popitem(last=False)

    def forget(self) -> None:
        """Look at the folders anew."""
        with self._making:
            self._ready.clear()


class LocalUpload:
    """A draft beside its place, in a folder that is made where it is missing."""

    def __init__(self, store: LocalStore, key: PurePosixPath) -> None:
        self.key = key
        self._store = store
        self._draft = Draft(store.root / key)

    @property
    def n_bytes(self) -> int:
        """How much was written."""
        return self._draft.n_bytes

    @property
    def is_over(self) -> bool:
        """Whether it was published or discarded."""
        return self._draft.is_over

    def open(self) -> None:
        """Make the draft, and its folder."""
        try:
            self._store.make_ready(self._draft.final.parent)
            self._draft.open()
        except FileNotFoundError:  # removed since it was made, e.g. erased
            self._store.forget()
            self._store.make_ready(self._draft.final.parent)
            self._draft.open()

    def write(self, block: Parts) -> None:
        """Append a block."""
        self._draft.write(block)

    def publish(self, sha256: bytes) -> Outcome:
        """Put the file in its place, durably."""
        outcome = self._draft.publish(sha256)
        if outcome == "written" and (stamp := self._store.stamp(self.key)):
            self._store.hashes.learn(stamp, sha256.hex())
        return outcome

    def discard(self) -> None:
        """Remove the draft."""
        self._draft.discard()


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _stamp(found: os.stat_result) -> Stamp:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
