"""Which steps the two lag curves take: an exact search over all ways to explain them.

At each moment the curves stand at two levels. From one moment to the next they stay, or
one of them jumps (the network), or both jump by the same amount (a hole in a
recording); every jump has a price, every point pays for its distance to its curve's
level. The cheapest history is found by dynamic programming (Viterbi) on a grid of
levels: each move is a minimum along a row, a column or a diagonal of the table of all
pairs of levels, so no pair of cells is ever compared one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
StepKind = Literal["both", "upper", "lower"]


@dataclass(frozen=True, slots=True)
class Curves:
    """The two curves: `times_s` of the first take, `values_s` second's clock less first's.

    `is_upper` [all shape=(n,)] tells which curve a point belongs to. Sorted by time.
    """

    times_s: Floats
    values_s: Floats
    is_upper: NDArray[np.bool_]

    @property
    def has_both(self) -> bool:
        """Whether both directions were heard."""
        return bool(self.is_upper.any() and not self.is_upper.all())


@dataclass(frozen=True, slots=True)
class Step:
    """A jump of `size_s` at `at_s` of the first take's clock: of both curves, or of one."""

    kind: StepKind
    at_s: float
    size_s: float


@dataclass(frozen=True, slots=True)
class Prices:
    """What a history pays, in units of one point that is `spread_s` off its level.

    A point pays at most `outlier`. A change of the network pays `network` and
    `network_per_s` for its size, so that two large ones are never cheaper than the hole
    that explains both. The grid has `level_s` between levels, `moment_s` between moments.
    """

    spread_s: float = 0.008
    outlier: float = 8.0
    network: float = 8.0
    network_per_s: float = 125.0
    hole: float = 22.0
    level_s: float = 0.008
    moment_s: float = 2.0


def join_curves(upper: tuple[Floats, Floats], lower: tuple[Floats, Floats]) -> Curves:
    """Return both curves as one, sorted; each is `(times_s, values_s)` and may be empty."""
    times = np.concatenate([upper[0], lower[0]])
    values = np.concatenate([upper[1], lower[1]])
    is_upper = np.arange(len(times)) < len(upper[0])
    order = np.argsort(times, kind="stable")
    return Curves(times[order], values[order], is_upper[order])


class _Table:
    """The costs of all pairs of levels, laid out so that diagonals are strided views."""

    def __init__(self, n_upper: int, n_lower: int, prices: Prices) -> None:
        row = n_lower + 2 * n_upper
        store = np.full((n_upper, row), np.inf)
        self.costs = store[:, n_upper : n_upper + n_lower]
        self.costs[:] = 0.0
        item = store.itemsize
        # Row i, diagonal e holds costs[i, i + e - n_upper], or infinity outside the table.
        self.diagonals = np.lib.stride_tricks.as_strided(
            store, (n_upper, n_upper + n_lower), ((row + 1) * item, item)
        )
        self.prices = prices

    def advance(self, upper: Floats, lower: Floats) -> None:
        """Move to the next moment: the cheapest way into each cell, and what the cell costs."""
        best = np.minimum(self.costs, self._along_diagonals())
        best = np.minimum(best, self._along(0))
        best = np.minimum(best, self._along(1))
        self.costs[:] = best + upper[:, None] + lower

    def _along_diagonals(self) -> Floats:
        """Return the cost of coming into each cell by a hole."""
        n_upper, n_lower = self.costs.shape
        least = self.diagonals.min(axis=0) + self.prices.hole
        item = least.itemsize
        return np.lib.stride_tricks.as_strided(
            least[n_upper:], (n_upper, n_lower), (-item, item), writeable=False
        )

    def _along(self, axis: int) -> Floats:
        """Return the cost of coming into each cell by a change of one way of the network.

        The price rises with the distance, so this is a distance transform: one running
        minimum up the axis and one down.
        """
        slope = np.arange(self.costs.shape[axis]) * self.prices.network_per_s * self.prices.level_s
        slope = slope[:, None] if axis == 0 else slope
        rising = np.minimum.accumulate(self.costs - slope, axis=axis) + slope
        falling = np.flip(self.costs + slope, axis)
        falling = np.flip(np.minimum.accumulate(falling, axis=axis), axis) - slope
        return np.asarray(np.minimum(rising, falling) + self.prices.network)


@dataclass(frozen=True, slots=True)
class _Grid:
    """The curves without their slope on a grid: what each level costs at each moment."""

    upper_costs: Floats
    lower_costs: Floats
    edges_s: Floats

    def tables(self, prices: Prices) -> Iterator[Floats]:
        """Yield the table of costs after each moment (the same array, changed in place)."""
        table = _Table(self.upper_costs.shape[1], self.lower_costs.shape[1], prices)
        for upper, lower in zip(self.upper_costs, self.lower_costs, strict=True):
            table.advance(upper, lower)
            yield table.costs


def history_cost(curves: Curves, slope: float, prices: Prices) -> float:
    """Return what the cheapest history costs if the clocks differ by `slope`."""
    last = np.zeros(1)
    for costs in _grid(curves, slope, prices).tables(prices):
        last = costs
    return float(last.min())


def find_steps(curves: Curves, slope: float, prices: Prices) -> tuple[Step, ...]:
    """Return the steps of the cheapest history, in order of time."""
    grid = _grid(curves, slope, prices)
    tables = [costs.astype(np.float32) for costs in grid.tables(prices)]
    cell = np.unravel_index(int(np.argmin(tables[-1])), tables[-1].shape)
    i, j = int(cell[0]), int(cell[1])
    steps: list[Step] = []
    for moment in range(len(tables) - 1, 0, -1):
        kind, was = _came_from(tables[moment - 1], (i, j), prices)
        if kind is not None:
            cells = (j - was[1]) if kind == "lower" else (i - was[0])
            steps.append(Step(kind, float(grid.edges_s[moment]), cells * prices.level_s))
        i, j = was
    return tuple(reversed(steps))


def _came_from(
    before: NDArray[np.float32], cell: tuple[int, int], prices: Prices
) -> tuple[StepKind | None, tuple[int, int]]:
    """Return by which move, and from which cell, the cheapest history came into `cell`."""
    i, j = cell
    per_cell = prices.network_per_s * prices.level_s
    column = before[:, j] + prices.network + per_cell * np.abs(np.arange(before.shape[0]) - i)
    row = before[i] + prices.network + per_cell * np.abs(np.arange(before.shape[1]) - j)
    diagonal = np.diagonal(before, j - i)
    shift = int(np.argmin(diagonal)) - min(i, j)
    ways: list[tuple[float, StepKind | None, tuple[int, int]]] = [
        (float(before[i, j]), None, cell),
        (float(diagonal.min()) + prices.hole, "both", (i + shift, j + shift)),
        (float(column.min()), "upper", (int(np.argmin(column)), j)),
        (float(row.min()), "lower", (i, int(np.argmin(row)))),
    ]
    _, kind, was = min(ways, key=lambda way: way[0])
    return kind, was


def _grid(curves: Curves, slope: float, prices: Prices) -> _Grid:
    flat = curves.values_s - slope * curves.times_s
    first_s, last_s = float(curves.times_s[0]), float(curves.times_s[-1])
    edges_s = np.arange(first_s, last_s + prices.moment_s, prices.moment_s)
    moments = np.clip(np.searchsorted(edges_s, curves.times_s, side="right") - 1, 0, None)
    sides = []
    for side in (curves.is_upper, ~curves.is_upper):
        levels = np.arange(flat[side].min(), flat[side].max() + prices.level_s, prices.level_s)
        off = np.abs(flat[side][:, None] - levels) / prices.spread_s
        costs = np.zeros((len(edges_s), len(levels)))
        np.add.at(costs, moments[side], np.minimum(off, prices.outlier))
        sides.append(costs)
    return _Grid(sides[0], sides[1], edges_s)
