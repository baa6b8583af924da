"""Time in the engine: float seconds, half-open intervals, piecewise-linear clock maps.

`docs/time.md` is the page on time. Three clocks meet here: a track's own media clock
(`track_s`), the take's recorder clock (`take_s`) and the call clock (`call_s`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time, start inclusive, end exclusive, in seconds of one clock.

    Raises ValueError if it ends before it starts.
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.end_s >= self.start_s:
            raise ValueError(
                f"an interval cannot end ({self.end_s}) before it starts ({self.start_s})"
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds, >= 0."""
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        """The time half-way between start and end."""
        return (self.start_s + self.end_s) / 2

    def contains(self, time_s: float) -> bool:
        """Whether `start_s <= time_s < end_s`."""
        return self.start_s <= time_s < self.end_s

    def overlap_s(self, other: Interval) -> float:
        """Seconds that both intervals share, >= 0."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def intersection(self, other: Interval) -> Interval | None:
        """Return the stretch that both share, or None where they only touch or are apart."""
        if self.overlap_s(other) <= 0:
            return None
        return Interval(max(self.start_s, other.start_s), min(self.end_s, other.end_s))


def merge_intervals(
    intervals: Iterable[Interval], *, within_s: float = 0.0
) -> tuple[Interval, ...]:
    """Return the union as disjoint, sorted intervals; gaps of at most `within_s` are closed."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start_s - merged[-1].end_s <= within_s:
            merged[-1] = Interval(merged[-1].start_s, max(merged[-1].end_s, interval.end_s))
        else:
            merged.append(interval)
    return tuple(merged)


def subtract_intervals(whole: Interval, holes: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return what is left of `whole` without the `holes`, sorted, without empty pieces."""
    left: list[Interval] = []
    start_s = whole.start_s
    for hole in merge_intervals(holes):
        if hole.end_s <= start_s:
            continue
        if hole.start_s >= whole.end_s:
            break
        if hole.start_s > start_s:
            left.append(Interval(start_s, hole.start_s))
        start_s = hole.end_s
    if start_s < whole.end_s:
        left.append(Interval(start_s, whole.end_s))
    return tuple(left)


@dataclass(frozen=True, slots=True)
class ClockMap:
    """A piecewise-linear map from one clock to another, in seconds on both sides.

    `knots` [shape=(n, 2)] rise in both columns (neither falls, no knot stands twice).
    Two knots with the same first value are a jump: time that the first clock did not
    see, such as a hole in a recording; the map takes the value after the jump. Two
    with the same second value are a stretch that maps to one instant. Outside the
    knots the nearest slope goes on (slope 1 for a single knot).

    Raises ValueError if there is no knot, or the knots fall back.
    """

    knots: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.knots:
            raise ValueError("a clock map needs at least one knot")
        steps = np.diff(np.asarray(self.knots, dtype=float), axis=0)
        if not np.isfinite(steps).all() or (steps < 0).any() or (steps.sum(axis=1) <= 0).any():
            raise ValueError("the knots of a clock map must rise on both clocks")

    @classmethod
    def identity(cls) -> ClockMap:
        """Return the map from a clock to itself."""
        return cls(((0.0, 0.0), (1.0, 1.0)))

    @classmethod
    def offset(cls, offset_s: float) -> ClockMap:
        """Return the map that adds `offset_s`."""
        return cls(((0.0, offset_s), (1.0, 1.0 + offset_s)))

    @overload
    def __call__(self, time_s: float) -> float: ...
    @overload
    def __call__(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def __call__(self, time_s: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """Map `time_s` (a number or an array of any shape) to the other clock."""
        if isinstance(time_s, np.ndarray):
            return _interpolate(self.knots, time_s)
        return float(_interpolate(self.knots, time_s))

    def inverse(self) -> ClockMap:
        """Return the map back; a jump becomes a stretch that maps to one instant."""
        return ClockMap(tuple((y, x) for x, y in self.knots))

    def after(self, first: ClockMap) -> ClockMap:
        """Return the map that applies `first` and then this one."""
        back = first.inverse()
        pairs = {(back(x), y) for x, y in self.knots}
        for at, (x, y) in enumerate(first.knots):
            # A stretch that stands still may end in a jump of this map: its start lies before
            # that jump, its end after it.
            if at == 0 or first.knots[at - 1][1] < y:
                pairs.add((x, float(_interpolate(self.knots, y, side="left"))))
            if at + 1 == len(first.knots) or first.knots[at + 1][1] > y:
                pairs.add((x, self(y)))
        kept: list[tuple[float, float]] = []
        for x, y in sorted(pairs):
            if not kept or (x - kept[-1][0] > 1e-9 or y - kept[-1][1] > 1e-9):
                kept.append((x, max(y, kept[-1][1]) if kept else y))
        if len(kept) == 1:
            x = kept[0][0] + 1.0
            kept.append((x, self(first(x))))
        return ClockMap(tuple(kept))

    def drift_ppm(self) -> float:
        """Overall rate against the other clock, in parts per million over the knots' span."""
        (x0, y0), (x1, y1) = self.knots[0], self.knots[-1]
        return 0.0 if x1 <= x0 else ((y1 - y0) / (x1 - x0) - 1.0) * 1e6


def _interpolate(
    knots: tuple[tuple[float, float], ...],
    time_s: ArrayLike,
    side: Literal["left", "right"] = "right",
) -> NDArray[np.float64]:
    """Map times; at a jump take the value after it (`side` "right") or before it ("left")."""
    times = np.asarray(time_s, dtype=float)
    x, y = np.asarray(knots, dtype=float).T
    if len(x) == 1:
        return np.asarray(times - x[0] + y[0])
    slopes_at = np.flatnonzero(np.diff(x) > 0)
    if not len(slopes_at):
        return np.asarray(times - x[-1] + y[-1])
    right = np.searchsorted(x, times, side=side)
    left = np.clip(right - 1, 0, len(x) - 1)
    # A time between two knots follows their line; outside, the nearest line with a slope.
    line = np.where(right == 0, slopes_at[0], np.where(right == len(x), slopes_at[-1], left))
    slope = (y[line + 1] - y[line]) / np.where(x[line + 1] > x[line], x[line + 1] - x[line], 1.0)
    base = np.where(right == 0, 0, left)
    return np.asarray(y[base] + (times - x[base]) * slope)


def frame_time_s(frame: int, rate: Fraction) -> float:
    """Return the start of video frame number `frame` (>= 0) at `rate` frames a second."""
    return float(frame / rate)


def frames_in(duration_s: float, rate: Fraction) -> int:
    """Return the nearest whole number of frames in `duration_s` seconds, >= 0."""
    return max(0, round(Fraction(duration_s).limit_denominator(1_000_000) * rate))
