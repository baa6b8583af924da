"""Erasing: a participant takes back the whole recording, at any time and without a reason."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from candid.engine.recording.take import TRACK_KINDS
from candid.site.recording.derived import forget_film
from candid.site.recording.guides import GUIDE, other_takes, strike_guides_held
from candid.site.recording.holdings import number_of
from candid.site.recording.stores import Store
from candid.site.recording.strikes import read_struck, write_struck

SCHEMA = "candid.erased/1.0"


def erase(
    store: Store, participant_folder: PurePosixPath, *, was_heard: bool = True
) -> dict[str, Any]:
    """Remove all takes of a participant for good; return the receipt of what is gone.

    Their voice is in what the others heard, so that goes too, unless they never `was_heard`
    by a device that records; and the film of the call. What arrives later is refused. Asked
    again, it gives the same receipt, and ends what was begun. Raises OSError once all else is done.
    """
    folder, participant_id = participant_folder.parent, participant_folder.name
    with store.hold(folder):
        struck = read_struck(store, folder)
        if participant_id not in struck.erased:
            receipt = _receipt(store, participant_folder)
            receipt["heard"] = _heard(store, folder, participant_id) if was_heard else None
            struck = replace(struck, erased={**struck.erased, participant_id: receipt})
            write_struck(store, folder, struck)
        with ExitStack() as last:  # whatever one of them meets, all are tried; the last is first
            last.callback(strike_guides_held, store, folder)
            last.callback(forget_film, store.local / folder)
            last.callback(store.remove_folder, participant_folder)
    return dict(struck.erased[participant_id])


def _receipt(store: Store, participant_folder: PurePosixPath) -> dict[str, Any]:
    takes = [name for name in store.folders(participant_folder) if "-" in name]
    return {
        "schema": SCHEMA,
        "call_id": participant_folder.parent.name,
        "participant_id": participant_folder.name,
        "takes": {name: _tracks(store, participant_folder / name) for name in takes},
    }


def _heard(store: Store, folder: PurePosixPath, participant_id: str) -> dict[str, dict[str, int]]:
    """Return, by take, what the others heard and is kept until now."""
    others = other_takes(store, folder, [participant_id])
    found = {each.name: _count(store, each / GUIDE) for each in others}
    return {name: count for name, count in found.items() if count}


def _tracks(store: Store, take_folder: PurePosixPath) -> dict[str, dict[str, int]]:
    found = {kind: _count(store, take_folder / kind) for kind in TRACK_KINDS}
    return {kind: count for kind, count in found.items() if count}


def _count(store: Store, folder: PurePosixPath) -> dict[str, int]:
    """Return how many fragments lie there and their bytes; nothing where there are none."""
    files = store.files(folder)
    lengths = [file.n_bytes for file in files if number_of(file.key.name) >= 0]
    return {"fragments": len(lengths), "bytes": sum(lengths)} if lengths else {}
