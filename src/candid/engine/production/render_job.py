"""A film from its decision list alone: `cut.json` and what it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import read_alignment
from candid.engine.cut.decisions import Cut
from candid.engine.cut.store import check_cut, check_sources, read_cut
from candid.engine.errors import BadInputError
from candid.engine.files import write_json
from candid.engine.production.chunks import WORDS_STEP
from candid.engine.production.cutting import Studio
from candid.engine.production.filming import (
    Screenplay,
    Target,
    film_sources,
    make_captions,
    render_aspect,
)
from candid.engine.production.options import FilmLook
from candid.engine.production.originals import MEDIA_FOLDER
from candid.engine.production.outputs import refuse_overwriting
from candid.engine.production.report import Outcome, camera_reports, report_document
from candid.engine.production.takes import StudioTake, assemble_takes
from candid.engine.production.workspace import WORK_FOLDER, Workspace
from candid.engine.progress import Progress, silent
from candid.engine.recording.grouping import group_takes
from candid.engine.recording.source import Source, open_source
from candid.engine.transcript.store import read_transcript

REPORT_NAME = "report.json"


def render_cut(
    cut_file: Path, output: Path, look: FilmLook, progress: Progress = silent
) -> dict[str, Any]:
    """Draw the film of `cut_file` into `output` (.mp4), with captions and a report beside it.

    Returns the report. Takes, alignment and transcript lie where the cut names them.
    Raises CandidError with one clear line.
    """
    cut = read_cut(cut_file)
    refuse_overwriting([output], [cut_file.parent / take.source for take in cut.takes])
    workspace = Workspace(cut_file.parent / WORK_FOLDER)
    studio = open_studio(cut, cut_file, workspace, progress)
    check_cut(cut, studio.limits(), where=cut_file.name)
    screenplay = Screenplay(cut, studio.alignment, studio.transcript, look)
    with film_sources(studio.takes, studio.alignment) as sources:
        captions = make_captions(screenplay, sources)
        target = Target(look.aspects[0], output, workspace.folder)
        film = render_aspect(screenplay, sources, captions.cues, target, progress)
        cameras = camera_reports(sources)
    captions.write(output)
    report = output.with_name(
        REPORT_NAME if output.stem == "film" else f"{output.stem}-report.json"
    )
    files = {
        "film": output.name,
        "captions": output.with_suffix(".vtt").name,
        "subrip": output.with_suffix(".srt").name,
        "report": report.name,
    }
    outcome = Outcome(studio, cut, captions, {output.name: film}, cameras, files, ())
    document = report_document(outcome)
    write_json(report, document)
    prune_beside_film(workspace, film.used)
    return document


def prune_beside_film(workspace: Workspace, used: Iterable[Path] = ()) -> None:
    """Prune the work folder of a film, but for `used` and for what was heard and exported.

    Hearing costs the most and takes the least room; which of it is still needed the film job
    alone can tell. So can it alone what was struck since: a cut of a take whose manifest
    changed is refused before anything is drawn.
    """
    kept = (workspace.folder / name for name in (WORDS_STEP, MEDIA_FOLDER))
    workspace.use([*used, *(path for folder in kept for path in folder.glob("*"))])
    workspace.prune()


def open_studio(
    cut: Cut, cut_file: Path, workspace: Workspace, progress: Progress = silent
) -> Studio:
    """Open everything that a cut names, relative to its folder, with steps in `workspace`.

    Raises BadInputError for a take that is gone or is not the one that was cut.
    """
    folder = cut_file.parent
    check_sources(cut, folder, where=cut_file.name)
    sources = [_source(cut, at, folder, cut_file.name) for at in range(len(cut.takes))]
    alignment = read_alignment(folder / cut.alignment)
    known = {take.take_id for take in alignment.takes}
    for at, named in enumerate(cut.takes):
        if named.take_id not in known:
            what = f"{named.take_id!r} is not in {cut.alignment}; align the takes again"
            raise BadInputError(f"{cut_file.name}.takes[{at}].take", what)
    takes = {take.take_id: take for take in assemble_takes(sources, workspace, progress)}
    return Studio(
        participants=group_takes(sources),
        takes=_in_order(takes, cut),
        alignment=alignment,
        transcript=read_transcript(folder / cut.transcript),
    )


def _in_order(takes: dict[str, StudioTake], cut: Cut) -> tuple[StudioTake, ...]:
    return tuple(takes[take.take_id] for take in cut.takes)


def _source(cut: Cut, at: int, folder: Path, where: str) -> Source:
    """Open a take of the cut and give it the ids it had when it was cut."""
    named = cut.takes[at]
    source = open_source(folder / named.source)
    if named.sha256 and source.sha256 != named.sha256:
        what = f"{named.source} is not the recording that was cut (another SHA-256)"
        raise BadInputError(f"{where}.takes[{at}].sha256", what)
    take = replace(source.take, take_id=named.take_id, participant_id=named.participant_id)
    return replace(source, take=take)
