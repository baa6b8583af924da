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

_JITTER_S = 0.002


@dataclass(frozen=True, slots=True)
class StampOptions:
    """What counts as a step, and how stiff the clock is.

    A change of the difference of at least `smallest_step_s` that lasts is a step. A
    single stamp that stands apart is an outlier; so is a run of fewer than `settled`,
    unless it lies between the levels before and after it. `level_over` stamps give the
    level on either side; the slope is first guessed from pairs `slope_over_s` apart.
    The fitted clock has a knot every `knot_every_s`; on less than `shortest_slope_s` no
    slope is fitted, and where all differences lie within `flat_within_s` (timestamps
    rounded to milliseconds) there is none.
    """

    smallest_step_s: float = 0.015
    settled: int = 3
    level_over: int = 5
    slope_over_s: float = 3.0
    knot_every_s: float = 120.0
    shortest_slope_s: float = 10.0
    flat_within_s: float = 0.0011


@dataclass(frozen=True, slots=True)
class Step:
    """`length_s` of time without samples (negative: samples too many).

    It lies between the samples `after_s` and `before_s` of the track as recorded, and
    most likely before `likely_before_s` already.
    """

    length_s: float
    after_s: float
    before_s: float
    likely_before_s: float


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
    flat_s = late_s - _slope(sample_s, late_s, options) * sample_s
    kept = _settled_runs(flat_s, options)
    steps: list[Step] = []
    removed_s = np.zeros(len(late_s))
    for (start, stop), (next_start, next_stop) in pairwise(kept):
        before = flat_s[max(start, stop - options.level_over) : stop]
        after = flat_s[next_start : min(next_stop, next_start + options.level_over)]
        length_s = float(np.median(after) - np.median(before))
        if abs(length_s) >= _threshold(flat_s, options):
            last, likely, sure = _around(flat_s[stop:next_start], after, is_rise=length_s > 0)
            edges_s = (float(sample_s[stop + at]) for at in (last, sure, likely))
            steps.append(Step(length_s, *edges_s))
            removed_s[next_start:] += length_s
    good = np.concatenate([np.arange(start, stop) for start, stop in kept])
    return Stamps(sample_s[good], (late_s - removed_s)[good], tuple(steps))


def _around(outliers_s: Array, after_s: Array, *, is_rise: bool) -> tuple[int, int, int]:
    """Return the last stamp before a step, the first likely after it and the first surely so.

    They count from the first outlier, -1 being the stamp before it. A stamp is late or
    right, never early: an outlier below the level after a rise was taken before it. One
    at that level was taken after it; so, likely, was one above, which else would be later still.
    """
    n_outliers = len(outliers_s)
    if not is_rise:
        return -1, n_outliers, n_outliers
    low = np.flatnonzero(outliers_s < np.min(after_s) - _JITTER_S)
    first = int(low[-1]) + 1 if len(low) else 0
    level = np.flatnonzero(outliers_s[first:] < np.max(after_s) + _JITTER_S)
    return first - 1, first, first + int(level[0]) if len(level) else n_outliers


def _slope(x: Array, y: Array, options: StampOptions) -> float:
    """Return the median slope of pairs so close that few of them have a step between."""
    if x[-1] - x[0] < options.shortest_slope_s:
        return 0.0
    apart = max(1, round(options.slope_over_s * (len(x) - 1) / (x[-1] - x[0])))
    run, rise = x[apart:] - x[:-apart], y[apart:] - y[:-apart]
    return float(np.median(rise[run > 0] / run[run > 0]))


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
    counts = [stop - start for start, stop in runs]
    settled = min(options.settled, max(counts))
    kept: list[int] = []
    for at, count in enumerate(counts):
        ahead = next((each for each in range(at + 1, len(runs)) if counts[each] >= settled), None)
        before = kept[-1] if kept else None
        stops = count > 1 and _rises_between(levels, before, at, ahead, limit_s)
        if count >= settled or stops:
            kept.append(at)
    return [runs[at] for at in kept]


def _rises_between(
    levels: list[float], before: int | None, at: int, ahead: int | None, limit_s: float
) -> bool:
    """Whether a short run is a real stop on the way up: two holes close to each other."""
    if before is None or ahead is None:
        return False
    return levels[before] + limit_s <= levels[at] <= levels[ahead] - limit_s


def fit_clock(stamps: Stamps, options: StampOptions) -> tuple[Array, Array]:
    """Return knots `(sample_s, smooth_s)` [shape=(k,) each] of the clock between steps.

    A line over a short time is level. Otherwise a continuous piecewise line is fitted,
    each stamp weighted by Huber's rule (weight 1 within 1.345 robust deviations, then
    falling) over six rounds.
    """
    x, y = stamps.sample_s, stamps.smooth_s
    if x[-1] - x[0] < options.shortest_slope_s or np.ptp(y) <= options.flat_within_s:
        return x[:1], np.array([np.median(y)])
    x, y = _thinned(x, y)
    n_knots = max(2, round((x[-1] - x[0]) / options.knot_every_s) + 1)
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


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Return medians of blocks of about a second: a file has a stamp every frame."""
    block = int(len(x) // max(1.0, x[-1] - x[0]))
    if block < 2:
        return x, y
    whole = len(x) // block * block
    blocks_x, blocks_y = x[:whole].reshape(-1, block), y[:whole].reshape(-1, block)
    return np.median(blocks_x, axis=1), np.median(blocks_y, axis=1)


def find_splice(samples: NDArray[np.float32], rate_hz: int) -> int | None:
    """Return the sample before which sound was cut out, or None where none stands out.

    A cut leaves a jump that the samples before it do not foretell. Score: the error of
    a linear prediction of order 16 (least squares over the stretch) against the root
    mean square of that error over 10 ms around; the highest of at least 8 wins if all
    others, but those of the same jump, are less than 1 / 1.6 of it: speech has jumps of its own.
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
    elsewhere = np.delete(score, slice(max(0, best - around // 2), best + around // 2))
    stands_out = score[best] >= max(8.0, 1.6 * float(elsewhere.max()))
    return best + order if stands_out else None
