"""One clock for two takes from the lags of sound in both directions.

Let `g(a)` be what the second take's clock shows above the first one's when that shows
`a`. The first voice arrives late at the second end, so its lags lie *above* g by the
delay of that way; the second voice arrives late at the first end, so its lags, with the
sign turned, lie *below* g by the delay of the way back:

    upper(a) = g(a) + delay_there(a)        lower(a) = g(a) - delay_back(a)

g is a line with a step wherever one recorder lost time. Such a hole moves both curves by
the same amount; a change of the network moves only one. Both delays are positive, so g
lies between the curves: half their distance bounds its error, whatever the network did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.steps import Curves, Prices, Step, StepKind, find_steps, history_cost

Floats = NDArray[np.float64]

_NOISE_FLOOR_S = 0.004
_SLOPE_PRIOR = 150e-6


@dataclass(frozen=True, slots=True)
class ClockFit:
    """`g` as a line `offset_s + slope * a` plus the holes; delays are the smallest seen.

    `scatter_s` is the robust spread of the points around the fit; `least_there_s` and
    `least_back_s` are the delays that the network fell to, None where that direction
    was not heard.
    """

    offset_s: float
    slope: float
    steps: tuple[Step, ...]
    scatter_s: float
    least_there_s: float | None
    least_back_s: float | None

    @property
    def holes(self) -> tuple[Step, ...]:
        """The steps of both curves, in order of time."""
        return tuple(step for step in self.steps if step.kind == "both")

    def clock_difference(self, first_s: Floats) -> Floats:
        """Return g at these times of the first take."""
        moved = self.offset_s + self.slope * first_s
        for hole in self.holes:
            moved = moved + hole.size_s * (first_s >= hole.at_s)
        return moved


def fit_clock(curves: Curves, options: AlignOptions) -> ClockFit:
    """Fit one clock to both curves.

    Raises ValueError without points.
    """
    if not len(curves.times_s):
        raise ValueError("no lags to fit a clock to")
    slope = _first_slope(curves) if curves.has_both else 0.0
    steps: list[Step] = []
    for _ in range(3 if curves.has_both else 0):
        found = _confirmed(curves, find_steps(curves, slope, Prices()))
        steps = _kept_steps(curves, found, options)
        solution, _ = _robust_fit(curves, steps)
        if abs(solution[2] / 1000.0 - slope) * np.ptp(curves.times_s) < 0.002:
            break
        slope = float(solution[2]) / 1000.0
    solution, residual = _robust_fit(curves, steps)
    return _finished(curves, steps, solution, residual)


def _first_slope(curves: Curves) -> float:
    """Return the slope whose cheapest history costs least, to about a grid step of drift."""
    span_s = max(1.0, float(np.ptp(curves.times_s)))
    coarse = replace(Prices(), level_s=0.016, moment_s=max(4.0, span_s / 400))

    def cost(slope: float) -> float:
        return history_cost(curves, slope, coarse) + (slope / _SLOPE_PRIOR) ** 2

    best, step = 0.0, 160e-6
    while step * span_s > 0.005:
        around = best + step * np.arange(-2, 3)
        best = float(min(around, key=cost))
        step /= 2
    return best


def _confirmed(curves: Curves, steps: tuple[Step, ...]) -> list[Step]:
    """Return the steps; a hole that only one curve was there to see is that curve's step."""
    holes = [step.at_s for step in steps if step.kind == "both"]
    bounds = [-np.inf, *holes, np.inf]
    kept = []
    for step in steps:
        if step.kind == "both":
            k = bounds.index(step.at_s)
            upper = _has_points(curves, True, (bounds[k - 1], step.at_s, bounds[k + 1]))
            lower = _has_points(curves, False, (bounds[k - 1], step.at_s, bounds[k + 1]))
            if not (upper and lower):
                step = replace(step, kind="upper" if upper else "lower")
        kept.append(step)
    return kept


def _has_points(curves: Curves, is_upper: bool, bounds: tuple[float, float, float]) -> bool:
    """Whether a curve has points both before and after the middle bound."""
    times = curves.times_s[curves.is_upper == is_upper]
    before = (times >= bounds[0]) & (times < bounds[1])
    after = (times >= bounds[1]) & (times < bounds[2])
    return bool(before.sum() >= 2 and after.sum() >= 2)


def _design(curves: Curves, steps: list[Step]) -> Floats:
    """Return the matrix [shape=(n, 3 + len(steps))]: level above, level below, slope, steps."""
    centred = (curves.times_s - curves.times_s.mean()) / 1000.0
    columns = [curves.is_upper.astype(float), (~curves.is_upper).astype(float), centred]
    columns += [_step_column(curves, step.kind, step.at_s) for step in steps]
    return np.stack(columns, axis=1)


def _step_column(curves: Curves, kind: StepKind, at_s: float) -> Floats:
    after = curves.times_s >= at_s
    if kind == "both":
        return after.astype(float)
    return (after & (curves.is_upper == (kind == "upper"))).astype(float)


def _robust_fit(curves: Curves, steps: list[Step]) -> tuple[Floats, Floats]:
    """Return coefficients and residuals of a Huber fit by reweighting.

    Drift is held near zero as firmly as one point at the end of the recording would,
    which matters only where the recording is short.
    """
    design = _design(curves, steps)
    # A breath of ridge keeps a missing curve's level at zero instead of undefined.
    ridge = np.full(design.shape[1], 1e-9)
    ridge[2] = (3 * _NOISE_FLOOR_S / (_SLOPE_PRIOR * 1000.0)) ** 2
    weights = np.ones(len(design))
    for _ in range(12):
        normal = design.T @ (weights[:, None] * design) + np.diag(ridge)
        solution = np.linalg.solve(normal, design.T @ (weights * curves.values_s))
        residual = curves.values_s - design @ solution
        bend = 1.5 * _scatter(residual)
        weights = np.minimum(1.0, bend / np.maximum(np.abs(residual), 1e-9))
    return solution, residual


def _scatter(residual: Floats) -> float:
    return max(_NOISE_FLOOR_S, 1.4826 * float(np.median(np.abs(residual))))


def _kept_steps(curves: Curves, steps: list[Step], options: AlignOptions) -> list[Step]:
    """Return the steps with their sizes, without those too small to be told from jitter."""
    while steps:
        solution, _ = _robust_fit(curves, steps)
        sized = [
            Step(step.kind, step.at_s, float(size))
            for step, size in zip(steps, solution[3:], strict=True)
        ]
        least = {"both": options.min_hole_s}
        over = [abs(step.size_s) / least.get(step.kind, options.min_step_s) for step in sized]
        weakest = int(np.argmin(over))
        if over[weakest] >= 1.0:
            return sorted(sized, key=lambda step: step.at_s)
        steps = sized[:weakest] + sized[weakest + 1 :]
    return []


def _finished(curves: Curves, steps: list[Step], solution: Floats, residual: Floats) -> ClockFit:
    slope = float(solution[2]) / 1000.0
    holes = sum(
        (step.size_s * (curves.times_s >= step.at_s) for step in steps if step.kind == "both"),
        np.zeros(len(residual)),
    )
    level = curves.values_s - slope * curves.times_s - holes
    above, below = level[curves.is_upper], level[~curves.is_upper]
    offset_s, there_s, back_s = _between(above, below)
    return ClockFit(offset_s, slope, tuple(steps), _scatter(residual), there_s, back_s)


def _between(above: Floats, below: Floats) -> tuple[float, float | None, float | None]:
    """Return the offset half-way between the least delays of both ways, and these delays.

    The least delays of two ways are alike far more often than their means, as in NTP.
    A single direction cannot tell offset from delay: then the offset is the curve
    itself and the delay counts from it.
    """
    low = float(np.quantile(above, 0.1)) if len(above) else None
    high = float(np.quantile(below, 0.9)) if len(below) else None
    if low is not None and high is not None:
        middle = (low + high) / 2
        return middle, low - middle, middle - high
    if low is not None:
        return low, 0.0, None
    assert high is not None
    return high, None, 0.0
