"""The whole way from recordings to a film: the one place that knows the order of the rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import alignment_document
from candid.engine.cut.decisions import Cut
from candid.engine.cut.store import check_cut, read_cut
from candid.engine.files import explained_output, write_json
from candid.engine.film.render import RenderResult
from candid.engine.production.aligning import align_recordings
from candid.engine.production.cutting import (
    CUT_NAME,
    Studio,
    cut_participants,
    cut_takes,
    propose,
    read_timeline,
    was_edited,
    with_look,
    write_decisions,
    write_timeline,
)
from candid.engine.production.filming import (
    Captions,
    Screenplay,
    film_sources,
    render_aspect,
    write_captions,
)
from candid.engine.production.options import FilmRequest
from candid.engine.production.report import Outcome, report_document
from candid.engine.production.takes import assemble_takes
from candid.engine.production.transcribing import (
    Listening,
    carry_corrections,
    transcribe_takes,
    with_words,
)
from candid.engine.production.workspace import WORK_FOLDER, Workspace
from candid.engine.progress import Progress, silent
from candid.engine.recording.grouping import group_takes
from candid.engine.recording.source import open_sources
from candid.engine.transcript.models import ModelSource
from candid.engine.transcript.store import write_transcript


def make_film(
    request: FilmRequest,
    find_model: Callable[[], ModelSource],
    progress: Progress = silent,
) -> dict[str, Any]:
    """Make the film and all that belongs to it in `request.output`; return the report.

    Steps that an earlier run finished are not done again. Raises CandidError with one
    clear line; whatever is finished by then is kept.
    """
    output = request.output
    participants = group_takes(open_sources(request.takes))
    sources = [source for participant in participants for source in participant.sources]
    workspace = Workspace(output / WORK_FOLDER)
    takes = assemble_takes(sources, workspace, progress)
    alignment = align_recordings(takes, request.offsets, progress)
    write_json(output / "alignment.json", alignment_document(alignment))
    listening = Listening(find_model, request.language)
    heard = transcribe_takes(takes, alignment, listening, workspace, progress)
    transcript = carry_corrections(heard, output / "transcript.json")
    if request.words_file is not None:
        people = cut_participants(participants, request.look.names)
        names = {person.participant_id: person.name or "" for person in people}
        transcript = with_words(transcript, request.words_file, names)
    write_transcript(output / "transcript.json", transcript)
    studio = Studio(participants, takes, alignment, transcript)
    cut, notes = _decide(studio, request)
    screenplay = Screenplay(cut, alignment, transcript, request.look)
    captions, films = _render(studio, screenplay, request, progress)
    outcome = Outcome(studio, cut, captions, films, notes)
    report = report_document(outcome)
    write_json(output / "report.json", report)
    workspace.prune()
    return report


def _decide(studio: Studio, request: FilmRequest) -> tuple[Cut, tuple[str, ...]]:
    """Return the cut to film, written to the output folder, and what to say about it."""
    folder, look = request.output, request.look
    if request.cut_file is None and was_edited(folder):
        cut = with_look(read_cut(folder / CUT_NAME), look)
        check_cut(cut, studio.limits())
        write_timeline(cut, studio, folder)
        return cut, (
            f"{CUT_NAME} was edited by hand and used as it is; delete it to have a new one",
        )
    if request.cut_file is None:
        cut = propose(studio, request.target_s, look, folder)
    else:
        cut = with_look(_read_any_cut(request.cut_file, studio, folder), look)
    check_cut(cut, studio.limits(), where=(request.cut_file or folder / CUT_NAME).name)
    write_decisions(cut, studio, folder)
    return cut, ()


def _read_any_cut(path: Path, studio: Studio, folder: Path) -> Cut:
    """Read a decision list; its takes are those of this job, wherever they lay before."""
    cut = read_timeline(path, studio, folder) if path.suffix == ".otio" else read_cut(path)
    known = {take.take_id: take for take in cut_takes(studio, folder)}
    takes = tuple(known.get(take.take_id, take) for take in cut.takes)
    return replace(cut, takes=takes, alignment="alignment.json", transcript="transcript.json")


def _render(
    studio: Studio, screenplay: Screenplay, request: FilmRequest, progress: Progress
) -> tuple[Captions, dict[str, RenderResult]]:
    """Write the captions and draw one film an aspect; the first one is film.mp4."""
    output = request.output
    results: dict[str, RenderResult] = {}
    with film_sources(studio.takes) as sources, explained_output(output):
        captions = write_captions(screenplay, sources, output / "film.mp4")
        for aspect, name in film_names(request.look.aspects).items():
            target = (aspect, output / name)
            results[name] = render_aspect(
                screenplay, sources, captions.cues, target, output / WORK_FOLDER, progress
            )
    return captions, results


def film_names(aspects: tuple[str, ...]) -> dict[str, str]:
    """Return the file name of the film in each aspect: the first one is film.mp4."""
    first, *others = aspects
    return {first: "film.mp4"} | {other: f"film-{other.replace(':', 'x')}.mp4" for other in others}
