"""Assembled sound tracks, kept in the work folder so that a second run finds them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from candid.engine.production.workspace import Finished, Step, Workspace
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import Source
from candid.engine.recording.take import Gap, TrackKind
from candid.engine.recording.track import Flaw, SoundTrack
from candid.engine.timebase import ClockMap, Interval

_SAMPLES = "samples.pcm"


def assembled_sound(
    source: Source, content_key: str, kind: TrackKind, rate_hz: int, workspace: Workspace
) -> SoundTrack:
    """Return a sound track of a take, assembled now or found whole from an earlier run.

    `content_key` is a hash of all that is there of the take. Raises what `assemble_sound`
    raises, and OutputError.
    """

    def make(folder: Path) -> dict[str, Any]:
        return _document(assemble_sound(source, kind, folder / _SAMPLES, rate_hz=rate_hz))

    inputs = [content_key, source.take.take_id, kind, rate_hz]
    step = Step("sound", inputs, ("recording", "production/sounds"))
    return _read(workspace.finished(step, make))


def _document(track: SoundTrack) -> dict[str, Any]:
    return {
        "kind": track.kind,
        "rate_hz": track.rate_hz,
        "n_samples": track.n_samples,
        "knots": track.clock.knots,
        "gaps": [asdict(gap) for gap in track.gaps],
        "flaws": [asdict(flaw) for flaw in track.flaws],
    }


def _read(finished: Finished) -> SoundTrack:
    stored = finished.document
    return SoundTrack(
        kind=stored["kind"],
        rate_hz=stored["rate_hz"],
        n_samples=stored["n_samples"],
        pcm=finished.folder / _SAMPLES,
        clock=ClockMap(tuple((x, y) for x, y in stored["knots"])),
        gaps=tuple(_gap(gap) for gap in stored["gaps"]),
        flaws=tuple(Flaw(**flaw) for flaw in stored["flaws"]),
    )


def _gap(stored: dict[str, Any]) -> Gap:
    return Gap(stored["reason"], Interval(**stored["interval"]), stored["kind"])
