"""From clock stamps to a clock: where samples were lost, and how the sound card drifts.

A stamp says that the sample `sample_s` (the sample count over the nominal rate) was
captured at `time_s` of the recorder's clock. The difference of the two is a slow slope
(the drift of the sound card) with jitter of a fraction of a millisecond, late outliers (a
reading taken behind a busy thread), and steps: samples that were never there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StampOptions:
    """What counts as a step, and how stiff the clock is.

    A change of the difference of at least `smallest_step_s` that lasts is a step; a
    run of fewer than `settled` stamps that returns to where it was is an outlier.
    `level_over` stamps give the level on either side. `knot_every` stamps share one
    straight line of the clock; on less than `shortest_slope_s` no slope is fitted, and
    where all differences lie within `flat_within_s` (timestamps rounded to
    milliseconds) there is none.
    """

    smallest_step_s: float = 0.015
    settled: int = 3
    level_over: int = 5
    knot_every: int = 120
    shortest_slope_s: float = 10.0
    flat_within_s: float = 0.0011


@dataclass(frozen=True, slots=True)
class Step:
    """`length_s` of time without samples (negative: samples too many).

    It lies between the samples `after_s` and `before_s` of the track as recorded.
    """

    after_s: float
    before_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Stamps:
    """Stamps in order of their sample, without outliers, and the steps between them.

    `smooth_s` [shape=(n,)] is `time_s - sample_s` less all steps before it.
    """

    sample_s: Array
    smooth_s: Array
    steps: tuple[Step, ...]


def read_stamps(sample_s: Array, time_s: Array, options: StampOptions) -> Stamps:
    """Find the steps and leave the outliers out.

    `sample_s` and `time_s` [shape=(n,), n >= 1] in seconds, in any order.
    """
    order = np.argsort(sample_s, kind="stable")
    sample_s, late_s = sample_s[order], (time_s - sample_s)[order]
    flat_s = late_s - _slope(sample_s, late_s) * sample_s
    kept = _settled_runs(flat_s, options)
    steps: list[Step] = []
    removed_s = np.zeros(len(late_s))
    for (start, stop), (next_start, next_stop) in pairwise(kept):
        before = flat_s[max(start, stop - options.level_over) : stop]
        after = flat_s[next_start : min(next_stop, next_start + options.level_over)]
        length_s = float(np.median(after) - np.median(before))
        if abs(length_s) >= _threshold(flat_s, options):
            steps.append(Step(float(sample_s[stop - 1]), float(sample_s[next_start]), length_s))
            removed_s[next_start:] += length_s
    good = np.concatenate([np.arange(start, stop) for start, stop in kept])
    return Stamps(sample_s[good], (late_s - removed_s)[good], tuple(steps))


def _slope(x: Array, y: Array) -> float:
    """Return the median slope over a quarter of the stamps: steps and outliers are few."""
    apart = max(1, len(x) // 4)
    run, rise = x[apart:] - x[:-apart], y[apart:] - y[:-apart]
    sound = run > 0
    # A step lies within a quarter of all these pairs; shorter pairs see fewer of them.
    return float(np.median(rise[sound] / run[sound])) if sound.any() else 0.0


def _threshold(flat_s: Array, options: StampOptions) -> float:
    jitter_s = float(np.median(np.abs(np.diff(flat_s)))) if len(flat_s) > 1 else 0.0
    return max(options.smallest_step_s, 9.0 * jitter_s)


def _settled_runs(flat_s: Array, options: StampOptions) -> list[tuple[int, int]]:
    """Return the runs [start, stop) of stamps that agree, without the runs of outliers."""
    limit_s = _threshold(flat_s, options)
    cuts = np.flatnonzero(np.abs(np.diff(flat_s)) >= limit_s) + 1
    edges = [0, *cuts.tolist(), len(flat_s)]
    runs = list(pairwise(edges))
    levels = [float(np.median(flat_s[start:stop])) for start, stop in runs]
    long = [stop - start >= options.settled for start, stop in runs]
    if not any(long):
        return (
            [(0, len(flat_s))] if len(runs) == 1 else [max(runs, key=lambda run: run[1] - run[0])]
        )
    kept: list[int] = []
    for at in range(len(runs)):
        ahead = next((each for each in range(at + 1, len(runs)) if long[each]), None)
        if long[at] or _rises_between(levels, kept, at, ahead, limit_s):
            kept.append(at)
    return [runs[at] for at in kept]


def _rises_between(
    levels: list[float], kept: list[int], at: int, ahead: int | None, limit_s: float
) -> bool:
    """Whether a short run is a real stop on the way up: two holes close to each other."""
    if not kept or ahead is None:
        return False
    return levels[kept[-1]] + limit_s <= levels[at] <= levels[ahead] - limit_s


def fit_clock(stamps: Stamps, options: StampOptions) -> tuple[Array, Array]:
    """Return knots `(sample_s, smooth_s)` [shape=(k,) each] of the clock between steps.

    A line through few stamps or short time is level. Otherwise a continuous piecewise
    line with a knot every `knot_every` stamps is fitted, each stamp weighted by Huber's
    rule (weight 1 within 1.345 robust deviations, then falling) over six rounds.
    """
    x, y = stamps.sample_s, stamps.smooth_s
    if x[-1] - x[0] < options.shortest_slope_s or np.ptp(y) <= options.flat_within_s:
        return x[:1], np.array([np.median(y)])
    n_knots = max(2, round(len(x) / options.knot_every) + 1)
    knots: Array = np.unique(np.interp(np.linspace(0, len(x) - 1, n_knots), np.arange(len(x)), x))
    basis = np.stack([np.interp(x, knots, row) for row in np.eye(len(knots))], axis=1)
    weight: Array = np.ones(len(x))
    fitted: Array = np.full(len(knots), np.median(y))
    for _ in range(6):
        left = basis * weight[:, None]
        fitted = np.asarray(np.linalg.solve(left.T @ basis, left.T @ y), dtype=float)
        off = np.abs(y - basis @ fitted)
        scale = max(1.4826 * float(np.median(off)), 1e-9)
        weight = np.minimum(1.0, 1.345 * scale / np.maximum(off, 1e-12))
    return knots, fitted


def find_splice(samples: NDArray[np.float32], rate_hz: int) -> int | None:
    """Return the sample before which sound was cut out, or None where none stands out.

    A cut leaves a jump that the samples before it do not foretell. Score: the error of
    a linear prediction of order 16 (least squares over the stretch) against the root
    mean square of that error over 10 ms around; the highest of at least 8 wins.
    """
    order, around = 16, max(1, rate_hz // 100)
    if len(samples) < 4 * around or not samples.any():
        return None
    past = np.lib.stride_tricks.sliding_window_view(samples[:-1].astype(float), order)
    known = samples[order:].astype(float)
    gram = past.T @ past + np.eye(order) * 1e-9 * len(samples)
    error = known - past @ np.linalg.solve(gram, past.T @ known)
    power = np.convolve(error**2, np.ones(2 * around + 1), mode="same") - error**2
    score = np.abs(error) / np.sqrt(power / (2 * around) + 1e-10)
    best = int(np.argmax(score))
    return best + order if score[best] >= 8.0 else None
