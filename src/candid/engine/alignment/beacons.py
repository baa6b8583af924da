"""Clock beacons: what two clocks showed at the same moment, within half a round trip.

An exchange tells the difference of two clocks up to half its round trip, whatever the
network did (Cristian, Distributed Computing 3, 1989). The exchanges with the shortest
round trips tell most (the clock filter of NTP, RFC 5905 section 10), so each stretch of
time is represented by its shortest one, and a line with slowly changing slope is drawn
through these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.evidence import Jump
from candid.engine.recording.take import Beacon
from candid.engine.timebase import ClockMap

Floats = NDArray[np.float64]

_STRETCH_S = 20.0
_KNOT_S = 300.0
_TIMER_S = 0.0005
_SLOPE_CHANGE = 2e-6
_MIN_JUMP_S = 0.03


@dataclass(frozen=True, slots=True)
class Readings:
    """Exchanges between two clocks [all shape=(n,)], sorted by time.

    `first_s` is the first clock half-way through the exchange, `difference_s` the
    second clock less the first, right within `half_trip_s` on both sides.
    """

    first_s: Floats
    difference_s: Floats
    half_trip_s: Floats

    def __len__(self) -> int:
        return len(self.first_s)

    def chosen(self, keep: NDArray[np.intp] | NDArray[np.bool_]) -> Readings:
        """Return some of the exchanges."""
        return Readings(self.first_s[keep], self.difference_s[keep], self.half_trip_s[keep])

    def turned(self) -> Readings:
        """Return the same exchanges seen from the second clock."""
        return _sorted(self.first_s + self.difference_s, -self.difference_s, self.half_trip_s)


@dataclass(frozen=True, slots=True)
class BeaconFit:
    """The second clock less the first: a line through `knots` [(first_s, difference_s)].

    `least_half_trip_s` is half the shortest round trip: the network could hide that
    much. `residual_s` is twice the mean distance of the exchanges from the line, each
    counting by how short it was.
    """

    knots: tuple[tuple[float, float], ...]
    jumps: tuple[Jump, ...]
    least_half_trip_s: float
    residual_s: float
    n_exchanges: int

    def clock(self) -> ClockMap:
        """Return the line and its jumps as a map from the first clock to the second."""
        standing = [(jump.at_s, jump.at_s + abs(jump.size_s)) for jump in self.jumps]
        pieces = [
            (first_s, self.knots_at(first_s))
            for first_s, _ in self.knots
            if not any(start_s <= first_s <= end_s for start_s, end_s in standing)
        ]
        for jump in self.jumps:
            before = self.knots_at(jump.at_s) - jump.size_s
            paused_s = max(0.0, -jump.size_s)
            pieces += [(jump.at_s, before), (jump.at_s + paused_s, before + max(0.0, jump.size_s))]
        return ClockMap(tuple(sorted(set(pieces))))

    def knots_at(self, first_s: float) -> float:
        """Return the second clock at this time of the first, jumps before it included."""
        times, differences = np.array(self.knots).T
        slope = (differences[-1] - differences[0]) / (times[-1] - times[0])
        lost_s = sum(jump.size_s for jump in self.jumps if jump.at_s <= first_s)
        beyond_s = first_s - float(np.clip(first_s, times[0], times[-1]))
        line = float(np.interp(first_s, times, differences)) + slope * beyond_s
        return float(first_s + line + lost_s)


def readings(beacons: Iterable[Beacon], own_zero_us: int, peer_zero_us: int) -> Readings:
    """Return exchanges as readings in seconds since the two zeros of their clocks."""
    rows = [
        (beacon.t1_us + beacon.t4_us, beacon.t2_us + beacon.t3_us, beacon.round_trip_s)
        for beacon in beacons
        if beacon.round_trip_s >= 0
    ]
    own, peer, trips = np.array(rows, dtype=float).reshape(-1, 3).T
    own_s, peer_s = own / 2e6 - own_zero_us / 1e6, peer / 2e6 - peer_zero_us / 1e6
    return _sorted(own_s, peer_s - own_s, trips / 2)


def joined(parts: Iterable[Readings]) -> Readings:
    """Return all exchanges of several readings of the same two clocks."""
    every = list(parts)
    return _sorted(
        np.concatenate([part.first_s for part in every]),
        np.concatenate([part.difference_s for part in every]),
        np.concatenate([part.half_trip_s for part in every]),
    )


def _sorted(first_s: Floats, difference_s: Floats, half_trip_s: Floats) -> Readings:
    order = np.argsort(first_s, kind="stable")
    return Readings(first_s[order], difference_s[order], half_trip_s[order])


def fit_beacons(exchanges: Readings) -> BeaconFit:
    """Fit the difference of two clocks. Raises ValueError without an exchange."""
    if not len(exchanges):
        raise ValueError("no exchange of clock readings to fit")
    best = _shortest(exchanges)
    jumps = _jumps(best)
    lifted = best.difference_s.copy()
    for jump in jumps:
        lifted -= jump.size_s * (best.first_s >= jump.at_s)
    knots_s = _knots(best.first_s)
    values, residual_s = _smooth_line(best.first_s, lifted, _doubt(best), knots_s)
    return BeaconFit(
        knots=tuple(zip(knots_s.tolist(), values.tolist(), strict=True)),
        jumps=jumps,
        least_half_trip_s=float(exchanges.half_trip_s.min()),
        residual_s=residual_s,
        n_exchanges=len(exchanges),
    )


def _shortest(exchanges: Readings) -> Readings:
    """Return the exchange with the shortest round trip of every stretch."""
    stretch = ((exchanges.first_s - exchanges.first_s[0]) // _STRETCH_S).astype(int)
    order = np.lexsort((exchanges.half_trip_s, stretch))
    _, first = np.unique(stretch[order], return_index=True)
    return exchanges.chosen(order[first])


def _doubt(best: Readings) -> Floats:
    """Return how far each exchange may be off its neighbours: its trip's excess, and timers."""
    return np.asarray(best.half_trip_s - best.half_trip_s.min() + _TIMER_S)


def _knots(times_s: Floats) -> Floats:
    span_s = float(times_s[-1] - times_s[0])
    count = 2 + int(span_s // _KNOT_S)
    return np.asarray(times_s[0] + np.linspace(0.0, max(1.0, span_s), count), dtype=np.float64)


def _smooth_line(
    times_s: Floats, values: Floats, doubt: Floats, knots_s: Floats
) -> tuple[Floats, float]:
    """Return a piecewise line's values at the knots, and the points' weighted residual.

    Slopes of neighbouring pieces may differ by what temperature does to a crystal;
    few points, far off the others, are taken less seriously (Huber).
    """
    basis = _hat_functions(times_s, knots_s)
    gap_s = float(knots_s[1] - knots_s[0])
    bend = np.diff(np.eye(len(knots_s)), n=2, axis=0) / (gap_s * _SLOPE_CHANGE)
    # Without this a single exchange could not say anything about the drift.
    tilt = np.zeros((1, len(knots_s)))
    tilt[0, [0, -1]] = np.array([-1.0, 1.0]) / (float(np.ptp(knots_s)) * 300e-6)
    prior = bend.T @ bend + tilt.T @ tilt
    centre = float(np.median(values))
    weights = 1.0 / doubt**2
    for _ in range(10):
        normal = basis.T @ (weights[:, None] * basis) + prior
        solution = np.linalg.solve(normal, basis.T @ (weights * (values - centre)))
        off = np.abs(values - centre - basis @ solution) / doubt
        weights = np.minimum(1.0, 2.0 / np.maximum(off, 1e-9)) / doubt**2
    residual = np.abs(values - centre - basis @ solution)
    around = 2.0 * float(np.average(residual, weights=1.0 / doubt**2))
    return np.asarray(solution + centre, dtype=np.float64), around


def _hat_functions(times_s: Floats, knots_s: Floats) -> Floats:
    """Return the matrix [shape=(n, knots)] that interpolates linearly between the knots."""
    at = np.clip((times_s - knots_s[0]) / (knots_s[1] - knots_s[0]), 0, len(knots_s) - 1)
    left = np.minimum(at.astype(int), len(knots_s) - 2)
    basis = np.zeros((len(times_s), len(knots_s)))
    rows = np.arange(len(times_s))
    basis[rows, left] = 1.0 - (at - left)
    basis[rows, left + 1] = at - left
    return basis


def _jumps(best: Readings) -> tuple[Jump, ...]:
    """Return where one clock stood still: a machine that slept, a clock that was set.

    A jump is believed where no network could have made it: the neighbouring exchanges
    differ by more than both their half round trips allow.
    """
    found = []
    for k in range(1, len(best)):
        size = float(best.difference_s[k] - best.difference_s[k - 1])
        could_s = float(best.half_trip_s[k] + best.half_trip_s[k - 1])
        drift_s = 500e-6 * float(best.first_s[k] - best.first_s[k - 1])
        if abs(size) > max(_MIN_JUMP_S, could_s + drift_s):
            found.append(Jump(float(best.first_s[k] + best.first_s[k - 1]) / 2, size))
    return tuple(found)
