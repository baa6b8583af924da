"""Alignment: error, stated error, holes, CPU and memory, on simulated calls with known clocks.

`python -m bench.alignment [--quick]` prints Markdown tables. The calls are in
`bench/simulation`; the peers live in an environment of their own under build/.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.alignment_peers import environment
from bench.simulation.conversation import Conversation, Scene, Side, beacon_exchanges, simulate
from bench.simulation.media import through_opus, write_opus, write_takes, write_wav
from bench.simulation.recordings import recorded_speech
from bench.simulation.voices import RATE_HZ
from candid.engine.alignment.align import align_takes
from candid.engine.alignment.evidence import TakeEvidence
from candid.engine.alignment.result import Alignment
from candid.engine.alignment.sound import SoundPrint, prepare_sound
from candid.engine.production.aligning import AlignRequest, align_files
from candid.engine.recording.take import Beacon
from candid.engine.timebase import ClockMap

WORK = Path("build/bench/alignment")
UNEQUAL_S = (0.08, 0.26)
EQUAL_S = (0.12, 0.12)
PEER_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run: `n_short` seeds of `short_s`, `n_long` seeds of `long_s`."""

    n_short: int
    short_s: float
    n_long: int
    long_s: float


FULL = Size(20, 600.0, 3, 3600.0)
QUICK = Size(2, 300.0, 1, 600.0)


@dataclass(frozen=True, slots=True)
class Run:
    """One alignment against its truth, in ms; `hole` is (place off in s, length off in ms)."""

    median_ms: float
    worst_ms: float
    stated_ms: float
    hole: tuple[float, float] | None
    half_trip_ms: float = 0.0

    @property
    def is_covered(self) -> bool:
        """Whether the stated error covers the true one."""
        return self.worst_ms <= self.stated_ms


def main() -> None:
    """Measure and print."""
    size = QUICK if "--quick" in sys.argv else FULL
    WORK.mkdir(parents=True, exist_ok=True)
    speech = recorded_speech()
    voices = f"{len(speech)} recordings" if speech else "synthesised syllables"
    print(f"Voices: {voices}. Guides coded with Opus. {size.n_short} seeds of", end=" ")
    print(f"{size.short_s / 60:g} min and {size.n_long} of {size.long_s / 60:g} min.\n")
    print("| what | bar | measured |\n| --- | --- | --- |")
    base = Scene(recordings=speech)
    for count, length_s in ((size.n_short, size.short_s), (size.n_long, size.long_s)):
        _print_seeds(replace(base, duration_s=length_s), range(count))
    _print_clocks_only(range(20))
    _print_costs(replace(base, duration_s=size.long_s))


def _print_seeds(scene: Scene, seeds: range) -> None:
    """Print the rows that every length of call has."""
    with_beacons, uneven, unequal, equal, bleed = [], [], [], [], []
    for seed in seeds:
        call = _call(replace(scene, delays_s=UNEQUAL_S), seed)
        with_beacons.append(_by_take_folders(call, seed))
        uneven.append(_by_uneven_beacons(call, scene, seed))
        unequal.append(_by_sound(call, with_guides=True))
        call = _call(replace(scene, delays_s=EQUAL_S), seed)
        equal.append(_by_sound(call, with_guides=True))
        bleed.append(_by_sound(call, with_guides=False))
    what = f"{scene.duration_s / 60:g} min, {len(seeds)} seed(s)"
    _row(f"beacons, take folders, {what}: max error", "<= 5 ms", _worst(with_beacons))
    _row("the same: hole found, place and length off by", "<= 1 s, 5 ms", _holes(with_beacons))
    bar = "true <= stated <= half trip + 5 ms"
    _row(f"beacons, path uneven by 10-90 ms, {what}", bar, _uneven(uneven))
    bar = "median <= 10 ms, max <= 25 ms"
    _row(f"guides alone, equal delays, {what}", bar, _sound(equal))
    _row(f"bleed alone, equal delays, {what}", bar, _sound(bleed))
    _row(f"guides alone, delays 80/260 ms, {what}", "stated covers true", _covered(unequal))


def _row(what: str, bar: str, measured: str) -> None:
    print(f"| {what} | {bar} | {measured} |", flush=True)


def _worst(runs: Sequence[Run]) -> str:
    return f"{max(run.worst_ms for run in runs):.1f} ms"


def _holes(runs: Sequence[Run]) -> str:
    found = [run.hole for run in runs if run.hole is not None]
    if not found:
        return "none found"
    place_s, length_ms = (max(each) for each in zip(*found, strict=True))
    return f"{len(found)} of {len(runs)} found, {place_s:.2f} s, {length_ms:.1f} ms"


def _uneven(runs: Sequence[Run]) -> str:
    over_ms = max(run.stated_ms - run.half_trip_ms for run in runs)
    return (
        f"true {_worst(runs)} at most, {_covered(runs)}, "
        f"stated at most half trip {'+' if over_ms >= 0 else '-'} {abs(over_ms):.1f} ms"
    )


def _sound(runs: Sequence[Run]) -> str:
    median_ms = float(np.median([run.median_ms for run in runs]))
    worst_median_ms = max(run.median_ms for run in runs)
    return (
        f"median {median_ms:.1f} ms (worst seed {worst_median_ms:.1f}), max {_worst(runs)}, "
        f"{_covered(runs)}"
    )


def _covered(runs: Sequence[Run]) -> str:
    return f"{sum(run.is_covered for run in runs)} of {len(runs)} covered"


def _call(scene: Scene, seed: int) -> Conversation:
    """Simulate a call, and send what both heard through Opus."""
    call = simulate(scene, seed)
    coded = [
        replace(side, heard=through_opus(side.heard, WORK / "heard.opus"))
        for side in (call.first, call.second)
    ]
    return replace(call, first=coded[0], second=coded[1])


def _by_take_folders(call: Conversation, seed: int) -> Run:
    """Write both take folders, assemble and align them as `candid align` does."""
    folder = WORK / "takes"
    shutil.rmtree(folder, ignore_errors=True)
    takes = write_takes(folder, call, seed)
    alignment = align_files(AlignRequest(takes), WORK)
    return _against(alignment, call.computers_truth(), call, call.beacons, on_takes=True)


def _by_uneven_beacons(call: Conversation, scene: Scene, seed: int) -> Run:
    rng = np.random.default_rng([seed, 5])
    extra_s = float(rng.uniform(0.01, 0.09) * rng.choice((-1, 1)))
    uneven = replace(scene, beacon_extra_s=extra_s)
    beacons = tuple(beacon_exchanges(uneven, call.first.computer, call.second.computer, rng))
    takes = [_evidence("a", call.first), _evidence("b", call.second, beacons)]
    return _against(align_takes(takes), call.computers_truth(), call, beacons, on_takes=True)


def _by_sound(call: Conversation, *, with_guides: bool) -> Run:
    """Align as plain files are: no anchors, no beacons, holes unknown."""
    takes = []
    for name, side in (("a", call.first), ("b", call.second)):
        heard = _print_of(side.heard) if with_guides else None
        sound = _print_of(side.microphone)
        takes.append(TakeEvidence(name, name, name, sound.duration_s, sound, heard))
    return _against(align_takes(takes), call.truth(), call, (), on_takes=False)


def _evidence(name: str, side: Side, beacons: tuple[Beacon, ...] = ()) -> TakeEvidence:
    clock = side.track_clock()
    sound, heard = _print_of(side.microphone, clock), _print_of(side.heard, clock)
    return TakeEvidence(name, name, name, sound.duration_s, sound, heard, beacons)


def _print_of(
    samples: np.ndarray[tuple[int], np.dtype[np.int16]], clock: ClockMap | None = None
) -> SoundPrint:
    return prepare_sound([samples], RATE_HZ, clock)


def _against(
    alignment: Alignment,
    truth: ClockMap,
    call: Conversation,
    beacons: Iterable[Beacon],
    *,
    on_takes: bool,
) -> Run:
    """Compare with the truth, a quarter of a second at a time, but 2 s around the hole."""
    times_s = np.arange(0.0, len(call.first.microphone) / RATE_HZ, 0.25)
    error_s = np.abs(alignment.between("a", "b")(times_s) - truth(times_s))
    name, at_s, length_s = _true_hole(call, on_takes=on_takes)
    around_s = at_s if name == "a" else float(truth.inverse()(at_s))
    away = np.abs(times_s - around_s) > 2.0
    nearest = min(
        (hole for hole in alignment.holes if hole.take_id == name),
        key=lambda hole: abs(hole.at_s - at_s),
        default=None,
    )
    return Run(
        median_ms=1e3 * float(np.median(error_s[away])),
        worst_ms=1e3 * float(error_s[away].max()),
        stated_ms=1e3 * alignment.error_s,
        hole=None
        if nearest is None
        else (abs(nearest.at_s - at_s), 1e3 * abs(nearest.duration_s - length_s)),
        half_trip_ms=500.0 * min((beacon.round_trip_s for beacon in beacons), default=0.0),
    )


def _true_hole(call: Conversation, *, on_takes: bool) -> tuple[str, float, float]:
    name, side = ("a", call.first) if call.first.hole_at_s is not None else ("b", call.second)
    at_s = side.hole_at_s or 0.0
    if on_takes:
        at_s = float(side.track_clock()(at_s - 1e-6))
    return name, at_s, side.hole_s


def _print_clocks_only(seeds: range) -> None:
    """Print the rows that need no sound: an hour of beacons on many seeds."""
    even = [_hour_of_beacons(seed, 0.002) for seed in seeds]
    uneven = [_hour_of_beacons(seed, 0.09) for seed in seeds]
    what = f"60 min without sound, {len(seeds)} seeds"
    _row(f"beacons, path even within 2 ms, {what}: max error", "<= 5 ms", _worst(even))
    bar = "true <= stated <= half trip + 5 ms"
    _row(f"beacons, path uneven by 10-90 ms, {what}", bar, _uneven(uneven))


def _hour_of_beacons(seed: int, most_extra_s: float) -> Run:
    rng = np.random.default_rng([seed, 6])
    extra_s = float(rng.uniform(0.01, most_extra_s) if most_extra_s > 0.01 else most_extra_s)
    scene = Scene(duration_s=3600.0, beacon_extra_s=extra_s * float(rng.choice((-1, 1))))
    clocks = []
    for start_s in (1.0, 1.0 + float(rng.uniform(0, 30))):
        rate = 1 + 1e-6 * float(rng.uniform(-100, 100))
        clocks.append(ClockMap(((start_s, 0.0), (start_s + 1000, 1000 * rate))))
    beacons = tuple(beacon_exchanges(scene, clocks[0], clocks[1], rng))
    takes = [TakeEvidence(name, name, name, 3600.0, None) for name in "ab"]
    alignment = align_takes([takes[0], replace(takes[1], beacons=beacons)])
    times_s = np.arange(0.0, 3600.0)
    error_s = alignment.between("a", "b")(times_s) - clocks[1](clocks[0].inverse()(times_s))
    half_ms = 500.0 * min(beacon.round_trip_s for beacon in beacons)
    worst_ms = 1e3 * float(np.abs(error_s).max())
    return Run(worst_ms, worst_ms, 1e3 * alignment.error_s, None, half_ms)


# A process of its own: what it takes is then what `candid align` takes. A small one stands
# between, since a process starts with the peak of the one it was forked from.
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from candid.engine.alignment.align import align_takes
from candid.engine.production import aligning
paths = [Path(path) for path in sys.argv[2:]]
seen = []
def prepared(evidence, **options):
    start = time.process_time()
    alignment = align_takes(evidence, **options)
    seen.append(time.process_time() - start)
    return alignment
aligning.align_takes = prepared
request = aligning.AlignRequest((paths[0], paths[1]), (paths[2], paths[3]))
alignment = aligning.align_files(request, Path(sys.argv[1]))
first, second = alignment.takes
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
knots = alignment.between(first.take_id, second.take_id).knots
print(json.dumps([time.process_time(), seen[0], peak, knots]))
"""


def _print_costs(scene: Scene) -> None:
    """Print CPU and memory for one pair of files, and the peers beside it."""
    call = _call(replace(scene, delays_s=EQUAL_S), 0)
    sounds = (call.first.microphone, call.second.microphone, call.first.heard, call.second.heard)
    names = ("a", "b", "heard-by-a", "heard-by-b")
    files = [write_opus(WORK / f"{n}.opus", s) for n, s in zip(names, sounds, strict=True)]
    starter = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    child = [sys.executable, "-c", _CHILD, str(WORK), *map(str, files)]
    done = subprocess.run(
        [sys.executable, "-c", starter, *child],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    cpu_s, prepared_s, peak_mb, knots = json.loads(done.stdout)
    found = ClockMap(tuple((x, y) for x, y in knots))
    worst_ms = 1e3 * _worst_of(found, call)
    what = f"one pair of {scene.duration_s / 60:g} min, four Opus files"
    _row(f"{what}: CPU with decoding", "<= 30 s", f"{cpu_s:.1f} s, max error {worst_ms:.1f} ms")
    _row("the same: CPU from prepared prints", "<= 10 s", f"{prepared_s:.1f} s")
    _row("the same: peak memory", "<= 500 MB", f"{peak_mb:.0f} MB")
    _print_peers(call)


def _worst_of(found: Callable[[np.ndarray], np.ndarray], call: Conversation) -> float:
    times_s = np.arange(0.0, len(call.first.microphone) / RATE_HZ, 0.25)
    name, at_s, _ = _true_hole(call, on_takes=False)
    around_s = at_s if name == "a" else float(call.truth().inverse()(at_s))
    away = np.abs(times_s - around_s) > 2.0
    return float(np.abs(found(times_s) - call.truth()(times_s))[away].max())


def _print_peers(call: Conversation) -> None:
    """Give each peer the pair that suits it best: A's voice, and what B heard of it."""
    voice = write_wav(WORK / "a.wav", call.first.microphone)
    guide = write_wav(WORK / "heard-by-b.wav", call.second.heard)
    missing = environment.ready()
    for name in ("audio-offset-finder", "syncstart", "double-ender-sync"):
        if name in missing:
            _row(
                f"{name}, A's voice and what B heard",
                "beside it",
                f"not installed: {missing[name]}",
            )
            continue
        run = environment.run_peer(name, voice, guide, PEER_WITHIN_S)
        told = run.trouble
        if run.points:
            worst_ms = 1e3 * _worst_of(ClockMap(run.points).inverse(), call)
            told = f"{run.cpu_s:.0f} CPU s, max error {worst_ms:.0f} ms"
        _row(f"{name}, A's voice and what B heard", "beside it", told)


if __name__ == "__main__":
    main()
