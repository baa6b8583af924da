"""Which of the steps are holes: those that let both ways' delays return to their floors.

Two changes of the network at about the same time look like a hole, and a hole beside a
change of the network may be explained in two ways that fit the curves equally well. But
a network's delay rises and falls back; most of the time it stands near its floor. A
wrong explanation would leave one way on a new floor for good.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.regression import StepFit, fit_steps
from candid.engine.alignment.steps import Curves, Step, StepKind

Floats = NDArray[np.float64]

_SPREAD_S = 0.008
_MAX_ABOVE = 3.0
_MAX_BELOW = 10.0
# Prices are for each point of the curves, since a network's long changes cost that way too.
_HOLE_PRICE = 0.1
_LOOSE_PRICE = 0.3
_SWAP_PRICE = 0.1
_BESIDE_S = 45.0
_MAX_READINGS = 80
_TILT_S = 0.05
_FINE_S = 0.001
_QUANTILES = np.linspace(0.02, 0.7, 24)
_SIZES_S = np.arange(-0.4, 0.4 + 1e-9, 0.004)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a hole, or all of them.

    `made` are the steps it puts there and `taken` those of the others that it uses up;
    at `loose_s` both curves change by their own amounts, and the floors alone decide
    how much of that is a hole.
    """

    made: tuple[Step, ...]
    taken: tuple[Step, ...] = ()
    loose_s: tuple[float, ...] = ()


def settle(curves: Curves, steps: Sequence[Step]) -> StepFit:
    """Fit the reading of `steps` that lets both curves lie on one floor each for longest."""
    others = tuple(step for step in steps if step.kind != "both")
    choices = [_hole_readings(step, others) for step in steps if step.kind == "both"]
    best, least = fit_steps(curves, steps), np.inf
    for combination in itertools.islice(itertools.product(*choices), _MAX_READINGS):
        reading = _joined(combination)
        if len(set(reading.taken)) < len(reading.taken):
            continue
        kept = [step for step in others if step not in reading.taken]
        fit = fit_steps(curves, (*kept, *reading.made))
        for at_s in reading.loose_s:
            fit = _tightened(curves, fit, at_s)
        prices = _HOLE_PRICE * len(fit.holes) + _LOOSE_PRICE * len(fit.held)
        prices += _SWAP_PRICE * len(reading.taken)
        cost = _unsettled(curves, fit.flat_s) + prices * len(curves.times_s)
        if cost < least:
            best, least = fit, cost
    return best


def _joined(readings: Sequence[_Reading]) -> _Reading:
    return _Reading(
        tuple(step for reading in readings for step in reading.made),
        tuple(step for reading in readings for step in reading.taken),
        tuple(at_s for reading in readings for at_s in reading.loose_s),
    )


def _hole_readings(hole: Step, others: Sequence[Step]) -> list[_Reading]:
    """Return the ways to read one hole: as it is, with its size taken from the wrong curve
    (a change beside it in one curve was really one in the other), or loose.
    """
    apart = (replace(hole, kind="upper"), replace(hole, kind="lower"))
    readings = [_Reading((hole,)), _Reading(apart, (), (hole.at_s,))]
    for beside in others:
        if abs(beside.at_s - hole.at_s) < _BESIDE_S:
            other: StepKind = "lower" if beside.kind == "upper" else "upper"
            larger = replace(hole, size_s=hole.size_s + beside.size_s)
            made = (larger, Step(other, hole.at_s, -beside.size_s))
            readings.append(_Reading(made, (beside,)))
    return readings


def _tightened(curves: Curves, fit: StepFit, at_s: float) -> StepFit:
    """Return the fit with the hole at `at_s` that the floors ask for, which may be none.

    The fit itself stays: what the hole takes, the changes beside it give.
    """
    after = curves.times_s >= at_s
    tries = np.append(_SIZES_S, 0.0)
    costs = np.array([_unsettled(curves, fit.flat_s - size * after) for size in tries])
    price = (_HOLE_PRICE + _LOOSE_PRICE) * len(after)
    size = float(tries[int(np.argmin(costs + price * (tries != 0)))])
    if size == 0:
        return fit
    steps = tuple(
        replace(step, size_s=step.size_s - size) if step.at_s == at_s else step
        for step in fit.steps
    )
    hole = Step("both", at_s, size)
    return replace(fit, steps=steps, held=(*fit.held, hole), flat_s=fit.flat_s - size * after)


def levelled(curves: Curves, fit: StepFit) -> StepFit:
    """Return the fit with the slope, near its own, that the floors ask for.

    Steps that are free to be of any size leave the slope to what happens between them,
    where a jitter buffer plays 1:1 and shows no drift at all. That a delay comes back
    to its floor is what shows it.
    """
    centred = curves.times_s - curves.times_s.mean()
    tilt = _best_change(curves, fit.flat_s, centred, _TILT_S / max(1.0, float(np.ptp(centred))))
    return replace(fit, slope=fit.slope + tilt, flat_s=fit.flat_s - tilt * centred)


def _best_change(curves: Curves, flat_s: Floats, column: Floats, reach: float) -> float:
    """Return how much of `column` [shape=(n,)], up to `reach`, to take off the delays."""
    middle, step = 0.0, reach / 5
    size = float(np.ptp(column))
    while step * size > _FINE_S:
        tries = middle + step * np.arange(-5, 6)
        costs = [_unsettled(curves, flat_s - change * column) for change in tries]
        middle = float(tries[int(np.argmin(costs))])
        step /= 3
    return middle


def _unsettled(curves: Curves, flat_s: Floats) -> float:
    """Return how far both ways' delays are from one floor each."""
    there, back = flat_s[curves.is_upper], -flat_s[~curves.is_upper]
    return floor_of(there)[1] + floor_of(back)[1]


def floor_of(delays_s: Floats) -> tuple[float, float]:
    """Return the floor that suits these delays best, and what they cost above and below it.

    A point above its floor costs a little at most: the network may do that. One below
    costs far more: no packet arrives before the floor.
    """
    floors = np.quantile(delays_s, _QUANTILES)
    above = (delays_s - floors[:, None]) / _SPREAD_S
    costs = np.where(above > 0, np.minimum(above, _MAX_ABOVE), np.minimum(-above, _MAX_BELOW))
    totals = costs.sum(axis=1)
    best = int(np.argmin(totals))
    return float(floors[best]), float(totals[best])
