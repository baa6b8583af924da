"""What was made of a call's recordings and lies beside them: it goes when any of them does."""

from __future__ import annotations

from pathlib import Path

from candid.site.recording.drafts import put_out_of_the_way, remove_out_of_the_way, sync_folder
from candid.site.recording.places import CALLS

_FILM = "film"


def film_folder(root: Path, call_id: str) -> Path:
    """Return where the film of a call lies. No participant's id is as short."""
    return root / CALLS / call_id / _FILM


def forget_film(call_folder: Path) -> None:
    """Remove the film of a call for good. The caller holds the call's folder locked."""
    begin_forgetting(call_folder)
    end_forgetting(call_folder)


def begin_forgetting(call_folder: Path) -> None:
    """Take the film of a call from its place, durably: no file of it has to be removed for that."""
    film = call_folder / _FILM
    if film.is_dir():
        put_out_of_the_way(film)
        sync_folder(call_folder)


def end_forgetting(call_folder: Path) -> None:
    """Remove what `begin_forgetting` put out of the way, also in a server that died."""
    remove_out_of_the_way(call_folder / _FILM)
