"""The second pass over decoded sound: holes put in, struck time taken out, and the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from candid.engine.recording import stamps as clocks
from candid.engine.recording.stamps import StampOptions, Step
from candid.engine.recording.take import Gap, GapReason, TrackKind
from candid.engine.recording.track import Flaw, SoundTrack
from candid.engine.timebase import ClockMap, Interval, merge_intervals, subtract_intervals

# What the participant did not want recorded: silence, whatever the file holds.
PRIVATE_REASONS: tuple[GapReason, ...] = ("struck", "paused", "muted")
# Shorter pieces of a gap are rounding, or the edge of one that the manifest tells.
_SHORTEST_GAP_S = 0.005
# A splice is looked for in at most this much sound.
_LONGEST_SEARCH_S = 4.0
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Recorded:
    """Sound as decoded: mono 16-bit samples in `raw`, and stamps that tie them to the clock.

    `sample_s`, `time_s` [shape=(n,), n >= 1] are the stamps; `lost` and `flaws` are in
    seconds of the samples as recorded, before a hole is put in. Where there is a
    stamp a frame (`stamped_frames`, media files) a hole lies exactly before its stamp;
    with a stamp a second (anchors) it lies somewhere between two.
    """

    kind: TrackKind
    raw: Path
    rate_hz: int
    sample_s: NDArray[np.float64]
    time_s: NDArray[np.float64]
    lost: tuple[Interval, ...]
    flaws: tuple[Flaw, ...]
    stamped_frames: bool

    @property
    def duration_s(self) -> float:
        """Length of the samples as recorded, in seconds."""
        return self.raw.stat().st_size / 2 / self.rate_hz


@dataclass(frozen=True, slots=True)
class _Hole:
    """Time without samples before second `at_s` of the samples as recorded.

    A negative length means that samples from `at_s` on carry a time that was recorded
    already. `reason` is None where the manifest tells this gap itself. `between` is
    where the hole could lie, in `take_s`.
    """

    at_s: float
    length_s: float
    reason: GapReason | None
    between: Interval


def finish(recorded: Recorded, gaps: Sequence[Gap], draft: Path, into: Path) -> SoundTrack:
    """Turn decoded sound into a track: its samples go to `draft`, the track names `into`.

    `gaps` are those that the manifest tells, of all tracks, in `take_s`.
    """
    options = StampOptions()
    known = tuple(gap for gap in gaps if gap.kind in (None, recorded.kind))
    stamps = clocks.read_stamps(recorded.sample_s, recorded.time_s, options)
    smooth = _Smooth(*clocks.fit_clock(stamps, options))
    holes = tuple(_place(stamps.steps, recorded, smooth, known))
    clock = _clock(smooth, holes, recorded.duration_s)
    n_samples = _fill(recorded.raw, draft, holes, recorded.rate_hz)
    with draft.open("r+b") as out:
        for interval in _private(known, holes):
            _silence(out, clock, interval, recorded.rate_hz, n_samples)
    return SoundTrack(
        kind=recorded.kind,
        rate_hz=recorded.rate_hz,
        n_samples=n_samples,
        pcm=into,
        clock=clock,
        gaps=tuple(sorted([*known, *_found(recorded, holes, clock, known)], key=_start_s)),
        flaws=tuple(_moved(flaw, holes) for flaw in (*recorded.flaws, *_repeats(recorded, holes))),
    )


def _start_s(gap: Gap) -> float:
    return gap.interval.start_s


@dataclass(frozen=True, slots=True)
class _Smooth:
    """Recorder clock less sample count, without the holes: knots, straight lines between."""

    at_s: NDArray[np.float64]
    late_s: NDArray[np.float64]

    def __call__(self, sample_s: float) -> float:
        times_s = (self.at_s + self.late_s).tolist()
        return ClockMap(tuple(zip(self.at_s.tolist(), times_s, strict=True)))(sample_s)


def _place(
    steps: Sequence[Step], recorded: Recorded, smooth: _Smooth, known: Sequence[Gap]
) -> Iterator[_Hole]:
    before_s = 0.0
    for step in steps:
        length_s = round(step.length_s * recorded.rate_hz) / recorded.rate_hz
        start_s = smooth(step.after_s) + before_s
        between = Interval(start_s, max(start_s, smooth(step.before_s) + before_s + length_s))
        told = _told(known, between, length_s)
        if told is not None:
            at_s = step.after_s + max(0.0, told.interval.start_s - start_s)
            at_s = min(at_s, step.before_s)
        else:
            at_s = _where(step, recorded)
        reason: GapReason = "missing" if recorded.stamped_frames else "stalled"
        at_s = round(at_s * recorded.rate_hz) / recorded.rate_hz
        yield _Hole(at_s, length_s, None if told else reason, between)
        before_s += length_s


def _told(known: Sequence[Gap], between: Interval, length_s: float) -> Gap | None:
    """Return the gap of the manifest that explains a hole found: there, and as long."""
    for gap in known:
        is_there = gap.interval.overlap_s(between) >= length_s / 2 > 0
        if is_there and gap.interval.duration_s <= 1.5 * length_s + 0.05:
            return gap
    return None


def _where(step: Step, recorded: Recorded) -> float:
    """Return where a hole lies: where sound is lost anyway, or where the wave was cut."""
    if recorded.stamped_frames:
        return step.before_s
    for lost in recorded.lost:
        if lost.overlap_s(Interval(step.after_s, step.before_s)) > 0:
            return max(lost.start_s, step.after_s)
    middle_s = (step.after_s + step.likely_before_s) / 2
    if step.likely_before_s - step.after_s > _LONGEST_SEARCH_S:
        return middle_s
    first = max(0, round(step.after_s * recorded.rate_hz))
    count = round(step.likely_before_s * recorded.rate_hz) - first
    samples = np.fromfile(recorded.raw, dtype="<i2", count=count, offset=2 * first)
    splice = clocks.find_splice(samples.astype(np.float32) / np.float32(32768), recorded.rate_hz)
    return middle_s if splice is None else (first + splice) / recorded.rate_hz


def _clock(smooth: _Smooth, holes: Sequence[_Hole], duration_s: float) -> ClockMap:
    """Return the continuous map from the filled track to the recorder clock."""
    inside = (float(at_s) for at_s in smooth.at_s if 0 < at_s < duration_s)
    points = {0.0, duration_s, *inside, *(hole.at_s for hole in holes)}
    knots: list[tuple[float, float]] = []
    filled_s = jumped_s = 0.0
    waiting = list(holes)
    for at_s in sorted(points):
        knots.append((at_s + filled_s, smooth(at_s) + jumped_s))
        while waiting and waiting[0].at_s <= at_s:
            hole = waiting.pop(0)
            track_s, take_s = at_s + filled_s, smooth(at_s) + jumped_s
            knots.append((track_s + abs(hole.length_s), take_s + max(0.0, hole.length_s)))
            filled_s += max(0.0, hole.length_s)
            jumped_s += hole.length_s
    return _rising(knots)


def _rising(knots: list[tuple[float, float]]) -> ClockMap:
    """Return the knots as a clock that never falls back, without doubles."""
    kept: list[tuple[float, float]] = []
    for track_s, take_s in sorted(knots):
        if not kept:
            kept.append((track_s, take_s))
        elif track_s - kept[-1][0] > 1e-6:
            kept.append((track_s, max(take_s, kept[-1][1])))
    return ClockMap(tuple(kept))


def _fill(raw: Path, draft: Path, holes: Sequence[_Hole], rate_hz: int) -> int:
    """Move the samples to `draft` with silence in the holes; return how many there are then."""
    filled = [hole for hole in holes if hole.length_s > 0]
    if not filled:
        raw.replace(draft)
        return draft.stat().st_size // 2
    with raw.open("rb") as samples, draft.open("wb") as out:
        for hole in filled:
            _copy(samples, out, 2 * round(hole.at_s * rate_hz) - samples.tell())
            _zeros(out, 2 * round(hole.length_s * rate_hz))
        _copy(samples, out, None)
        return out.tell() // 2


def _copy(raw: BinaryIO, out: BinaryIO, n_bytes: int | None) -> None:
    left = n_bytes
    while left is None or left > 0:
        block = raw.read(_BLOCK_BYTES if left is None else min(left, _BLOCK_BYTES))
        if not block:
            return
        out.write(block)
        left = None if left is None else left - len(block)


def _zeros(out: BinaryIO, n_bytes: int) -> None:
    for start in range(0, n_bytes, _BLOCK_BYTES):
        out.write(bytes(min(_BLOCK_BYTES, n_bytes - start)))


def _private(known: Sequence[Gap], holes: Sequence[_Hole]) -> tuple[Interval, ...]:
    """Return what must be silent, in `take_s`.

    Near a hole whose place is not sure, sound may stand in the wrong place by the
    hole's length: all of that second is silenced with it.
    """
    private = [gap.interval for gap in known if gap.reason in PRIVATE_REASONS]
    unsure = [
        hole.between
        for hole in holes
        if hole.reason is not None
        and any(hole.between.overlap_s(interval) > 0 for interval in private)
    ]
    return merge_intervals([*private, *unsure])


def _silence(
    out: BinaryIO, clock: ClockMap, interval: Interval, rate_hz: int, n_samples: int
) -> None:
    # A microsecond outwards: a sample that lies on the edge belongs to the silence.
    back = clock.inverse()
    first = max(0, int(np.floor(back(interval.start_s - 1e-6) * rate_hz)))
    last = min(n_samples, int(np.ceil(back(interval.end_s + 1e-6) * rate_hz)))
    if last > first:
        out.seek(2 * first)
        _zeros(out, 2 * (last - first))


def _found(
    recorded: Recorded, holes: Sequence[_Hole], clock: ClockMap, known: Sequence[Gap]
) -> Iterator[Gap]:
    """Yield the gaps that the manifest does not tell."""
    told = [gap.interval for gap in known]
    for reason, track in _found_in_track(recorded, holes):
        whole = Interval(clock(track.start_s), clock(track.end_s))
        for piece in subtract_intervals(whole, told):
            if piece.duration_s >= _SHORTEST_GAP_S:
                yield Gap(reason, piece, recorded.kind)


def _found_in_track(
    recorded: Recorded, holes: Sequence[_Hole]
) -> Iterator[tuple[GapReason, Interval]]:
    for lost in recorded.lost:
        start_s = lost.start_s + _filled_s(holes, lost.start_s)
        yield (
            "missing",
            Interval(start_s, lost.end_s + _filled_s(holes, lost.end_s)),
        )
    for hole in holes:
        if hole.reason is not None and hole.length_s > 0:
            start_s = hole.at_s + _filled_s(holes, hole.at_s)
            yield hole.reason, Interval(start_s, start_s + hole.length_s)


def _filled_s(holes: Sequence[_Hole], at_s: float) -> float:
    """Return how much silence was put in before `at_s` of the samples as recorded."""
    return sum(max(0.0, hole.length_s) for hole in holes if hole.at_s < at_s)


def _moved(flaw: Flaw, holes: Sequence[_Hole]) -> Flaw:
    return replace(flaw, start_s=flaw.start_s + _filled_s(holes, flaw.start_s))


def _repeats(recorded: Recorded, holes: Sequence[_Hole]) -> Iterator[Flaw]:
    for hole in holes:
        if hole.length_s < 0:
            detail = f"{-hole.length_s * 1000:.0f} ms of sound carry a time already recorded"
            yield Flaw(recorded.kind, "duplicate", hole.at_s, 0.0, detail)
