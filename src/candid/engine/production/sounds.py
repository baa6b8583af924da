"""Assembled sound tracks, kept in the work folder so that a second run finds them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from candid.engine.files import write_json
from candid.engine.production.workspace import Step, Workspace
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import Source
from candid.engine.recording.take import Gap, TrackKind
from candid.engine.recording.track import Flaw, SoundTrack
from candid.engine.timebase import ClockMap, Interval

_DESCRIPTION = "track.json"
_SAMPLES = "samples.pcm"


def assembled_sound(
    source: Source, content_key: str, kind: TrackKind, rate_hz: int, workspace: Workspace
) -> SoundTrack:
    """Return a sound track of a take, assembled now or found from an earlier run.

    `content_key` is a hash of all that is there of the take. Raises what `assemble_sound`
    raises, and OutputError.
    """

    def make(folder: Path) -> None:
        track = assemble_sound(source, kind, folder / _SAMPLES, rate_hz=rate_hz)
        write_json(folder / _DESCRIPTION, _document(track))

    step = Step("sound", [content_key, source.take.take_id, kind, rate_hz], ("recording",))
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


def _read(folder: Path) -> SoundTrack:
    stored = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
    return SoundTrack(
        kind=stored["kind"],
        rate_hz=stored["rate_hz"],
        n_samples=stored["n_samples"],
        pcm=folder / _SAMPLES,
        clock=ClockMap(tuple((x, y) for x, y in stored["knots"])),
        gaps=tuple(_gap(gap) for gap in stored["gaps"]),
        flaws=tuple(Flaw(**flaw) for flaw in stored["flaws"]),
    )


def _gap(stored: dict[str, Any]) -> Gap:
    return Gap(stored["reason"], Interval(**stored["interval"]), stored["kind"])
