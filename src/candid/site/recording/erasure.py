"""Erasing: a participant takes back the whole recording, at any time and without a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from candid.engine.recording.take import TRACK_KINDS
from candid.site.recording.derived import forget_film
from candid.site.recording.holdings import number_of
from candid.site.recording.stores import Store
from candid.site.recording.strikes import read_struck, write_struck

SCHEMA = "candid.erased/1.0"


def erase(store: Store, participant_folder: PurePosixPath) -> dict[str, Any]:
    """Remove all takes of a participant for good; return the receipt of what is gone.

    The film of the call goes too. What arrives later is refused. Asked again, it gives the
    same receipt, and ends what was begun. Raises OSError.
    """
    folder, participant_id = participant_folder.parent, participant_folder.name
    with store.hold(folder):
        struck = read_struck(store, folder)
        if participant_id not in struck.erased:
            receipt = _receipt(store, participant_folder)
            struck = replace(struck, erased={**struck.erased, participant_id: receipt})
            write_struck(store, folder, struck)
        store.remove_folder(participant_folder)
        forget_film(store.local / folder)
    return dict(struck.erased[participant_id])


def _receipt(store: Store, participant_folder: PurePosixPath) -> dict[str, Any]:
    takes = [name for name in store.folders(participant_folder) if "-" in name]
    return {
        "schema": SCHEMA,
        "call_id": participant_folder.parent.name,
        "participant_id": participant_folder.name,
        "takes": {name: _tracks(store, participant_folder / name) for name in takes},
    }


def _tracks(store: Store, take_folder: PurePosixPath) -> dict[str, dict[str, int]]:
    tracks: dict[str, dict[str, int]] = {}
    for kind in TRACK_KINDS:
        files = store.files(take_folder / kind)
        lengths = [file.n_bytes for file in files if number_of(file.key.name) >= 0]
        if lengths:
            tracks[kind] = {"fragments": len(lengths), "bytes": sum(lengths)}
    return tracks
