"""All numbers that shape a proposed cut, in one place. docs/cut.md explains each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """What speaks against a place to cut, in seconds of a plain passage; negative speaks for it.

    The first five concern where a passage starts or ends in the talk, the next five its
    first sentence, the others its length, its end, and its place in the whole.
    """

    parted_answer_s: float = 25.0
    parted_echo_s: float = 9.0
    broken_sentence_s: float = 12.0
    within_answer_s: float = 4.0
    within_turn_s: float = 2.5
    link_s: float = 2.0
    pointer_s: float = 2.0
    assent_s: float = 3.0
    scant_s: float = 3.0
    question_s: float = -3.0
    hesitation_s: float = 1.0
    long_pause_s: float = -1.5
    strong_end_s: float = -2.0
    cut_short_s: float = 10.0
    passage_s: float = 2.0
    leap_s: float = 1.5
    nervous_s: float = 4.0
    overlong: float = 0.2
    brief: float = 0.5
    early_opening_s: float = -6.0
    late_closing_s: float = -10.0
    hopeful_closing_s: float = -10.0


@dataclass(frozen=True, slots=True)
class PassageOptions:
    """How passages are found, weighed and chosen.

    `tolerance` is the share of the target by which the length may miss it. A cut leaves
    `breath_*_s` of pause where there is that much, and stays `guard_s` away from the
    word on the other side. `least_pause_s` is the shortest silence worth cutting in,
    `sentence_pause_s` ends a sentence where no full stop does. Where a talk is kept whole,
    allowed time of less than `shortest_stretch_s` at a stretch is left out all the same.
    """

    tolerance: float = 0.05
    breath_before_s: float = 0.30
    breath_after_s: float = 0.40
    breath_at_ends_s: float = 0.80
    guard_s: float = 0.05
    least_pause_s: float = 0.12
    sentence_pause_s: float = 1.5
    shortest_stretch_s: float = 1.0
    shortest_passage_s: float = 4.0
    usual_passage_s: float = 20.0
    longest_passage_s: float = 75.0
    prices: Prices = Prices()


@dataclass(frozen=True, slots=True)
class DirectionOptions:
    """How shots follow the speakers.

    A remark up to `aside_s` long within somebody else's turn is a reaction and does not
    take the floor. The picture changes up to `lead_s` before the new voice. Prices are in
    seconds of a speaker who is not seen: a second of a shot costs `small_price` if the
    speaker is only in the small picture, `dominated_price` if one of several equals does
    all the talking, `stale_price` after `stale_after_s` of one main person, and 1 after
    `longest_shot_s`. A second of a reaction costs `reaction_price` where it is not seen,
    and is worth as much in the small picture.
    """

    shortest_shot_s: float = 2.0
    longest_shot_s: float = 14.0
    stale_after_s: float = 8.0
    aside_s: float = 1.2
    lead_s: float = 0.2
    shot_price: float = 0.6
    small_price: float = 0.4
    dominated_price: float = 0.2
    stale_price: float = 0.15
    reaction_price: float = 0.5
    swap_price: float = 1.0
    opening_price: float = 1.5
    jump_price: float = 1000.0


@dataclass(frozen=True, slots=True)
class CutOptions:
    """Everything about a proposal that is not the conversation itself."""

    passages: PassageOptions = PassageOptions()
    direction: DirectionOptions = DirectionOptions()
