"""What the server holds of a take: read from the files, which are the truth."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from candid.engine.files import file_sha256
from candid.engine.recording.take import TRACK_KINDS, TrackKind

_FRAGMENT_NAME = re.compile(r"([0-9]{6})\.m4s", re.ASCII)
_MOST_HASHES = 500_000


@dataclass(frozen=True, slots=True)
class HeldFile:
    """One stored file: the hash of its bytes, and how many they are."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class HeldTrack:
    """What is stored of one track; `init` is None where its init segment is missing."""

    kind: TrackKind
    init: HeldFile | None
    fragments: dict[int, HeldFile]

    @property
    def n_bytes(self) -> int:
        """All bytes of this track."""
        own = self.init.n_bytes if self.init else 0
        return own + sum(each.n_bytes for each in self.fragments.values())

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """The numbers that are there, as (first, last) of each unbroken run."""
        runs: list[tuple[int, int]] = []
        for number in sorted(self.fragments):
            if runs and runs[-1][1] == number - 1:
                runs[-1] = (runs[-1][0], number)
            else:
                runs.append((number, number))
        return tuple(runs)


class Hashes:
    """The hashes of files, each worked out once for as long as the file stays as it is."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, int, int, int], str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, path: Path) -> HeldFile:
        """Return hash and size of a file. Raises OSError where it cannot be read."""
        found = path.stat()
        key = _key(found)
        with self._lock:
            sha256 = self._known.get(key)
        if sha256 is None:
            sha256 = file_sha256(path)
            self._keep(key, sha256)
        return HeldFile(sha256, found.st_size)

    def learn(self, path: Path, sha256: str) -> None:
        """Remember the hash of a file that was just written."""
        self._keep(_key(path.stat()), sha256)

    def _keep(self, key: tuple[int, int, int, int], sha256: str) -> None:
        with self._lock:
            self._known[key] = sha256
            if len(self._known) > _MOST_HASHES:
                self._known.popitem(last=False)


def _key(found: os.stat_result) -> tuple[int, int, int, int]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def held_tracks(take_folder: Path, hashes: Hashes) -> tuple[HeldTrack, ...]:
    """Return the tracks of which anything is stored."""
    found = (_held_track(take_folder / kind, kind, hashes) for kind in TRACK_KINDS)
    return tuple(track for track in found if track.init or track.fragments)


def _held_track(folder: Path, kind: TrackKind, hashes: Hashes) -> HeldTrack:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    fragments = {
        int(match[1]): hashes.of(path)
        for path in paths
        if (match := _FRAGMENT_NAME.fullmatch(path.name))
    }
    init = hashes.of(folder / "init.mp4") if folder / "init.mp4" in paths else None
    return HeldTrack(kind, init, fragments)


def folder_bytes(folder: Path) -> int:
    """Return how many bytes lie in a folder and all below it; 0 where there is none."""
    return sum(
        (Path(where) / name).stat().st_size
        for where, _, names in os.walk(folder)
        for name in names
        if not name.startswith(".")
    )
