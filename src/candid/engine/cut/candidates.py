"""Every passage that could be kept, and what an editor would give for it.

Worth and prices are in seconds of an average passage: see the table in docs/cut.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candid.engine.cut.defaults import PassageOptions
from candid.engine.cut.lexicon import Lexicon, bare
from candid.engine.cut.passages import Beat, Sentence, passage_interval
from candid.engine.cut.scores import Features, beat_features, topics, worth
from candid.engine.cut.selection import Candidate

_PAUSE_WORTH = 0.6
_PAUSE_COUNTS_TO_S = 2.0
_LAST_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Prices:
    """What a bad or good edge costs, in seconds; a bonus is negative."""

    parted_answer_s: float = 25.0
    broken_sentence_s: float = 12.0
    within_answer_s: float = 3.0
    within_turn_s: float = 1.5
    link_s: float = 3.0
    pointer_s: float = 2.0
    assent_s: float = 3.0
    scant_start_s: float = 1.5
    question_start_s: float = -3.0
    long_pause_end_s: float = -1.5
    early_opening_s: float = 6.0
    late_closing_s: float = 8.0
    hopeful_closing_s: float = 6.0


PRICES = Prices()


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation as the selection sees it; all tuples are one entry a beat.

    `answers` says that a beat begins the answer to a question of the beat before;
    `answering`, that it is spoken within such an answer. `start_s` and `end_s` are the
    prices of starting or ending a passage there.
    """

    beats: tuple[Beat, ...]
    features: tuple[Features, ...]
    worths: tuple[float, ...]
    answers: tuple[bool, ...]
    answering: tuple[bool, ...]
    start_prices_s: tuple[float, ...]
    end_prices_s: tuple[float, ...]
    hope: tuple[float, ...]


def read_beats(beats: Sequence[Beat], lexicon: Lexicon) -> Reading:
    """Judge every beat, and every place where a passage could start or end."""
    features = beat_features(beats, lexicon)
    answers, answering = _answers(beats)
    n_beats = len(beats)
    return Reading(
        beats=tuple(beats),
        features=features,
        worths=tuple(worth(each) for each in features),
        answers=answers,
        answering=answering,
        start_prices_s=tuple(
            _start_price_s(beats, at, lexicon, answers, answering) for at in range(n_beats)
        ),
        end_prices_s=tuple(_end_price_s(beats, at, answers) for at in range(n_beats)),
        hope=tuple(_hope(beat, lexicon) for beat in beats),
    )


def candidates(reading: Reading, call_s: float, options: PassageOptions) -> list[Candidate]:
    """Return every passage of allowed length that does not part an answer from its question."""
    beats = reading.beats
    before_s = _worth_before(reading)
    found: list[Candidate] = []
    for first, beat in enumerate(beats):
        for last in range(first, len(beats)):
            if beats[last].stretch != beat.stretch:
                break
            duration_s = passage_interval(beat, beats[last], options).duration_s
            if duration_s > options.longest_passage_s and last > first:
                break
            if duration_s >= options.shortest_passage_s:
                worth_s = before_s[last + 1] - before_s[first] - _pause_before(reading, first)
                found.append(_candidate(reading, (first, last), duration_s, worth_s, call_s))
    price_s = options.passage_price_s
    return [
        Candidate(c.first, c.last, c.duration_s, c.worth - price_s, c.opening, c.closing)
        for c in found
    ]


def _candidate(
    reading: Reading, span: tuple[int, int], duration_s: float, worth_s: float, call_s: float
) -> Candidate:
    first, last = span
    start_s = reading.beats[first].interval.start_s / call_s
    end_s = reading.beats[last].interval.end_s / call_s
    hope = float(np.mean(reading.hope[max(first, last - 2) : last + 1]))
    return Candidate(
        first,
        last,
        duration_s,
        worth_s - reading.start_prices_s[first] - reading.end_prices_s[last],
        opening=PRICES.early_opening_s * max(0.0, 1 - start_s / 0.35),
        closing=PRICES.late_closing_s * max(0.0, (end_s - 0.7) / 0.3)
        + PRICES.hopeful_closing_s * hope,
    )


def _worth_before(reading: Reading) -> list[float]:
    """Return the summed worth of all beats, with the pause before each, before beat n."""
    sums = [0.0]
    for at, (beat, worth_each) in enumerate(zip(reading.beats, reading.worths, strict=True)):
        sums.append(sums[-1] + worth_each * beat.interval.duration_s + _pause_before(reading, at))
    return sums


def _pause_before(reading: Reading, at: int) -> float:
    return _PAUSE_WORTH * min(_PAUSE_COUNTS_TO_S, reading.beats[at].room_before_s)


def _answers(beats: Sequence[Beat]) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    answers, answering = [False] * len(beats), [False] * len(beats)
    for at in range(1, len(beats)):
        speaker, before = beats[at].sentences[0].participant_id, beats[at - 1]
        if before.stretch != beats[at].stretch:
            continue
        asked = _asked(beats, at)
        answers[at] = asked is not None and asked != speaker
        same_turn = before.sentences[-1].participant_id == speaker
        answering[at] = answers[at] or (same_turn and answering[at - 1])
    return tuple(answers), tuple(answering)


def _asked(beats: Sequence[Beat], at: int) -> str | None:
    """Return who asked something at the end of the turn that ends before beat `at`."""
    turn: list[Sentence] = []
    for beat in reversed(beats[max(0, at - _LAST_SENTENCES) : at]):
        for sentence in reversed(beat.sentences):
            if turn and sentence.participant_id != turn[0].participant_id:
                break
            turn.append(sentence)
    asks = any(sentence.is_question for sentence in turn[:_LAST_SENTENCES])
    return turn[0].participant_id if asks else None


def _start_price_s(
    beats: Sequence[Beat],
    at: int,
    lexicon: Lexicon,
    answers: Sequence[bool],
    answering: Sequence[bool],
) -> float:
    opening = beats[at].sentences[0]
    words = [bare(word.text) for word in opening.words]
    price_s = 0.0 if opening.starts_whole else PRICES.broken_sentence_s
    if answers[at]:
        price_s += PRICES.parted_answer_s
    elif answering[at]:
        price_s += PRICES.within_answer_s
    elif at and beats[at - 1].sentences[-1].participant_id == opening.participant_id:
        price_s += PRICES.within_turn_s
    if opening.is_question and not answers[at]:
        return price_s + PRICES.question_start_s + (len(words) < 3) * PRICES.assent_s
    price_s += (words[0] in lexicon.links) * PRICES.link_s
    price_s += (words[0] in lexicon.pointers) * PRICES.pointer_s
    price_s += (words[0] in lexicon.assents) * PRICES.assent_s
    return price_s + (len(topics(opening, lexicon)) < 2) * PRICES.scant_start_s


def _end_price_s(beats: Sequence[Beat], at: int, answers: Sequence[bool]) -> float:
    beat = beats[at]
    ending = max(beat.sentences, key=lambda sentence: sentence.interval.end_s)
    price_s = 0.0 if ending.ends_whole else PRICES.broken_sentence_s
    price_s += PRICES.long_pause_end_s * min(1.0, beat.room_after_s / 1.5)
    if at + 1 == len(beats) or beats[at + 1].stretch != beat.stretch:
        return price_s
    if answers[at + 1]:
        return price_s + PRICES.parted_answer_s
    following = beats[at + 1].sentences[0]
    return price_s + (following.participant_id == ending.participant_id) * PRICES.within_turn_s


def _hope(beat: Beat, lexicon: Lexicon) -> float:
    words = [bare(word.text) for word in beat.words]
    return min(1.0, sum(word in lexicon.hope for word in words) / 2)
