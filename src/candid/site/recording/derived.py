"""What was made of a call's recordings and lies beside them: it goes when any of them does."""

from __future__ import annotations

import secrets
from pathlib import Path

from candid.site.recording.drafts import PART, sweep, sync_folder
from candid.site.recording.places import CALLS

_FILM = "film"


def film_folder(root: Path, call_id: str) -> Path:
    """Return where the film of a call lies. No participant's id is as short."""
    return root / CALLS / call_id / _FILM


def forget_film(call_folder: Path) -> None:
    """Remove the film of a call for good. The caller holds the call's folder locked."""
    film = call_folder / _FILM
    if film.is_dir():
        film.rename(call_folder / f".{_FILM}.{secrets.token_hex(4)}{PART}")
        sweep(call_folder)
        sync_folder(call_folder)
