"""`report.json`: what went in, what was measured, what was left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candid.engine.alignment.result import alignment_document
from candid.engine.cut.decisions import Cut
from candid.engine.film.render import RenderResult
from candid.engine.production.cutting import Studio
from candid.engine.production.filming import Captions
from candid.engine.production.takes import StudioTake
from candid.engine.recording.take import Gap

SCHEMA_VERSION = "candid.report/1.0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a job came to; `films` by file name, in the order they were made."""

    studio: Studio
    cut: Cut
    captions: Captions
    films: Mapping[str, RenderResult]
    notes: tuple[str, ...]


def report_document(outcome: Outcome) -> dict[str, Any]:
    """Return the report as a JSON value."""
    studio = outcome.studio
    return {
        "schema": SCHEMA_VERSION,
        "inputs": [_input(take) for take in studio.takes],
        "alignment": alignment_document(studio.alignment),
        "transcript": _transcript(studio),
        "cut": _cut(outcome.cut),
        "captions": asdict(outcome.captions.conformance),
        "films": {name: _film(film) for name, film in outcome.films.items()},
        "left_out": list(_left_out(outcome)),
        "notes": list(dict.fromkeys(_notes(outcome))),
        "files": _files(outcome),
    }


def _input(take: StudioTake) -> dict[str, Any]:
    tracks = [take.microphone, *([take.heard] if take.heard else [])]
    return {
        "take": take.take_id,
        "participant": take.participant_id,
        "source": str(take.source.path),
        "sha256": take.source.sha256,
        "duration_s": round(take.duration_s, 3),
        "tracks": list(take.source.kinds),
        "gaps": [_gap(gap) for gap in take.microphone.gaps],
        "flaws": [asdict(flaw) for track in tracks for flaw in track.flaws],
    }


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
        "read_by_a_person": bool(transcript.corrections),
        "words": len(words),
        "over_silence": sum("over_silence" in word.flags for word in words),
        "unsure": sum("unsure" in word.flags for word in words),
        "corrections": len(transcript.corrections),
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
    """Yield everything that was there and is not in the film, and everything that was lost."""
    for interval, why in outcome.cut.left_out:
        yield _stretch("call", interval.start_s, interval.duration_s, why)
    for take in outcome.studio.takes:
        for gap in take.microphone.gaps:
            why = f"{gap.reason}: silence in its place"
            yield _stretch(take.take_id, gap.interval.start_s, gap.interval.duration_s, why)
        for flaw in take.microphone.flaws:
            why = f"{flaw.track} {flaw.kind}: {flaw.detail}"
            yield _stretch(take.take_id, flaw.start_s, flaw.duration_s, why)
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
        if not take.source.has("camera"):
            yield f"{take.source.path} has no picture; {take.participant_id} is shown as a card"
    for name, film in outcome.films.items():
        yield from (f"{name}: {note}" for note in film.notes)


def _files(outcome: Outcome) -> dict[str, str]:
    films = list(outcome.films)
    others = {name.removesuffix(".mp4"): name for name in films[1:]}
    return {
        "film": films[0],
        **others,
        "captions": "film.vtt",
        "subrip": "film.srt",
        "poster": "poster.jpg",
        "transcript": "transcript.json",
        "cut": "cut.json",
        "otio": "cut.otio",
        "alignment": "alignment.json",
        "report": "report.json",
    }
