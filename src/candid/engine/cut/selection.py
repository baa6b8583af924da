"""Which passages make the film: the best sum of worth at the wanted length.

A knapsack over the passages in order of time, by dynamic programming on length in steps
of a twenty-fourth of the tolerance. The same input gives the same choice: nothing is drawn by
chance, and of two choices of equal worth the earlier one stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS_PER_TOLERANCE = 24
_NEVER = -1e18
_POSSIBLE = _NEVER / 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be chosen: beats `first` to `last`, both inclusive.

    `worth` counts everywhere, `opening` is added if it is the film's first passage and
    `closing` if it is the last.
    """

    first: int
    last: int
    duration_s: float
    worth: float
    opening: float = 0.0
    closing: float = 0.0


@dataclass(frozen=True, slots=True)
class Length:
    """The wanted length and how far it may be missed, both in seconds and positive.

    A miss costs its share of the tolerance, squared, times `miss_price`.
    """

    target_s: float
    tolerance_s: float
    miss_price: float

    @property
    def step_s(self) -> float:
        """The unit in which lengths are counted while choosing."""
        return self.tolerance_s / _STEPS_PER_TOLERANCE

    @property
    def n_steps(self) -> int:
        """How many lengths are told apart, from 0 up to the longest that will do."""
        return int((self.target_s + self.tolerance_s) / self.step_s) + 2

    def misses(self) -> Floats:
        """Return how far each length misses the target, in tolerances [shape=(n_steps,)]."""
        lengths_s = np.arange(self.n_steps, dtype=np.float64) * self.step_s
        return np.asarray((lengths_s - self.target_s) / self.tolerance_s)

    def holds(self, duration_s: float) -> bool:
        """Whether a film of this length will do."""
        return abs(duration_s - self.target_s) <= self.tolerance_s


def choose(
    candidates: Sequence[Candidate], leaps: Floats, length: Length
) -> tuple[Candidate, ...] | None:
    """Return the best passages in order of time, or None where no choice has the length.

    `leaps[last, first]` [shape=(n_beats, n_beats)] is the price of going on at beat
    `first` after a passage that ended at beat `last`; infinite where that is no cut.
    """
    search = _Search(leaps, length)
    in_order = sorted(candidates, key=lambda each: (each.first, each.last))
    for first, starting in groupby(in_order, key=lambda each: each.first):
        search.extend(first, list(starting))
    return search.best()


class _Search:
    """The tables of the dynamic programme, one row a beat, one column a length.

    `ended[b, s]` is the best worth of a film of `s` steps whose last passage ends at beat
    `b`, and `picks[b, s]` is that passage. `came_from[b, s]` is the beat at which the
    passage before one that starts at `b` ends, if the film lasts `s` steps by then.
    """

    def __init__(self, leaps: Floats, length: Length) -> None:
        shape = (len(leaps), length.n_steps)
        self.leaps, self.length, self.misses = leaps, length, length.misses()
        self.ended = np.full(shape, _NEVER)
        self.picks = np.full(shape, -1, dtype=np.int32)
        self.came_from = np.zeros(shape, dtype=np.int32)
        self.candidates: list[Candidate] = []
        self.finals: list[tuple[float, int, int]] = []

    def extend(self, first: int, starting: Sequence[Candidate]) -> None:
        """Add the passages that start at beat `first`; to be called in order of `first`."""
        before = self._before(first)
        for candidate in starting:
            steps = self._steps(candidate)
            if steps >= self.length.n_steps:
                continue
            sums = np.full(self.length.n_steps, _NEVER)
            sums[steps:] = before[: self.length.n_steps - steps] + candidate.worth
            sums[steps] = candidate.worth + candidate.opening
            self._keep(candidate, sums)

    def _before(self, first: int) -> Floats:
        """Return the best worth of what may stand before a passage that starts at `first`."""
        if not first:
            return np.full(self.length.n_steps, _NEVER)
        sums = self.ended[:first] - self.leaps[:first, first, None]
        self.came_from[first] = sums.argmax(axis=0)
        best = sums.max(axis=0)
        return np.asarray(np.where(best > _POSSIBLE, best, _NEVER))

    def _steps(self, candidate: Candidate) -> int:
        return max(1, round(candidate.duration_s / self.length.step_s))

    def _keep(self, candidate: Candidate, sums: Floats) -> None:
        row = self.ended[candidate.last]
        better = sums > row + 1e-9
        row[better] = sums[better]
        pick = len(self.candidates)
        self.picks[candidate.last][better] = pick
        self.candidates.append(candidate)
        total = np.where(
            np.abs(self.misses) <= 1,
            sums + candidate.closing - self.length.miss_price * self.misses**2,
            _NEVER,
        )
        step = int(total.argmax())
        if total[step] > _POSSIBLE:
            self.finals.append((-float(total[step]), pick, step))

    def best(self) -> tuple[Candidate, ...] | None:
        """Return the best choice whose length is within the tolerance, counted exactly."""
        for _, pick, step in sorted(self.finals):
            chosen = self._trace(pick, step)
            if self.length.holds(sum(each.duration_s for each in chosen)):
                return chosen
        return None

    def _trace(self, pick: int, step: int) -> tuple[Candidate, ...]:
        chosen = [self.candidates[pick]]
        while (step := step - self._steps(chosen[-1])) > 0:
            last = self.came_from[chosen[-1].first, step]
            chosen.append(self.candidates[self.picks[last, step]])
        return tuple(reversed(chosen))
