"""What is kept of a call, for the desk: which takes there are, their receipts, their files.

The desk reads recordings through this page alone; where they lie is known here and in the storage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candid.site.recording.places import CALLS, RECEIPT_NAME, Address, Uploader
from candid.site.recording.storage import LocalStorage
from candid.site.recording.strikes import read_struck
from candid.site.recording.wiring import site_receiver

BLOCK_BYTES = 1024 * 1024
_ID = re.compile(r"[A-Za-z0-9]{16}", re.ASCII)
_TAKE_ID = re.compile(r"[A-Za-z0-9]{16}-[A-Za-z0-9]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShelvedTake:
    """One take that something is kept of."""

    uploader: Uploader
    take_id: str

    @property
    def participant_id(self) -> str:
        """Whose take this is."""
        return self.uploader.participant_id


@dataclass(frozen=True, slots=True)
class ShelvedFile:
    """One file of a take, named as in a take folder, with `/` between the parts."""

    name: str
    n_bytes: int
    path: Path

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes. Raises OSError where the file was removed meanwhile."""
        with self.path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block


def _storage() -> LocalStorage:
    return site_receiver().storage


def _call_folder(call_id: str) -> Path:
    return _storage().root / CALLS / call_id


def calls_kept() -> list[str]:
    """Return the calls of which anything is kept: takes, or what was struck and erased."""
    folder = _storage().root / CALLS
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if _ID.fullmatch(path.name))


def takes_of(call_id: str) -> list[ShelvedTake]:
    """Return all takes of a call that anything is kept of, in the order of their names."""
    folder = _call_folder(call_id)
    return [
        ShelvedTake(Uploader(path.parent.name, call_id), path.name)
        for path in sorted(folder.glob("*/*"))
        if _TAKE_ID.fullmatch(path.name) and path.name.startswith(f"{path.parent.name}-")
    ]


def find_take(call_id: str, take_id: str) -> ShelvedTake | None:
    """Return a take by its name; None where nothing of it is kept."""
    return next((take for take in takes_of(call_id) if take.take_id == take_id), None)


def has_arrived(take: ShelvedTake) -> bool:
    """Tell whether all of a take is here, without looking at its media."""
    return (take.uploader.folder(_storage().root) / take.take_id / RECEIPT_NAME).is_file()


def receipt_of(take: ShelvedTake) -> dict[str, Any]:
    """Return the receipt of a take. Raises RefusedError, OSError."""
    kept = take.uploader.folder(_storage().root) / take.take_id / RECEIPT_NAME
    try:
        # Written once a take is complete, and removed with every change of it: to read all the
        # media again would take a minute.
        return dict(json.loads(kept.read_bytes()))
    except FileNotFoundError:
        return _storage().receipt(take.uploader, Address(take.take_id, "receipt"))


def files_of(take: ShelvedTake) -> list[ShelvedFile]:
    """Return the files of a take folder as they are now, without drafts."""
    folder = take.uploader.folder(_storage().root) / take.take_id
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        ShelvedFile(path.relative_to(folder).as_posix(), path.stat().st_size, path)
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def erased_of(call_id: str) -> Mapping[str, Mapping[str, Any]]:
    """Return, by participant, the receipt of what was erased in a call."""
    return read_struck(_call_folder(call_id)).erased


def erase_of(uploader: Uploader) -> dict[str, Any]:
    """Remove all takes of a participant, and refuse what comes later. Raises OSError."""
    return _storage().erase(uploader, Address("", "takes"))
