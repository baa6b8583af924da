"""The whole way from recordings to a film: the one place that knows the order of the rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import alignment_document
from candid.engine.cut.decisions import Cut
from candid.engine.cut.store import check_cut, read_cut
from candid.engine.errors import BadInputError
from candid.engine.files import explained_output, write_json
from candid.engine.film.noise import require_filter
from candid.engine.film.render import RenderResult
from candid.engine.production.aligning import align_recordings
from candid.engine.production.cutting import (
    CUT_NAME,
    OTIO_NAME,
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
    Screenplay,
    Target,
    film_sources,
    make_captions,
    render_aspect,
)
from candid.engine.production.options import FilmRequest, check_target, resolved_offsets
from candid.engine.production.originals import MEDIA_FOLDER
from candid.engine.production.outputs import refuse_overwriting
from candid.engine.production.report import Outcome, camera_reports, report_document
from candid.engine.production.takes import assemble_takes
from candid.engine.production.transcribing import (
    Listening,
    carried_corrections,
    read_words,
    transcribe_takes,
    with_words,
)
from candid.engine.production.workspace import WORK_FOLDER, Workspace
from candid.engine.progress import Progress, silent
from candid.engine.recording.grouping import Participant, group_takes
from candid.engine.recording.source import open_sources
from candid.engine.transcript.models import ModelSource
from candid.engine.transcript.store import write_transcript
from candid.engine.transcript.words import Transcript

_BY_HAND = f"{CUT_NAME} was made or edited by hand and used as it is; delete it to have a new one"

_STILL_THERE = (
    f"another command was at work in {WORK_FOLDER}, so steps of earlier runs are still there and "
    "may hold what was struck since; run the same line again"
)

FILM_NAME = "film.mp4"
POSTER_NAME = "poster.jpg"
ALIGNMENT_NAME = "alignment.json"
TRANSCRIPT_NAME = "transcript.json"
REPORT_NAME = "report.json"


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
    _check_early(request)
    sources = [source for participant in participants for source in participant.sources]
    offsets = resolved_offsets(request.offsets, sources)
    workspace = Workspace(output / WORK_FOLDER)
    takes = assemble_takes(sources, workspace, progress)
    alignment = align_recordings(takes, offsets, progress)
    write_json(output / ALIGNMENT_NAME, alignment_document(alignment))
    listening = Listening(find_model, request.language)
    heard = transcribe_takes(takes, alignment, listening, workspace, progress)
    heard = carried_corrections(heard, output / TRANSCRIPT_NAME, takes, alignment)
    transcript = _with_words(heard, participants, request)
    write_transcript(output / TRANSCRIPT_NAME, transcript)
    studio = Studio(participants, takes, alignment, transcript)
    cut, notes = _decide(studio, request)
    outcome = _film(studio, cut, notes, request, progress)
    outcome = replace(outcome, notes=(*outcome.notes, *_prune(workspace, outcome)))
    report = report_document(outcome)
    write_json(output / REPORT_NAME, report)
    return report


def _prune(workspace: Workspace, outcome: Outcome) -> tuple[str, ...]:
    """Remove what this film does not need from the work folder; return what to say about it."""
    for film in outcome.films.values():
        workspace.use(film.used)
    workspace.use((workspace.folder / MEDIA_FOLDER).glob("*"))
    is_private = bool(outcome.studio.private())
    is_done = workspace.prune(keep_unused=not is_private)
    return (_STILL_THERE,) if is_private and not is_done else ()


def _check_early(request: FilmRequest) -> None:
    """Refuse what would otherwise be found out after an hour of listening."""
    refuse_overwriting((request.output / FILM_NAME, request.output), request.takes)
    check_target(request.target_s)
    if request.look.denoise:
        require_filter()
    if request.words_file is not None:
        read_words(request.words_file)
    if request.cut_file is not None and request.cut_file.suffix != ".otio":
        read_cut(request.cut_file)
    if request.cut_file is not None and not request.cut_file.exists():
        raise BadInputError(request.cut_file, "is not there")


def _with_words(
    heard: Transcript, participants: Sequence[Participant], request: FilmRequest
) -> Transcript:
    if request.words_file is None:
        return heard
    people = cut_participants(participants, request.look.names)
    names = {person.participant_id: person.name or "" for person in people}
    return with_words(heard, request.words_file, names)


def _decide(studio: Studio, request: FilmRequest) -> tuple[Cut, tuple[str, ...]]:
    """Return the cut to film, written to the output folder, and what to say about it."""
    folder, look = request.output, request.look
    if request.cut_file is None and was_edited(folder):
        cut = with_look(read_cut(folder / CUT_NAME), look)
        check_cut(cut, studio.limits())
        write_timeline(cut, studio, folder)
        return cut, (_BY_HAND,)
    if request.cut_file is None:
        cut = propose(studio, request.target_s, look, folder)
    else:
        cut = with_look(_read_any_cut(request.cut_file, studio, folder), look)
    check_cut(cut, studio.limits(), where=(request.cut_file or folder / CUT_NAME).name)
    write_decisions(cut, studio, folder, is_proposal=request.cut_file is None)
    return cut, ()


def _read_any_cut(path: Path, studio: Studio, folder: Path) -> Cut:
    """Read a decision list; its takes are those of this job, wherever they lay before."""
    if path.suffix == ".otio":
        beside = path.with_name(CUT_NAME)
        base = read_cut(beside) if beside.exists() else None
        cut = read_timeline(path, studio, folder, base)
    else:
        cut = read_cut(path)
    known = {take.take_id: take for take in cut_takes(studio, folder)}
    takes = tuple(known.get(take.take_id, take) for take in cut.takes)
    return replace(cut, takes=takes, alignment=ALIGNMENT_NAME, transcript=TRANSCRIPT_NAME)


def _film(
    studio: Studio, cut: Cut, notes: tuple[str, ...], request: FilmRequest, progress: Progress
) -> Outcome:
    """Draw one film an aspect, the first one as film.mp4, then publish the captions."""
    output, look = request.output, request.look
    screenplay = Screenplay(cut, studio.alignment, studio.transcript, look)
    films: dict[str, RenderResult] = {}
    with film_sources(studio.takes, studio.alignment) as sources, explained_output(output):
        captions = make_captions(screenplay, sources)
        for aspect, name in film_names(look.aspects).items():
            poster = output / POSTER_NAME if name == FILM_NAME else None
            target = Target(aspect, output / name, output / WORK_FOLDER, poster)
            films[name] = render_aspect(screenplay, sources, captions.cues, target, progress)
        cameras = camera_reports(sources)
    captions.write(output / FILM_NAME)
    _remove_other_films(output, films)
    files = _files(films)
    return Outcome(studio, cut, captions, films, cameras, files, notes)


def _remove_other_films(output: Path, films: dict[str, RenderResult]) -> None:
    """Remove renditions of an earlier run: they show another cut, or what was struck since."""
    for path in output.glob("film-*x*.mp4"):
        if path.name not in films:
            path.unlink()


def _files(films: dict[str, RenderResult]) -> dict[str, str]:
    others = {Path(name).stem: name for name in films if name != FILM_NAME}
    return {
        "film": FILM_NAME,
        **others,
        "captions": "film.vtt",
        "subrip": "film.srt",
        "poster": POSTER_NAME,
        "transcript": TRANSCRIPT_NAME,
        "cut": CUT_NAME,
        "otio": OTIO_NAME,
        "alignment": ALIGNMENT_NAME,
        "report": REPORT_NAME,
    }


def film_names(aspects: tuple[str, ...]) -> dict[str, str]:
    """Return the file name of the film in each aspect: the first one is film.mp4."""
    first, *others = aspects
    return {first: FILM_NAME} | {other: f"film-{other.replace(':', 'x')}.mp4" for other in others}
