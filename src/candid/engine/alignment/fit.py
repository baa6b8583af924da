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

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.floors import floor_of, levelled, settle
from candid.engine.alignment.regression import SLOPE_PRIOR, StepFit, fit_steps
from candid.engine.alignment.steps import Curves, Prices, Step, find_steps, history_cost

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClockFit:
    """`g` as a line `offset_s + slope * a` plus the holes.

    `scatter_s` is the robust spread of the points around the fit; `least_there_s` and
    `least_back_s` are the delays that the network fell to, None where that direction
    was not heard. `wander_s` is how far single points lie from the line and its holes;
    `unsure_s` the size of changes that only one direction was there to see, and that
    may be holes.
    """

    offset_s: float
    slope: float
    holes: tuple[Step, ...]
    scatter_s: float
    least_there_s: float | None
    least_back_s: float | None
    wander_s: float
    unsure_s: float

    def clock_difference(self, first_s: Floats) -> Floats:
        """Return g at these times of the first take."""
        moved = self.offset_s + self.slope * first_s
        for hole in self.holes:
            moved = moved + hole.size_s * (first_s >= hole.at_s)
        return moved


def fit_clock(curves: Curves, options: AlignOptions) -> ClockFit:
    """Fit one clock to both curves, or a line to one. Raises ValueError without points.

    With one curve holes cannot be told from changes of the network, so none is claimed.
    """
    if not len(curves.times_s):
        raise ValueError("no lags to fit a clock to")
    if not curves.has_both:
        return _finished(curves, fit_steps(curves, ()))
    slope = _first_slope(curves)
    for _ in range(4):
        found = _confirmed(curves, find_steps(curves, slope, Prices()))
        fit = levelled(curves, _without_small_holes(curves, settle(curves, found), options))
        if abs(fit.slope - slope) * np.ptp(curves.times_s) < 0.002:
            break
        slope = fit.slope
    return _finished(curves, fit)


def _first_slope(curves: Curves) -> float:
    """Return the slope whose cheapest history costs least, to about 5 ms over the whole."""
    span_s = max(1.0, float(np.ptp(curves.times_s)))
    coarse = replace(Prices(), level_s=0.016, moment_s=max(4.0, span_s / 400))

    def cost(slope: float) -> float:
        return history_cost(curves, slope, coarse) + (slope / SLOPE_PRIOR) ** 2

    best, step = 0.0, 160e-6
    while step * span_s > 0.005:
        around = best + step * np.arange(-2, 3)
        best = float(min(around, key=cost))
        step /= 2
    return best


def _confirmed(curves: Curves, steps: Iterable[Step]) -> list[Step]:
    """Return the steps; a hole that only one curve was there to see is that curve's step.

    Small ones are doubted first: of two holes with nothing but one curve between them,
    the larger then has the other curve's points on both sides.
    """
    every = list(steps)
    holes = [step for step in every if step.kind == "both"]
    for hole in sorted(holes, key=lambda hole: abs(hole.size_s)):
        bounds = [-np.inf, *(step.at_s for step in every if step.kind == "both"), np.inf]
        every[every.index(hole)] = _as_seen(curves, hole, bounds)
    return every


def _as_seen(curves: Curves, hole: Step, bounds: list[float]) -> Step:
    k = bounds.index(hole.at_s)
    near = (curves.times_s >= bounds[k - 1]) & (curves.times_s < bounds[k + 1])
    after = curves.times_s >= hole.at_s
    seen = {
        is_upper: min((near & after & side).sum(), (near & ~after & side).sum()) >= 2
        for is_upper, side in ((True, curves.is_upper), (False, ~curves.is_upper))
    }
    if all(seen.values()):
        return hole
    return replace(hole, kind="upper" if seen[True] else "lower")


def _without_small_holes(curves: Curves, fit: StepFit, options: AlignOptions) -> StepFit:
    """Refit without the holes that are too small to be told from jitter, smallest first.

    Small changes of the network stay: without one of a pair the other would tilt the slope.
    """
    while fit.holes:
        smallest = min(fit.holes, key=lambda hole: abs(hole.size_s))
        if abs(smallest.size_s) >= options.min_hole_s:
            break
        steps = [step for step in fit.steps if step != smallest]
        fit = fit_steps(curves, steps, [hole for hole in fit.held if hole != smallest])
    return fit


def _finished(curves: Curves, fit: StepFit) -> ClockFit:
    above, below = fit.flat_s[curves.is_upper], fit.flat_s[~curves.is_upper]
    offset_s, there_s, back_s = _between(above, below)
    wander_s = float(np.quantile(np.abs(fit.residual_s), 0.99))
    return ClockFit(
        offset_s,
        fit.slope,
        fit.holes,
        fit.scatter_s,
        there_s,
        back_s,
        wander_s,
        _unsure(curves, fit),
    )


def _unsure(curves: Curves, fit: StepFit) -> float:
    """Return the summed size of changes on one side of which the other direction is silent."""
    total_s = 0.0
    for step in fit.steps:
        if step.kind != "both":
            other = curves.times_s[curves.is_upper == (step.kind == "lower")]
            seen = min((other < step.at_s).sum(), (other >= step.at_s).sum())
            total_s += abs(step.size_s) if seen < 2 else 0.0
    return total_s


def _between(above: Floats, below: Floats) -> tuple[float, float | None, float | None]:
    """Return the offset half-way between the least delays of both ways, and these delays.

    The least delays of two ways are alike far more often than their means, as in NTP.
    A single direction cannot tell offset from delay: then the offset is the curve
    itself and the delay counts from it.
    """
    low = floor_of(above)[0] if len(above) else None
    high = -floor_of(-below)[0] if len(below) else None
    if low is not None and high is not None:
        middle = (low + high) / 2
        return middle, low - middle, middle - high
    if low is not None:
        return low, 0.0, None
    assert high is not None
    return high, None, 0.0
