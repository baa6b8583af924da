"""Which layout shows which moment: shots from passages, by who speaks.

Every way to show a stretch has a price, in seconds of a speaker unseen; the cheapest
sequence of shots is found by dynamic programming over the places where the picture may
change. docs/cut.md holds the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from candid.engine.cut.decisions import LayoutLimits, Shot
from candid.engine.cut.defaults import DirectionOptions
from candid.engine.cut.floor import Floor, changes_s, floor_of, seconds_before
from candid.engine.cut.passages import Sentence
from candid.engine.timebase import Interval

Floats = NDArray[np.float64]

KNOWN_LAYOUTS = (
    LayoutLimits("solo", 1, 1),
    LayoutLimits("side_by_side", 2, 2),
    LayoutLimits("stacked", 2, 2),
    LayoutLimits("picture_in_picture", 2, 2),
    LayoutLimits("grid", 3, 4),
    LayoutLimits("voice", 1, 4),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Who can be shown and how: `people` in the order of their seats, and the layouts.

    `without_picture` are those of whom there is only the voice. `is_tall` says that the
    first film to be made is upright, where two people stand one above the other.
    """

    people: tuple[str, ...]
    layouts: tuple[LayoutLimits, ...] = KNOWN_LAYOUTS
    without_picture: frozenset[str] = frozenset()
    is_tall: bool = False

    def offers(self, name: str, n_people: int) -> bool:
        """Whether there is a layout of this name for so many people."""
        return any(
            each.name == name and each.min_people <= n_people <= each.max_people
            for each in self.layouts
        )


@dataclass(frozen=True, slots=True)
class View:
    """One way to show a moment: a layout and the people in it, the main one first.

    `kind` is what the view is for: one person, a speaker with a listener, or several
    people as equals.
    """

    layout: str
    people: tuple[str, ...]
    kind: str


_SHOWN = {
    "solo": "Shown: the one who speaks.",
    "listener": "Shown: the one who speaks, and how the other listens.",
    "equals": "Shown: those who speak with each other.",
}


def views(stage: Stage) -> tuple[View, ...]:
    """Return every way to show the people of a stage with its layouts.

    Raises ValueError if no layout can show anybody.
    """
    found = [view for person in stage.people for view in _solo(stage, person)]
    seen = [person for person in stage.people if person not in stage.without_picture]
    if stage.offers("picture_in_picture", 2):
        found += [View("picture_in_picture", pair, "listener") for pair in permutations(seen, 2)]
    for n_people in range(2, len(stage.people) + 1):
        found += [
            View(name, group, "equals")
            for group in combinations(stage.people, n_people)
            if (name := _equals(stage, group)) is not None
        ]
    if not found:
        raise ValueError("none of the layouts can show any of the people")
    return tuple(found)


def _solo(stage: Stage, person: str) -> list[View]:
    wanted = ("voice", "solo") if person in stage.without_picture else ("solo", "voice")
    name = next((each for each in wanted if stage.offers(each, 1)), None)
    return [] if name is None else [View(name, (person,), "solo")]


def _equals(stage: Stage, group: tuple[str, ...]) -> str | None:
    """Return the layout that shows a group as equals, or None."""
    pairs = ("stacked", "side_by_side") if stage.is_tall else ("side_by_side", "stacked")
    wanted = ("voice",) if stage.without_picture.issuperset(group) else (*pairs, "grid", "voice")
    return next((name for name in wanted if stage.offers(name, len(group))), None)


def direct(
    passages: Sequence[tuple[Interval, str]],
    spoken: Sequence[Sentence],
    stage: Stage,
    options: DirectionOptions,
) -> tuple[Shot, ...]:
    """Return the shots that show the passages, each a (stretch, reason) pair, in order.

    The shots tile every passage. None is shorter than `shortest_shot_s`, but for a
    passage that is. Where two passages meet, nobody stands on both sides of the cut in
    the same layout, if any other way to show them is there.
    """
    director = _Director(views(stage), floor_of(spoken, stage.people, options), options)
    for interval, _ in passages:
        director.add(changes_s(interval, spoken, options))
    shots: list[Shot] = []
    for at, (interval, view) in enumerate(director.best()):
        reason = next((why for whole, why in passages if whole.start_s == interval.start_s), "")
        reason = " ".join(part for part in (reason, _SHOWN[view.kind]) if part)
        shots.append(Shot(f"s{at + 1:03d}", interval, view.layout, view.people, reason))
    return tuple(shots)


@dataclass(frozen=True, slots=True)
class _Node:
    """The cheapest ways to have shown everything up to a time, one entry a view.

    `costs[v]` is the price if view `v` was shown last, `starts[v]` is the node at which
    that shot began and `befores[v]` the view shown before it.
    """

    time_s: float
    costs: Floats
    starts: NDArray[np.int64]
    befores: NDArray[np.int64]


class _Director:
    """The dynamic programme over shots; passages are added in order."""

    def __init__(self, seen: tuple[View, ...], floor: Floor, options: DirectionOptions) -> None:
        self.views = seen
        self.options = options
        self.floor = floor
        self.within, self.across = _transitions(seen, options)
        self.nodes: list[_Node] = []

    def add(self, times_s: list[float]) -> None:
        """Add a passage in which the picture may change at the given times."""
        costs = _ShotPrices(self.views, self.floor, np.asarray(times_s), self.options)
        first = len(self.nodes)
        for at, time_s in enumerate(times_s):
            node = self._joined(time_s) if at == 0 else self._reached(first, at, costs, times_s)
            self.nodes.append(node)

    def _joined(self, time_s: float) -> _Node:
        """Return the start of a passage: the last passage's end, if there is one."""
        if not self.nodes:
            costs = np.array(
                [self.options.opening_price * (v.kind != "equals") for v in self.views]
            )
            unset = np.full(len(self.views), -1)
            return _Node(time_s, costs, unset, unset)
        # Entry v: the price of what came before, if the shot to come shows view v.
        totals = self.nodes[-1].costs[:, None] + self.across
        befores = totals.argmin(axis=0)
        unset = np.full(len(self.views), len(self.nodes) - 1)
        return _Node(time_s, totals.min(axis=0), unset, befores)

    def _reached(self, first: int, at: int, costs: _ShotPrices, times_s: list[float]) -> _Node:
        n_views = len(self.views)
        best = np.full(n_views, np.inf)
        starts, befores = np.full(n_views, -1), np.full(n_views, -1)
        for start in self._starts(first, at, times_s):
            node = self.nodes[first + start]
            if start == 0:
                before, total = np.full(n_views, -1), node.costs
            else:
                totals = node.costs[:, None] + self.within
                before, total = totals.argmin(axis=0), totals.min(axis=0)
            total = total + costs.shot(start, at)
            better = total < best - 1e-9
            best = np.where(better, total, best)
            starts = np.where(better, first + start, starts)
            befores = np.where(better, before, befores)
        return _Node(times_s[at], best, starts, befores)

    def _starts(self, first: int, at: int, times_s: list[float]) -> list[int]:
        """Return where a shot that ends at change `at` may begin, the latest first.

        The passage's own start is always among them, however long the shot then is, or,
        at the passage's end, however short: there may be no other way to show it.
        """
        options, found = self.options, []
        for start in range(at - 1, 0, -1):
            length_s = times_s[at] - times_s[start]
            if length_s > 2 * options.longest_shot_s:
                break
            is_reached = bool(np.isfinite(self.nodes[first + start].costs).any())
            if is_reached and length_s >= options.shortest_shot_s - 1e-9:
                found.append(start)
        is_whole = at == len(times_s) - 1
        is_long_enough = times_s[at] - times_s[0] >= options.shortest_shot_s - 1e-9
        return [*found, 0] if is_whole or is_long_enough else found

    def best(self) -> list[tuple[Interval, View]]:
        """Return the cheapest shots, in order."""
        last = self.nodes[-1].costs + np.array(
            [self.options.opening_price * (view.kind != "equals") for view in self.views]
        )
        at, view = len(self.nodes) - 1, int(last.argmin())
        shots: list[tuple[Interval, View]] = []
        while at > 0:
            node = self.nodes[at]
            start, before = int(node.starts[view]), int(node.befores[view])
            shots.append((Interval(self.nodes[start].time_s, node.time_s), self.views[view]))
            at = start
            if before < 0 and start > 0:
                joined = self.nodes[start]
                at, view = int(joined.starts[view]), int(joined.befores[view])
            elif before >= 0:
                view = before
        return shots[::-1]


def _transitions(seen: Sequence[View], options: DirectionOptions) -> tuple[Floats, Floats]:
    """Return the prices of following one view [row] by another [column], in and across a cut.

    Without a cut the same view is no new shot. Across a cut nobody may stand in the same
    layout on both sides; the price is finite for those who have no other way.
    """
    n_views = len(seen)
    within, across = np.zeros((n_views, n_views)), np.zeros((n_views, n_views))
    for row, first in enumerate(seen):
        for column, second in enumerate(seen):
            shared = set(first.people) & set(second.people)
            if first == second:
                within[row, column] = np.inf
            elif first.layout == second.layout and shared:
                within[row, column] = options.swap_price
            if first.layout == second.layout and shared:
                across[row, column] = options.jump_price
            elif first.people[0] == second.people[0] and "equals" not in (first.kind, second.kind):
                across[row, column] = options.swap_price
    return within, across


class _ShotPrices:
    """What it costs to show a stretch of one passage in each view."""

    def __init__(
        self, seen: Sequence[View], floor: Floor, times_s: Floats, options: DirectionOptions
    ) -> None:
        self.times_s, self.options = times_s, options
        people = sorted(floor.holds)
        self.holds = np.stack([seconds_before(floor.holds[person], times_s) for person in people])
        self.reacts = np.stack([seconds_before(floor.reacts[person], times_s) for person in people])
        self.main = np.array(
            [[view.kind != "equals" and p == view.people[0] for p in people] for view in seen],
            dtype=float,
        )
        self.has_main = self.main.sum(axis=1)
        self.small = np.array(
            [[view.kind == "listener" and p in view.people[1:] for p in people] for view in seen],
            dtype=float,
        )
        self.equal = np.array(
            [[view.kind == "equals" and p in view.people for p in people] for view in seen],
            dtype=float,
        )

    def shot(self, start: int, end: int) -> Floats:
        """Return the price of one shot between two changes, one entry a view."""
        options = self.options
        length_s = float(self.times_s[end] - self.times_s[start])
        holds = self.holds[:, end] - self.holds[:, start]
        reacts = self.reacts[:, end] - self.reacts[:, start]
        unseen = 1.0 - self.main - self.small - self.equal
        shown_s = self.equal * holds
        # By how much one person outweighs all others who are shown as equals.
        dominated_s = np.maximum(0.0, 2 * shown_s.max(axis=1) - shown_s.sum(axis=1))
        price = options.shot_price + unseen @ holds + options.small_price * (self.small @ holds)
        price = price + options.dominated_price * dominated_s
        price = price + options.reaction_price * ((unseen - self.small) @ reacts)
        stale_s = max(0.0, length_s - options.stale_after_s)
        overlong_s = max(0.0, length_s - options.longest_shot_s)
        return np.asarray(price + options.stale_price * stale_s * self.has_main + overlong_s)
