"""A new cut in a film folder: proposed again, or read back from an editor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from candid.engine.cut.decisions import Cut
from candid.engine.cut.store import read_cut
from candid.engine.errors import BadInputError
from candid.engine.production.cutting import (
    CUT_NAME,
    Studio,
    propose,
    read_timeline,
    write_decisions,
)
from candid.engine.production.options import FilmLook, check_target
from candid.engine.production.render_job import open_studio, prune_beside_film
from candid.engine.production.workspace import WORK_FOLDER, Workspace


def cut_again(folder: Path, target_s: float, aspect: str = "16:9") -> Cut:
    """Propose a new cut of `target_s` seconds in a folder that a film job made.

    An edited cut.json is kept as cut.previous.json. Raises CandidError with one line.
    """
    check_target(target_s)
    old, studio, workspace = _open(folder)
    look = FilmLook(aspects=(aspect,), title=old.title, signpost=old.signpost)
    cut = replace(propose(studio, target_s, look, folder), participants=old.participants)
    write_decisions(cut, studio, folder, is_proposal=True)
    prune_beside_film(workspace)
    return cut


def cut_from_otio(folder: Path, otio_file: Path) -> Cut:
    """Read the decisions of an edited .otio back into the folder's cut.json."""
    old, studio, workspace = _open(folder)
    cut = read_timeline(otio_file, studio, folder, old)
    write_decisions(cut, studio, folder, is_proposal=False)
    prune_beside_film(workspace)
    return cut


def _open(folder: Path) -> tuple[Cut, Studio, Workspace]:
    path = folder / CUT_NAME
    if not path.exists():
        raise BadInputError(folder, "holds no cut.json; run candid film with -o on it first")
    cut = read_cut(path)
    workspace = Workspace(folder / WORK_FOLDER)
    return cut, open_studio(cut, path, workspace), workspace
