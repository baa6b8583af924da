"""`report.json`: what went in, what was measured, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from candid.engine.alignment.result import alignment_document
from candid.engine.cut.decisions import Cut
from candid.engine.film.render import RenderResult
from candid.engine.film.sources import FilmSource
from candid.engine.production.cutting import Studio
from candid.engine.production.filming import Captions
from candid.engine.production.takes import StudioTake
from candid.engine.recording.camera import CameraTrack
from candid.engine.recording.take import Gap
from candid.engine.recording.track import Flaw

SCHEMA_VERSION = "candid.report/1.0"


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What a camera lacks: gaps in `take_s`, flaws on the track's own clock."""

    gaps: tuple[Gap, ...]
    flaws: tuple[Flaw, ...]


def camera_reports(sources: Sequence[FilmSource]) -> dict[str, CameraReport]:
    """Return what each camera lacks, as far as it has been read by now."""
    return {
        source.take_id: CameraReport(camera.gaps, (*camera.flaws, *camera.undecodable))
        for source in sources
        if isinstance(camera := source.camera, CameraTrack)
    }


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a job came to.

    `films` by file name, in the order they were made; `cameras` by take id; `files` are
    those that were written, by what they are.
    """

    studio: Studio
    cut: Cut
    captions: Captions
    films: Mapping[str, RenderResult]
    cameras: Mapping[str, CameraReport]
    files: Mapping[str, str]
    notes: tuple[str, ...]


def report_document(outcome: Outcome) -> dict[str, Any]:
    """Return the report as a JSON value."""
    studio = outcome.studio
    return {
        "schema": SCHEMA_VERSION,
        "inputs": [_input(take, outcome.cameras.get(take.take_id)) for take in studio.takes],
        "alignment": alignment_document(studio.alignment),
        "transcript": _transcript(studio),
        "cut": _cut(outcome.cut),
        "captions": outcome.captions.conformance,
        "films": {name: _film(film) for name, film in outcome.films.items()},
        "left_out": list(_left_out(outcome)),
        "notes": list(dict.fromkeys(_notes(outcome))),
        "files": dict(outcome.files),
    }


def _input(take: StudioTake, camera: CameraReport | None) -> dict[str, Any]:
    sounds = [take.microphone, *([take.heard] if take.heard else [])]
    flaws = [flaw for track in sounds for flaw in track.flaws]
    return {
        "take": take.take_id,
        "participant": take.participant_id,
        "source": str(take.source.path),
        "sha256": take.source.sha256,
        "duration_s": round(take.duration_s, 3),
        "tracks": list(take.source.kinds),
        "gaps": [_gap(gap) for gap in _gaps(take, camera)],
        "flaws": [asdict(flaw) for flaw in (*flaws, *(camera.flaws if camera else ()))],
    }


def _gaps(take: StudioTake, camera: CameraReport | None) -> list[Gap]:
    """Return every gap of a take once, in order of the take's clock."""
    every = dict.fromkeys((*take.microphone.gaps, *(camera.gaps if camera else ())))
    return sorted(every, key=lambda gap: (gap.interval, gap.reason))


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "reason": gap.reason,
        "track": gap.kind,
        "start_s": round(gap.interval.start_s, 3),
        "duration_s": round(gap.interval.duration_s, 3),
    }


def _transcript(studio: Studio) -> dict[str, Any]:
    transcript = studio.transcript
    words = transcript.words
    return {
        "language": transcript.language,
        "model": transcript.model,
        "read_by_a_person": transcript.is_read,
        "words": len(words),
        "over_silence": sum("over_silence" in word.flags for word in words),
        "unsure": sum("unsure" in word.flags for word in words),
        "corrections": len(transcript.corrections),
        "corrections_set_aside": len(transcript.set_aside),
    }


def _cut(cut: Cut) -> dict[str, Any]:
    return {
        "target_s": cut.target_s,
        "duration_s": round(cut.duration_s, 3),
        "shots": len(cut.shots),
    }


def _film(film: RenderResult) -> dict[str, Any]:
    return {
        "sha256": film.sha256,
        "frames": film.n_frames,
        "duration_s": round(film.duration_s, 3),
        "loudness_lufs": round(film.loudness.integrated_lufs, 2),
        "true_peak_dbtp": round(film.loudness.true_peak_dbtp, 2),
        "gain_db": round(film.gain_db, 2),
        "encoded_frames": film.encoded_frames,
    }


def _left_out(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Yield all that was there and is not in the film, and all that was lost, on the call clock."""
    for interval, why in outcome.cut.left_out:
        yield _stretch("call", interval.start_s, interval.duration_s, why)
    for take in outcome.studio.takes:
        clock = outcome.studio.alignment.take(take.take_id).clock
        for gap in _gaps(take, outcome.cameras.get(take.take_id)):
            start_s, end_s = clock(gap.interval.start_s), clock(gap.interval.end_s)
            instead = "a held frame or a card" if gap.kind == "camera" else "silence"
            why = f"{gap.kind or 'take'} {gap.reason}: {instead} in its place"
            yield _stretch(take.take_id, start_s, end_s - start_s, why)
    for what in outcome.studio.transcript.left_out:
        yield {"what": "transcript", "why": what}


def _stretch(what: str, start_s: float, duration_s: float, why: str) -> dict[str, Any]:
    return {
        "what": what,
        "start_s": round(start_s, 3),
        "duration_s": round(duration_s, 3),
        "why": why,
    }


def _notes(outcome: Outcome) -> Iterator[str]:
    yield from outcome.notes
    for take in outcome.studio.takes:
        yield from (f"{take.take_id}: {note}" for note in take.notes)
        if take.take_id not in outcome.cameras:
            yield f"{take.source.path} has no picture; {take.participant_id} is shown as a card"
    for name, film in outcome.films.items():
        yield from (f"{name}: {note}" for note in film.notes)
