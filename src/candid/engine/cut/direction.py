"""Which layout shows which moment: shots from passages, by who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from candid.engine.cut.decisions import LayoutLimits, Shot
from candid.engine.cut.defaults import DirectionOptions
from candid.engine.cut.passages import Sentence
from candid.engine.timebase import Interval

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
    """Who can be shown and how: `people` in the order of their seats, and the layouts."""

    people: tuple[str, ...]
    layouts: tuple[LayoutLimits, ...] = KNOWN_LAYOUTS
    without_picture: frozenset[str] = frozenset()
    is_tall: bool = False


def direct(
    passages: Sequence[tuple[Interval, str]],
    spoken: Sequence[Sentence],
    stage: Stage,
    options: DirectionOptions,
) -> tuple[Shot, ...]:
    """Return the shots that show the passages, each a (stretch, reason) pair."""
    everybody = "solo" if len(stage.people) == 1 else "side_by_side"
    everybody = "grid" if len(stage.people) > 2 else everybody
    return tuple(
        Shot(f"s{at + 1:02d}", interval, everybody, stage.people, reason)
        for at, (interval, reason) in enumerate(passages)
    )
