"""`candid cut`: a new proposal from what is known of a conversation."""

from __future__ import annotations

from pathlib import Path

import click

from candid.commands.console import json_option, reports_errors, show_result
from candid.commands.options import PATH, aspect_option, target_option
from candid.engine.cut.decisions import Cut
from candid.engine.cut.store import cut_document
from candid.engine.production.cut_job import cut_again, cut_from_otio


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@target_option
@click.option(
    "--from",
    "otio_file",
    type=PATH,
    metavar="FILE",
    help="Take the decisions from an edited .otio instead of proposing.",
)
@aspect_option("Shape of the picture that the layouts are chosen for.")
@json_option
@reports_errors
def cut(
    folder: Path, target_s: float, aspect: str, otio_file: Path | None, *, as_json: bool
) -> None:
    """Propose a new cut in a folder that `candid film` has made.

    Writes cut.json and cut.otio anew; a cut.json that was edited by hand is kept beside it as
    cut.previous.json.
    """
    made = cut_from_otio(folder, otio_file) if otio_file else cut_again(folder, target_s, aspect)
    show_result(cut_document(made), _lines(made, folder), as_json=as_json)


def _lines(made: Cut, folder: Path) -> list[str]:
    lines = [
        f"{shot.interval.start_s:8.2f} to {shot.interval.end_s:8.2f} s  "
        f"{shot.layout:<18} {shot.reason}"
        for shot in made.shots
    ]
    return [
        *lines,
        f"{made.duration_s:.1f} s in {len(made.shots)} shots",
        f"cut  {folder / 'cut.json'}",
    ]
