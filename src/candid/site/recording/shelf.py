"""What is kept of a call, for the desk: which takes there are, their receipts, their files.

The desk reads recordings through this page alone; where they lie is known here and in the storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from candid.site.call.progress import is_running
from candid.site.recording.guides import strike_guides
from candid.site.recording.holdings import kept_receipt, takes_below
from candid.site.recording.places import CALLS, RECEIPT_NAME, Address, Uploader, call_folder
from candid.site.recording.strikes import read_struck, strike_arrived
from candid.site.recording.wiring import site_storage

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
    key: PurePosixPath

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes. Raises OSError where the file was removed meanwhile."""
        return site_storage().store.blocks(self.key)


def calls_kept() -> list[str]:
    """Return the calls of which anything is kept: takes, or what was struck and erased."""
    return [
        name for name in site_storage().store.folders(PurePosixPath(CALLS)) if _ID.fullmatch(name)
    ]


def takes_of(call_id: str) -> list[ShelvedTake]:
    """Return all takes of a call that are kept, in the order of their names: none of the erased."""
    erased = erased_of(call_id)
    return [take for take in _takes_below(call_id) if take.participant_id not in erased]


def holders_of(call_id: str) -> set[str]:
    """Return of whom anything lies here, be it what an erasure could not remove yet."""
    return {take.participant_id for take in _takes_below(call_id) if files_of(take)}


def _takes_below(call_id: str) -> list[ShelvedTake]:
    return [
        ShelvedTake(Uploader(folder.parent.name, call_id), folder.name)
        for folder in takes_below(site_storage().store, call_folder(call_id))
        if _TAKE_ID.fullmatch(folder.name)
    ]


def find_take(call_id: str, take_id: str) -> ShelvedTake | None:
    """Return a take by its name; None where nothing of it is kept."""
    return next((take for take in takes_of(call_id) if take.take_id == take_id), None)


def has_arrived(take: ShelvedTake) -> bool:
    """Tell whether all of a take is here, without looking at its media."""
    return site_storage().store.stamp(_folder_of(take) / RECEIPT_NAME) is not None


def receipt_of(take: ShelvedTake) -> dict[str, Any]:
    """Return the receipt of a take. Raises RefusedError, OSError."""
    # Written once a take is complete, and removed with every change of it: to read all the
    # media again would take a minute.
    kept = kept_receipt(site_storage().store, _folder_of(take))
    return kept or site_storage().receipt(take.uploader, Address(take.take_id, "receipt"))


def _folder_of(take: ShelvedTake) -> PurePosixPath:
    return take.uploader.folder / take.take_id


def files_of(take: ShelvedTake) -> list[ShelvedFile]:
    """Return the files of a take folder as they are now, without drafts."""
    folder = _folder_of(take)
    return [
        ShelvedFile(file.key.relative_to(folder).as_posix(), file.n_bytes, file.key)
        for file in site_storage().store.files(folder)
    ]


def files_to_give(take: ShelvedTake) -> list[ShelvedFile]:
    """Return the files of a take that may leave the studio, once what was struck is out of it.

    What comes while it is looked at stays, for it was not looked at. Raises RefusedError, OSError.
    """
    there = {file.key for file in files_of(take)}
    strike_arrived(site_storage().store, _folder_of(take), in_doubt=True)
    # A receipt that did not tell it is gone by now, and belongs to the files.
    receipt_of(take)
    return [file for file in files_of(take) if file.key in there or file.name == RECEIPT_NAME]


def erased_of(call_id: str) -> Mapping[str, Mapping[str, Any]]:
    """Return, by participant, the receipt of what was erased in a call."""
    return read_struck(site_storage().store, call_folder(call_id)).erased


def erase_of(uploader: Uploader, *, was_heard: bool = True) -> dict[str, Any]:
    """Remove all takes of a participant, and refuse what comes later. Raises OSError."""
    return site_storage().erase(uploader, Address("", "takes"), was_heard=was_heard)


def end_erasures(call_id: str) -> None:
    """Remove what a server that died had stored of what was erased. Raises OSError."""
    erased = erased_of(call_id)
    for uploader in {one.uploader for one in _takes_below(call_id) if one.participant_id in erased}:
        erase_of(uploader)
    strike_guides(site_storage().store, call_folder(call_id))


def end_strikes(call_id: str) -> None:
    """End what was struck in a call: what was cut short, and what came later. Raises OSError.

    While somebody is in the call nothing is taken in doubt: the next manifest may tell of it.
    """
    site_storage().end_strikes(call_folder(call_id), in_doubt=not is_running(call_id))
