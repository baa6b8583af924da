"""Who holds the floor when, and where the picture may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from candid.engine.cut.defaults import DirectionOptions
from candid.engine.cut.passages import Sentence
from candid.engine.timebase import Interval, merge_intervals

_SAME_BREATH_S = 0.6
_PAUSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Floor:
    """What each person does in the talk, as disjoint intervals in `call_s`.

    `holds[person]` is when they speak, `reacts[person]` is when they only let fall a word
    within somebody else's turn.
    """

    holds: dict[str, tuple[Interval, ...]]
    reacts: dict[str, tuple[Interval, ...]]


def floor_of(spoken: Sequence[Sentence], people: Sequence[str], options: DirectionOptions) -> Floor:
    """Tell who speaks and who only reacts."""
    holds: dict[str, list[Interval]] = {person: [] for person in people}
    reacts: dict[str, list[Interval]] = {person: [] for person in people}
    for at, sentence in enumerate(spoken):
        if sentence.participant_id in holds:
            kind = reacts if _is_reaction(spoken, at, options) else holds
            kind[sentence.participant_id].append(sentence.interval)
    return Floor(
        {person: merge_intervals(each, within_s=_SAME_BREATH_S) for person, each in holds.items()},
        {person: merge_intervals(each) for person, each in reacts.items()},
    )


def _is_reaction(spoken: Sequence[Sentence], at: int, options: DirectionOptions) -> bool:
    """Whether a short sentence stands between, or within, sentences of one other person."""
    sentence = spoken[at]
    if sentence.interval.duration_s > options.aside_s or sentence.is_question:
        return False
    before = spoken[at - 1].participant_id if at else None
    after = spoken[at + 1].participant_id if at + 1 < len(spoken) else None
    within = at > 0 and spoken[at - 1].interval.end_s >= sentence.interval.end_s
    return before not in (None, sentence.participant_id) and (within or before == after)


def seconds_before(
    intervals: Sequence[Interval], times_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how many seconds of the intervals lie before each time [shape of `times_s`]."""
    sums = np.zeros(len(times_s))
    for each in intervals:
        sums += np.clip(times_s - each.start_s, 0.0, each.duration_s)
    return sums


def changes_s(
    passage: Interval, spoken: Sequence[Sentence], options: DirectionOptions
) -> list[float]:
    """Return where the picture may change within a passage, both of its ends included.

    That is shortly before a sentence begins, at most `lead_s` and half of the pause, and
    in the pauses of a sentence longer than `stale_after_s`; in whole milliseconds.
    """
    inside = [each for each in spoken if passage.overlap_s(each.interval) > 0]
    times_s: set[float] = set()
    heard_to_s = passage.start_s
    for sentence in inside:
        start_s = sentence.interval.start_s
        times_s.add(round(start_s - min(options.lead_s, max(0.0, start_s - heard_to_s) / 2), 3))
        if sentence.interval.duration_s > options.stale_after_s:
            times_s.update(_pauses_s(sentence))
        heard_to_s = max(heard_to_s, sentence.interval.end_s)
    within = sorted(time_s for time_s in times_s if passage.start_s < time_s < passage.end_s)
    return [passage.start_s, *within, passage.end_s]


def _pauses_s(sentence: Sentence) -> list[float]:
    words = sentence.words
    return [
        round((first.interval.end_s + second.interval.start_s) / 2, 3)
        for first, second in pairwise(words)
        if second.interval.start_s - first.interval.end_s >= _PAUSE_S
    ]
