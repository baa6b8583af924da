"""Erasing: a participant takes back the whole recording, at any time and without a reason."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from candid.engine.recording.take import TRACK_KINDS
from candid.site.recording.derived import forget_film
from candid.site.recording.drafts import PART, locked, sweep, sync_folder
from candid.site.recording.strikes import read_struck, write_struck

SCHEMA = "candid.erased/1.0"


def erase(participant_folder: Path) -> dict[str, Any]:
    """Remove all takes of a participant for good; return the receipt of what is gone.

    The film of the call goes too. What arrives later is refused. Asked again, it gives the
    same receipt, and ends what was begun. Raises OSError.
    """
    call_folder, participant_id = participant_folder.parent, participant_folder.name
    call_folder.mkdir(parents=True, exist_ok=True)
    with locked(call_folder):
        struck = read_struck(call_folder)
        if participant_id not in struck.erased:
            receipt = _receipt(participant_folder)
            struck = replace(struck, erased={**struck.erased, participant_id: receipt})
            write_struck(call_folder, struck)
        if participant_folder.is_dir():
            # Out of the way first, so that no upload under way can add to it.
            gone = call_folder / f".{participant_id}.{secrets.token_hex(4)}{PART}"
            participant_folder.rename(gone)
        forget_film(call_folder)
        sweep(call_folder)
        sync_folder(call_folder)
    return dict(struck.erased[participant_id])


def _receipt(participant_folder: Path) -> dict[str, Any]:
    takes = sorted(path for path in participant_folder.glob("*-*") if path.is_dir())
    return {
        "schema": SCHEMA,
        "call_id": participant_folder.parent.name,
        "participant_id": participant_folder.name,
        "takes": {take.name: _tracks(take) for take in takes},
    }


def _tracks(take_folder: Path) -> dict[str, dict[str, int]]:
    files = {kind: list((take_folder / kind).glob("*.m4s")) for kind in TRACK_KINDS}
    return {
        kind: {"fragments": len(paths), "bytes": sum(path.stat().st_size for path in paths)}
        for kind, paths in files.items()
        if paths
    }
