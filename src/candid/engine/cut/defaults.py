"""All numbers that shape a proposed cut, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassageOptions:
    """How passages are found, weighed and chosen.

    `tolerance` is the share of the target by which the length may miss it. A cut leaves
    `breath_*_s` of pause where there is that much, and stays `guard_s` away from the
    word on the other side. `least_pause_s` is the shortest silence worth cutting in.
    The prices are in seconds of an average passage that one would give up instead.
    """

    tolerance: float = 0.05
    breath_before_s: float = 0.30
    breath_after_s: float = 0.40
    breath_at_ends_s: float = 0.80
    guard_s: float = 0.05
    least_pause_s: float = 0.12
    sentence_pause_s: float = 1.5
    shortest_passage_s: float = 4.0
    longest_passage_s: float = 75.0
    passage_price_s: float = 5.0


@dataclass(frozen=True, slots=True)
class DirectionOptions:
    """How shots follow the speakers, in seconds.

    A remark up to `aside_s` long within somebody else's turn does not take the floor.
    """

    shortest_shot_s: float = 2.0
    longest_shot_s: float = 14.0
    aside_s: float = 1.2
    lead_s: float = 0.2


@dataclass(frozen=True, slots=True)
class CutOptions:
    """Everything about a proposal that is not the conversation itself."""

    passages: PassageOptions = PassageOptions()
    direction: DirectionOptions = DirectionOptions()
