"""Which passages make the film: the best sum of worth at the wanted length.

A knapsack over the passages in order of time, by dynamic programming on length in steps
of `STEP_S`. The same input gives the same choice: nothing is drawn by chance, and of two
choices of equal worth the earlier one stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP_S = 0.1
_NEVER = -1e18


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

    @property
    def steps(self) -> int:
        """Its length in whole steps, to the nearest."""
        return round(self.duration_s / STEP_S)


def choose(
    candidates: Sequence[Candidate],
    n_beats: int,
    *,
    target_s: float,
    tolerance_s: float,
    joined: frozenset[int] = frozenset(),
) -> tuple[Candidate, ...] | None:
    """Return the best passages in order of time, or None where no choice has the length.

    The sum of their lengths is within `tolerance_s` of `target_s`; a miss costs its share
    of the tolerance squared. Between two passages at least one beat is left out, unless
    the later one starts at a beat in `joined`, where a cut is forced anyway.
    """
    n_steps = int((target_s + tolerance_s) / STEP_S) + 1
    lengths_s = np.arange(n_steps, dtype=np.float64) * STEP_S
    misses: NDArray[np.float64] = (lengths_s - target_s) / max(tolerance_s, STEP_S)
    search = _Search(n_beats, misses, joined)
    by_last: list[list[Candidate]] = [[] for _ in range(n_beats)]
    for candidate in candidates:
        if candidate.steps < n_steps:
            by_last[candidate.last].append(candidate)
    for last, ending in enumerate(by_last):
        search.extend(last, sorted(ending, key=lambda each: each.first))
    return search.best(target_s, tolerance_s)


class _Search:
    """The table of the dynamic programme.

    `sums[k, s]` is the best worth of passages that end before beat `k` and last `s`
    steps together, `chosen[k][s]` the last of them.
    """

    def __init__(self, n_beats: int, misses: NDArray[np.float64], joined: frozenset[int]) -> None:
        self.joined = joined
        self.misses = misses
        self.n_steps = n_steps = len(misses)
        self.sums = np.full((n_beats + 1, n_steps), _NEVER)
        self.picks = np.full((n_beats + 1, n_steps), -1, dtype=np.int32)
        self.candidates: list[Candidate] = []
        self.finals: list[tuple[float, int, int]] = []

    def _before(self, first: int) -> int:
        """Return the row of the passages that may stand before one that starts at `first`."""
        return first if first in self.joined else max(0, first - 1)

    def extend(self, last: int, ending: Sequence[Candidate]) -> None:
        """Fill row `last + 1` with the passages that end at beat `last`."""
        row, picks = self.sums[last + 1], self.picks[last + 1]
        row[:], picks[:] = self.sums[last], self.picks[last]
        for candidate in ending:
            sums = self._sums_with(candidate)
            better = sums > row + 1e-9
            row[better], picks[better] = sums[better], len(self.candidates)
            self._note_final(sums + candidate.closing)
            self.candidates.append(candidate)

    def _note_final(self, sums: NDArray[np.float64]) -> None:
        """Keep the best film that ends with the candidate to be appended next."""
        total = np.where(np.abs(self.misses) <= 1, sums - self.misses**2, _NEVER)
        step = int(total.argmax())
        if total[step] > _NEVER / 2:
            self.finals.append((-float(total[step]), len(self.candidates), step))

    def _sums_with(self, candidate: Candidate) -> NDArray[np.float64]:
        before = self.sums[self._before(candidate.first)]
        sums = np.full(self.n_steps, _NEVER)
        steps = candidate.steps
        sums[steps:] = before[: self.n_steps - steps] + candidate.worth
        sums[steps] = max(sums[steps], candidate.worth + candidate.opening)
        sums[sums < _NEVER / 2] = _NEVER
        return sums

    def best(self, target_s: float, tolerance_s: float) -> tuple[Candidate, ...] | None:
        """Return the best choice whose true length is within the tolerance."""
        for _, pick, step in sorted(self.finals):
            chosen = self._trace(pick, step)
            if abs(sum(each.duration_s for each in chosen) - target_s) <= tolerance_s:
                return chosen
        return None

    def _trace(self, pick: int, step: int) -> tuple[Candidate, ...]:
        chosen = [self.candidates[pick]]
        while True:
            now = chosen[-1]
            step -= now.steps
            row = self._before(now.first)
            if step == 0:
                return tuple(reversed(chosen))
            chosen.append(self.candidates[self.picks[row, step]])
