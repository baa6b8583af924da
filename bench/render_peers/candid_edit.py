"""The edit rendered by Candid, as a process of its own: FOLDER N_SHOTS SHOT_S OUT [CHANGE]."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from bench.render_peers.edit import RATE_HZ, EditShot, make_edit
from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, Shot
from candid.engine.film.captions import with_captions
from candid.engine.film.plan import FilmPlan
from candid.engine.film.planning import plan_film
from candid.engine.film.render import render_film
from candid.engine.film.sources import FilmSource
from candid.engine.recording.camera import open_camera
from candid.engine.recording.source import open_source
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.cues import Cue, CueLine


def sources(folder: Path) -> tuple[FilmSource, ...]:
    """Return both takes of the material."""
    return tuple(
        FilmSource(
            take_id=name,
            participant_id=name,
            identity=name,
            camera=open_camera(open_source(folder / f"{name}.mp4")),
            microphone=_microphone(folder / f"{name}.wav"),
        )
        for name in "ab"
    )


def _microphone(path: Path) -> SoundTrack:
    pcm = path.with_suffix(".pcm")
    with av.open(str(path)) as container:
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    samples = np.concatenate(blocks)
    samples.astype("<i2").tofile(pcm)
    return SoundTrack("microphone", RATE_HZ, len(samples), pcm, ClockMap.identity(), (), ())


def alignment() -> Alignment:
    """Return the alignment of two takes on one clock."""
    return Alignment(
        tuple(TakeClock(name, ClockMap.identity(), 0.0, ("clock",), "") for name in "ab"), ()
    )


def plan(shots: tuple[EditShot, ...], takes: tuple[FilmSource, ...]) -> FilmPlan:
    """Return the edit as a plan, its captions burned in; no cards and no names."""
    cut = Cut(
        title=None,
        signpost="",
        target_s=None,
        takes=tuple(CutTake(name, name, name, "0" * 64) for name in "ab"),
        participants=tuple(CutParticipant(name, None) for name in "ab"),
        shots=tuple(
            Shot(
                f"s{number}",
                Interval(shot.start_s, shot.end_s),
                shot.layout,
                ("a",) if shot.layout == "solo" else ("a", "b"),
                "",
            )
            for number, shot in enumerate(shots)
        ),
        left_out=(),
    )
    planned = plan_film(cut, alignment(), takes)
    placed = zip(shots, planned.timeline.shots, strict=True)
    return with_captions(planned, [_cue(shot, at.film.start_s) for shot, at in placed])


def _cue(shot: EditShot, start_s: float) -> Cue:
    first_s, last_s = shot.caption_span_s
    span = Interval(start_s + first_s, start_s + last_s)
    return Cue(span, tuple(CueLine("a", text, ()) for text in shot.caption), span)


def changed(shots: tuple[EditShot, ...], change: str) -> tuple[EditShot, ...]:
    """Return the edit with one caption reworded (`caption`) or one shot's layout (`shot`)."""
    middle = len(shots) // 2
    shot = shots[middle]
    if change == "caption":
        shot = replace(shot, caption=("This line was read by a person.",))
    elif change == "shot":
        shot = replace(shot, layout="solo" if shot.layout != "solo" else "side_by_side")
    elif change == "trim":
        shot = replace(shot, end_s=round(shot.end_s - 0.2, 3))
    return (*shots[:middle], shot, *shots[middle + 1 :])


def main(arguments: list[str]) -> None:
    """Render, and print what it took as JSON; the clock starts before the material is opened."""
    folder, n_shots, shot_s, out, *change = arguments
    started = time.process_time()
    shots = changed(make_edit(int(n_shots), float(shot_s)), change[0] if change else "")
    takes = sources(Path(folder))
    path = Path(out)
    result = render_film(plan(shots, takes), takes, alignment(), path.parent / "cache", path)
    print(
        json.dumps(
            {
                "cpu_s": time.process_time() - started,
                "sha256": result.sha256,
                "frames": result.n_frames,
                "encoded_frames": result.encoded_frames,
                "encoded_sound": result.encoded_sound,
                "peak_mb": _peak_mb(),
            }
        )
    )


def _peak_mb() -> float:
    """Return the most memory that this program held, in MB (10^6 bytes).

    Not `ru_maxrss`, which starts with the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
