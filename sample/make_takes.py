"""Build the two take folders of the sample conversation, and the truth beside them.

    python -m sample.make_takes -o build/sample

The same files and options give the same bytes. See sample/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from candid.engine import files
from candid.engine.recording import take as take_room
from candid.engine.recording import writer as writer_room
from candid.engine.recording.take import Gap, Take
from candid.engine.recording.writer import TakeIdentity, TakeWriter, WriterOptions
from candid.engine.timebase import Interval
from sample import call, clocks, sound
from sample.animation import Camera, plan_motion
from sample.call import CallSound, Script
from sample.clocks import Recorder, SoundClock
from sample.truth import truth_document

CALL_ID = "sample"
TRUTH_NAME = "truth.json"
BLOCK_SAMPLES = 4_800


def build(out: Path, *, seconds: float | None = None, stamp: bool = False) -> bool:
    """Build `out/rosa`, `out/daniel` and `out/truth.json`; return False if they were there.

    With `seconds`, only the first seconds of the conversation. Raises ShippedFileError
    where a shipped file is not the one that was shipped.
    """
    call.check_shipped()
    made_from = _made_from(seconds, stamp)
    if _is_built(out, made_from):
        return False
    (out / TRUTH_NAME).unlink(missing_ok=True)
    script = call.read_script(seconds)
    recorders = clocks.the_two(script.duration_s)
    _say("placing the voices in their rooms")
    conversation = call.hold_call(script, recorders)
    takes = {}
    for me, peer in (recorders, recorders[::-1]):
        takes[me.name] = _write_take(out / me.name, script, conversation, (me, peer), stamp)
    truth = truth_document(script, recorders, takes, stamp=stamp)
    files.write_json(out / TRUTH_NAME, {"made_from": made_from, **truth})
    return True


def _write_take(
    folder: Path,
    script: Script,
    conversation: CallSound,
    pair: tuple[Recorder, Recorder],
    stamp: bool,
) -> Take:
    me, peer = pair
    if folder.exists():
        shutil.rmtree(folder)
    end_s = script.duration_s + me.extra_s
    identity = TakeIdentity(
        call_id=CALL_ID,
        participant_id=me.name,
        take_id=f"take-{me.name}",
        started_us=int(me.monotonic_us(me.start_s)),
        clock_id=f"clock-{me.name}",
        name=me.shown_name,
    )
    writer = TakeWriter(folder, identity, WriterOptions())
    _say(f"{me.shown_name}: microphone and what was heard")
    grid = conversation.grid
    _add_sound(writer, "microphone", conversation.microphone[me.name], grid, me, end_s)
    heard = call.at_the_ear(conversation.microphone[peer.name], grid, me)
    _add_sound(writer, "heard", heard, grid, me, end_s)
    writer.add_camera(_pictures(conversation, me, end_s, stamp))
    together = (max(me.start_s, peer.start_s), script.duration_s + min(me.extra_s, peer.extra_s))
    exchanged = clocks.beacons(me, peer, *together)
    taken = writer.finish(beacons=exchanged)
    gaps = _lose_fragment(taken, me)
    return writer.finish(beacons=exchanged, gaps=gaps) if gaps else taken


def _add_sound(
    writer: TakeWriter,
    kind: take_room.TrackKind,
    source: NDArray[np.float32],
    grid: sound.Grid,
    me: Recorder,
    end_s: float,
) -> None:
    """Record a signal of the grid with a person's sound card."""
    clock = microphone_clock(me) if kind == "microphone" else heard_clock(me)
    n = clock.n_samples(end_s)
    rng = np.random.default_rng((me.seed, 11 if kind == "microphone" else 12))
    samples = sound.to_int16(sound.sampled(source, grid, n, clock.true_s), rng)
    writer.add_sound(
        kind,
        (samples[at : at + BLOCK_SAMPLES] for at in range(0, n, BLOCK_SAMPLES)),
        codec="flac" if kind == "microphone" else "opus",
        origin_us=int(me.monotonic_us(clock.first_s)),
        anchors=clocks.anchors(me, clock, n, 7 if kind == "microphone" else 8),
    )


def microphone_clock(me: Recorder) -> SoundClock:
    """Return the clock of a person's microphone track."""
    return clocks.sound_clock(me, me.sound_late_s)


def heard_clock(me: Recorder) -> SoundClock:
    """Return the clock of a person's guide track."""
    return clocks.sound_clock(me, me.heard_late_s)


def _pictures(
    conversation: CallSound, me: Recorder, end_s: float, stamp: bool
) -> Iterator[tuple[int, VideoFrame]]:
    grid = conversation.grid
    motion = plan_motion(conversation.dry[me.name], sound.RATE_HZ, grid.start_s, me.seed)
    camera = Camera(me.name, motion, stamp=stamp)
    times_s = clocks.capture_times(me, end_s)
    read_us = me.monotonic_us(times_s)
    tenth = max(1, len(times_s) // 10)
    for number, (time_s, at_us) in enumerate(zip(times_s, read_us, strict=True)):
        if number % tenth == 0:
            _say(f"{me.shown_name}: camera, {100 * number // len(times_s)} %")
        yield int(at_us), camera.picture(float(time_s))


def _lose_fragment(taken: Take, me: Recorder) -> tuple[Gap, ...]:
    """Delete the microphone fragment that never arrived, and return the gap it leaves."""
    if me.lost_at_s is None:
        return ()
    track = taken.track("microphone")
    assert track is not None
    clock = microphone_clock(me)
    for fragment in track.fragments:
        edges = np.array([fragment.start, fragment.start + fragment.duration], float)
        start_s, end_s = (float(each) for each in clock.true_s(edges))
        if start_s <= me.lost_at_s < end_s:
            track.fragment_path(taken.folder, fragment.number).unlink()
            lost = Interval(me.take_s(start_s), me.take_s(end_s))
            return (Gap("missing", lost, "microphone"),)
    raise ValueError(f"no fragment lies at {me.lost_at_s} s")


def _made_from(seconds: float | None, stamp: bool) -> str:
    """Return a hash of all that decides the bytes of a build."""
    digest = hashlib.sha256(repr((seconds, stamp)).encode())
    code = [*sorted(call.HERE.glob("*.py")), Path(writer_room.__file__), Path(take_room.__file__)]
    for path in [call.HERE / call.SUMS_NAME, *code]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_built(out: Path, made_from: str) -> bool:
    """Whether `out` holds a whole build; the truth is written last."""
    path = out / TRUTH_NAME
    return path.is_file() and f'"{made_from}"' in path.read_text(encoding="utf-8")


def _say(line: str) -> None:
    print(f"sample: {line}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sample.make_takes", description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path("build/sample"), metavar="FOLDER")
    parser.add_argument("--seconds", type=float, help="build only the first seconds")
    parser.add_argument(
        "--stamp", action="store_true", help="draw the true time into the pictures, for benchmarks"
    )
    given = parser.parse_args(arguments)
    started_s = time.monotonic()
    try:
        built = build(given.out, seconds=given.seconds, stamp=given.stamp)
    except call.ShippedFileError as error:
        print(f"sample: {error}", file=sys.stderr)
        return 1
    if built:
        _say(f"two takes in {given.out}, after {time.monotonic() - started_s:.0f} s")
    else:
        _say(f"the takes in {given.out} are up to date")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
