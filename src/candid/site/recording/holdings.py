"""What the server holds of a take: read from the files, which are the truth."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from candid.engine.recording.take import TRACK_KINDS, TrackKind
from candid.site.recording.places import RECEIPT_NAME
from candid.site.recording.stores import HeldFile, Store

_FRAGMENT_NAME = re.compile(r"([0-9]{6})\.m4s", re.ASCII)


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


def held_tracks(store: Store, take_folder: PurePosixPath) -> tuple[HeldTrack, ...]:
    """Return the tracks of which anything is stored."""
    found = (_held_track(store, take_folder / kind, kind) for kind in TRACK_KINDS)
    return tuple(track for track in found if track.init or track.fragments)


def _held_track(store: Store, folder: PurePosixPath, kind: TrackKind) -> HeldTrack:
    files = {file.key.name: file for file in store.files(folder)}
    numbered = {number: file for name, file in files.items() if (number := number_of(name)) >= 0}
    init = files.get("init.mp4")
    # A bucket has to be asked for each hash that is not known yet: many at once.
    wanted = [*([init] if init else []), *numbered.values()]
    held = dict(zip((file.key for file in wanted), store.hashes_of(wanted), strict=True))
    return HeldTrack(
        kind,
        held[init.key] if init else None,
        {number: held[file.key] for number, file in numbered.items()},
    )


def number_of(name: str) -> int:
    """Return the number of a fragment by its file's name; -1 for what is none."""
    match = _FRAGMENT_NAME.fullmatch(name)
    return int(match[1]) if match else -1


def folder_bytes(store: Store, folder: PurePosixPath) -> int:
    """Return how many bytes lie in a folder and all below it; 0 where there is none."""
    return sum(file.n_bytes for file in store.files(folder))


def kept_receipt(store: Store, take_folder: PurePosixPath) -> dict[str, Any] | None:
    """Return the receipt beside a complete take; None where there is none that can be read.

    One that was damaged can be made anew, and stops nothing. Raises OSError.
    """
    try:
        receipt = json.loads(store.read(take_folder / RECEIPT_NAME))
    except (FileNotFoundError, ValueError):
        return None
    return receipt if isinstance(receipt, dict) else None


def takes_below(store: Store, folder: PurePosixPath) -> list[PurePosixPath]:
    """Return the folders of all takes of a call."""
    return [
        folder / participant_id / take_id
        for participant_id in store.folders(folder)
        for take_id in store.folders(folder / participant_id)
        if take_id.startswith(f"{participant_id}-")
    ]
