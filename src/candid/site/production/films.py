"""The film of a conversation, as files beside its takes: what lies there is the truth.

`<media>/calls/<call_id>/film/` holds what `candid film` wrote and people watch. It goes with
anything that is struck or erased of the conversation (`recording.derived.forget_film`).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from candid.engine.errors import BadInputError
from candid.site.recording.derived import film_folder
from candid.site.recording.drafts import PART, locked, put_out_of_the_way, sweep, sync_folder
from candid.site.recording.places import CALLS

FILM, CAPTIONS, POSTER, REPORT = "film.mp4", "film.vtt", "poster.jpg", "report.json"
# What somebody may be sent of it, and as what. The report names folders and stays.
WATCHED = MappingProxyType({FILM: "video/mp4", CAPTIONS: "text/vtt", POSTER: "image/jpeg"})


@dataclass(frozen=True, slots=True)
class Film:
    """A film that is there: its folder, its length, and who wrote its captions."""

    folder: Path
    duration_s: float
    is_read_by_a_person: bool


def find_film(media: Path, call_id: str) -> Film | None:
    """Return the film of a call, or None where there is none that is whole."""
    folder = film_folder(media, call_id)
    return _read(folder) if folder.is_dir() else None


def keep_film(media: Path, call_id: str, made: Path) -> bool:
    """Copy a film that `candid film` made to its place; return False where the same was there.

    Whole or not at all, and durable. Raises BadInputError for a folder that holds no film,
    OSError.
    """
    if _read(made) is None:
        raise BadInputError(made, "no finished film; make it with candid film")
    folder = film_folder(media, call_id)
    report = (made / REPORT).read_bytes()
    if _read(folder) and (folder / REPORT).read_bytes() == report:
        return False
    call_folder = media / CALLS / call_id
    call_folder.mkdir(parents=True, exist_ok=True)
    with locked(call_folder):
        _replace(folder, made)
    return True


def _read(folder: Path) -> Film | None:
    if not all((folder / name).is_file() for name in WATCHED):
        return None
    try:
        report = json.loads((folder / REPORT).read_bytes())
        duration_s = float(report["films"][FILM]["duration_s"])
        return Film(folder, duration_s, bool(report["transcript"]["read_by_a_person"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _replace(folder: Path, made: Path) -> None:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{PART}")
    draft.mkdir()
    with locked(draft):
        for name in (*WATCHED, REPORT):
            shutil.copyfile(made / name, draft / name)
            with (draft / name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(draft)
        if folder.is_dir():
            # A folder takes no other's place: the older one goes out of the way, and is swept.
            put_out_of_the_way(folder)
        draft.rename(folder)
        sync_folder(folder.parent)
    sweep(folder.parent)
