"""Lip against sound, and the exactness of the film, measured on the film's own pixels and samples.

The sample is built with a time code in its pictures. Every video frame of the finished film
then tells when its picture was captured, and the film's sound, compared with the dry voices,
tells when it was spoken. Both in true time, which nothing in the engine ever sees.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from candid.engine.alignment.result import Alignment
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, Shot
from candid.engine.cut.timeline import FilmTimeline
from candid.engine.film.defaults import FilmOptions, canvas_size
from candid.engine.film.phase import camera_phase_s
from candid.engine.film.planning import plan_film
from candid.engine.film.render import RenderResult, render_film
from candid.engine.production.aligning import align_recordings
from candid.engine.production.filming import film_sources
from candid.engine.production.takes import StudioTake, assemble_takes
from candid.engine.production.workspace import Workspace
from candid.engine.progress import silent
from candid.engine.recording.source import open_sources
from candid.engine.timebase import ClockMap, Interval
from sample import call, clocks, make_takes
from sample.animation import HEIGHT_PX, WIDTH_PX, read_stamp

Floats = NDArray[np.float64]

WORK = Path("build/bench/lips")
RATE_HZ = 48_000
WINDOW_S = 2.0
SEARCH_S = 0.08
_SHORTEST_TURN_S = 2.5


@dataclass(frozen=True, slots=True)
class Studio:
    """The stamped sample, aligned, and what is true of it."""

    takes: tuple[StudioTake, ...]
    alignment: Alignment
    call_to_true: ClockMap
    script: call.Script
    voices: Floats
    voices_start_s: float


def open_stamped(seconds: float | None) -> Studio:
    """Build the stamped sample and align it."""
    folder = WORK / "sample"
    make_takes.build(folder, seconds=seconds, stamp=True)
    sources = open_sources([folder / "rosa", folder / "daniel"])
    takes = assemble_takes(sources, Workspace(WORK / "work"), silent)
    alignment = align_recordings(takes, (), silent)
    script = call.read_script(seconds)
    recorders = clocks.the_two(script.duration_s)
    first = recorders[0]
    ends_s = (first.start_s, script.duration_s)
    truth = ClockMap(tuple((first.take_s(true_s), true_s) for true_s in ends_s))
    sound = call.hold_call(script, recorders)
    voices = np.asarray(np.sum(list(sound.dry.values()), axis=0), dtype=np.float64)
    return Studio(takes, alignment, truth, script, voices, sound.grid.start_s)


def solos(studio: Studio) -> Cut:
    """Return a cut of every longer turn, each as a solo of who speaks."""
    to_call = studio.call_to_true.inverse()
    shots: list[Shot] = []
    for turn in studio.script.turns:
        spoken = Interval(turn.words[0].start_s, turn.words[-1].end_s)
        start_s = to_call(spoken.start_s)
        if spoken.duration_s < _SHORTEST_TURN_S or (shots and start_s < shots[-1].interval.end_s):
            continue
        interval = Interval(start_s, to_call(spoken.end_s))
        shots.append(Shot(turn.turn_id, interval, "solo", (turn.speaker,), "a turn"))
    takes = tuple(
        CutTake(take.take_id, take.participant_id, str(take.source.path), take.source.sha256)
        for take in studio.takes
    )
    people = tuple(CutParticipant(take.participant_id, None) for take in studio.takes)
    return Cut(None, "", None, takes, people, tuple(shots), ())


def film(studio: Studio, cut: Cut, cache: Path, name: str) -> tuple[FilmTimeline, RenderResult]:
    """Render the cut at 720p, where a pixel of the camera is a pixel of the film."""
    path = WORK / name
    with film_sources(studio.takes, studio.alignment) as sources:
        phase_s = camera_phase_s(sources, studio.alignment, FilmOptions().rate)
        options = FilmOptions(canvas=canvas_size("16:9", draft=True), phase_s=phase_s)
        plan = plan_film(cut, studio.alignment, sources, (), options)
        return plan.timeline, render_film(plan, sources, studio.alignment, cache, path)


def captured_s(path: Path) -> tuple[Floats, Floats]:
    """Return presentation time and true capture time of every film frame [shape=(n,)]."""
    shown, captured = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(HEIGHT_PX, -1)[
                :, :WIDTH_PX
            ]
            stamp = read_stamp(luma)
            shown.append(float(frame.time or 0.0))
            captured.append(np.nan if stamp is None else stamp)
    return np.asarray(shown), np.asarray(captured)


def decoded_sound(path: Path) -> Floats:
    """Return the film's sound as mono at 48 kHz, sample 0 at time 0."""
    parts, start = [], None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            start = frame.pts if start is None else start
            parts.append(frame.to_ndarray().mean(axis=0))
    assert start is not None
    return np.concatenate([np.zeros(max(0, start)), *parts])[max(0, -start) :]


def sound_late_s(sound: Floats, voices: Floats) -> float:
    """Return by how much `sound` is later than `voices`, both of one length, within SEARCH_S."""
    size = 2 * len(sound)
    cross = fft.rfft(sound, size) * np.conj(fft.rfft(voices, size))
    # Half-way to a phase transform: sharp, and still led by where the voice has power.
    correlation = fft.irfft(cross / np.sqrt(np.abs(cross) + 1e-12), size)
    reach = round(SEARCH_S * RATE_HZ)
    near = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return float((int(np.argmax(near)) - reach) / RATE_HZ)


def lip_errors_s(studio: Studio, timeline: FilmTimeline, path: Path) -> tuple[Floats, Floats]:
    """Return of every film frame how much its picture is later than its sound, and its half step.

    The half step is half the time between the neighbours of the frame's picture at the
    camera: no choice of frames can be nearer than that.
    """
    shown, captured = captured_s(path)
    sound = decoded_sound(path)
    errors, halves = [], []
    camera_s = {take.participant_id: _camera_true_s(take, studio) for take in studio.takes}
    for placed in timeline.shots:
        times = camera_s[placed.shot.people[0]]
        for first in range(placed.start_frame, placed.end_frame - 59, 60):
            frames = np.arange(first, first + 60)
            late_s = _window_late_s(studio, sound, shown[first], placed.call_s(first))
            true_s = studio.call_to_true(np.asarray([placed.call_s(int(f)) for f in frames]))
            errors.append(captured[frames] - (true_s - late_s))
            halves.append(_half_step_s(times, true_s))
    return np.concatenate(errors), np.concatenate(halves)


def _window_late_s(studio: Studio, sound: Floats, film_s: float, call_s: float) -> float:
    count = round(WINDOW_S * RATE_HZ)
    at = round(film_s * RATE_HZ)
    true_at = round((studio.call_to_true(call_s) - studio.voices_start_s) * RATE_HZ)
    return sound_late_s(sound[at : at + count], studio.voices[true_at : true_at + count])


def _camera_true_s(take: StudioTake, studio: Studio) -> Floats:
    recorder = next(
        each
        for each in clocks.the_two(studio.script.duration_s)
        if each.name == take.participant_id
    )
    return np.asarray(
        clocks.capture_times(recorder, studio.script.duration_s + recorder.extra_s), dtype=float
    )


def _half_step_s(times: Floats, true_s: Floats) -> Floats:
    after = np.clip(np.searchsorted(times, true_s), 1, len(times) - 1)
    return np.asarray((times[after] - times[after - 1]) / 2)


def _rows(seconds: float | None) -> list[tuple[str, str, str]]:
    studio = open_stamped(seconds)
    cut = solos(studio)
    shutil.rmtree(WORK / "cache", ignore_errors=True)
    timeline, fresh = film(studio, cut, WORK / "cache", "film.mp4")
    _, cached = film(studio, cut, WORK / "cache", "again.mp4")
    shutil.rmtree(WORK / "other", ignore_errors=True)
    _, other = film(studio, cut, WORK / "other", "other.mp4")
    errors, halves = lip_errors_s(studio, timeline, fresh.path)
    read = ~np.isnan(errors)
    off_ms = np.abs(errors[read]) * 1000
    beyond_ms = (np.abs(errors[read]) - halves[read]) * 1000
    steps = np.diff(captured_s(fresh.path)[0])
    same = len({fresh.sha256, cached.sha256, other.sha256}) == 1
    return [
        ("lip against sound, median", "<= 10 ms", f"{np.median(off_ms):.1f} ms"),
        (
            "the same, 95th percentile and largest",
            "",
            f"{np.percentile(off_ms, 95):.1f} ms, {off_ms.max():.1f} ms",
        ),
        (
            "beyond half the camera's own step there, largest",
            "<= 5 ms",
            f"{beyond_ms.max():.1f} ms",
        ),
        ("frames measured", "", f"{read.sum()} of {len(errors)}"),
        (
            "frame steps, smallest and largest",
            "equal",
            f"{steps.min() * 1000:.4f}, {steps.max() * 1000:.4f} ms",
        ),
        (
            "SHA-256 fresh, from cache, in another cache",
            "the same",
            "the same" if same else "DIFFERENT",
        ),
    ]


def main() -> None:
    """Print the rows as a Markdown table."""
    seconds = 60.0 if "--quick" in sys.argv else None
    print("| what | bar | measured |\n| --- | --- | --- |")
    for row in _rows(seconds):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
