"""Where recordings lie: what both kinds of storage, the folder and the bucket, do alike.

A *key* is a path below the root, `calls/<call>/<participant>/<take>/<track>/<number>.m4s`: the
same in a folder and in a bucket. Everything here blocks, and is called in threads; what the
storage refuses is told by OSError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

Outcome = Literal["written", "there", "other", "wrong_hash"]
Parts = Sequence[bytes | bytearray]
# Tells one state of a stored file from every other.
Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class HeldFile:
    """One stored file: the hash of its bytes, and how many they are."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a listing tells it: its key, its length and its stamp."""

    key: PurePosixPath
    n_bytes: int
    stamp: Stamp


class Upload(Protocol):
    """One file on its way, which nobody reads before it is published.

    `discard` may come from another thread at any time; what comes after it has no effect.
    """

    @property
    def n_bytes(self) -> int:
        """How much was written."""

    @property
    def is_over(self) -> bool:
        """Whether it was published or discarded."""

    def open(self) -> None:
        """Make ready to write."""

    def write(self, block: Parts) -> None:
        """Append a block."""

    def publish(self, sha256: bytes) -> Outcome:
        """Put the file in its place, durably, unless another is there or the hash is wrong.

        The first content under a key stays; the same content again is well. The upload is
        over afterwards, however it ends.
        """

    def discard(self) -> None:
        """Drop what was written; what was published stays."""


class Store(Protocol):
    """Files by their keys, each there whole or not at all, and durable before anybody is told.

    `local` is a folder of this machine, for what is made of recordings and can be made again.
    """

    @property
    def local(self) -> Path:
        """The folder."""

    def upload(self, key: PurePosixPath) -> Upload:
        """Return a file to be written. Nothing is touched yet."""

    def read(self, key: PurePosixPath) -> bytes:
        """Return the bytes of a file. Raises FileNotFoundError."""

    def blocks(self, key: PurePosixPath) -> Iterator[bytes]:
        """Yield the bytes of a file, a block at a time. Raises FileNotFoundError."""

    def stamp(self, key: PurePosixPath) -> Stamp | None:
        """Return the stamp of a file, or None where there is none."""

    def replace(self, key: PurePosixPath, data: bytes) -> None:
        """Put a file in its place, whatever was there."""

    def remove(self, keys: Iterable[PurePosixPath]) -> None:
        """Remove files; those that are not there are well."""

    def remove_folder(self, folder: PurePosixPath) -> None:
        """Remove all files below a folder, also those that come meanwhile."""

    def files(self, folder: PurePosixPath) -> list[StoredFile]:
        """Return all files below a folder, in the order of their keys."""

    def folders(self, folder: PurePosixPath) -> list[str]:
        """Return the names of the folders right below a folder, in order."""

    def hashes_of(self, files: Sequence[StoredFile]) -> list[HeldFile]:
        """Return the SHA-256 of each, worked out once for as long as the file stays as it is."""

    def hold(self, folder: PurePosixPath) -> AbstractContextManager[None]:
        """Hold a call's folder against everybody else who asks for it so."""

    def free_bytes(self) -> int | None:
        """Return how much more fits, or None where nobody knows."""
