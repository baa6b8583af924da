"""Where a passage may well start and end: questions, answers, turns, first words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from candid.engine.cut.defaults import Prices
from candid.engine.cut.lexicon import Lexicon, bare
from candid.engine.cut.passages import Beat, Sentence
from candid.engine.cut.scores import hesitations, phrases_of, topics

_LAST_SENTENCES = 3
_ASIDE_WORDS = 2
_FEW_WORDS = 4
_LONG_PAUSE_S = 1.5


@dataclass(frozen=True, slots=True)
class Ties:
    """How a beat hangs on the one before it.

    `answers`: it begins the answer to a question of that one. `answering`: it is spoken
    within such an answer. `goes_on`: the same person goes on speaking. `echoes`: it
    takes up a phrase that another person has just said. All are false where forbidden
    time lies between.
    """

    answers: bool = False
    answering: bool = False
    goes_on: bool = False
    echoes: bool = False


def ties(beats: Sequence[Beat], lexicon: Lexicon) -> tuple[Ties, ...]:
    """Return how every beat hangs on the one before it."""
    found = [Ties()] * min(1, len(beats))
    for at in range(1, len(beats)):
        found.append(_tie(beats, at, found[-1], lexicon))
    return tuple(found)


def _tie(beats: Sequence[Beat], at: int, before: Ties, lexicon: Lexicon) -> Ties:
    if beats[at - 1].stretch != beats[at].stretch:
        return Ties()
    opening = beats[at].sentences[0]
    turn = _turn_before(beats, at, lexicon)
    goes_on = turn[0].participant_id == opening.participant_id
    answers = not goes_on and any(asks(sentence, lexicon) for sentence in turn)
    return Ties(
        answers=answers,
        answering=answers or (goes_on and before.answering),
        goes_on=goes_on,
        echoes=not goes_on and _echoes(opening, turn, lexicon),
    )


def _turn_before(beats: Sequence[Beat], at: int, lexicon: Lexicon) -> list[Sentence]:
    """Return the last sentences of the turn that ends before a beat, the last one first.

    A listener's remark takes nobody's turn, unless nothing else was said.
    """
    near = [sentence for beat in beats[max(0, at - 4) : at] for sentence in beat.sentences]
    said = [sentence for sentence in near if not is_aside(sentence, lexicon)] or near
    turn = list(
        takewhile(lambda each: each.participant_id == said[-1].participant_id, reversed(said))
    )
    return turn[:_LAST_SENTENCES]


def asks(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether a sentence asks: by its mark, or by its first word, links and fillers aside.

    Recognisers leave out many a question mark.
    """
    words = (bare(word.text) for word in sentence.words)
    skipped = lexicon.links | lexicon.fillers
    first = next((word for word in words if word not in skipped), "")
    return sentence.is_question or first in lexicon.asks


def is_aside(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether a sentence is only a listener's "Mm." or "Yes.": a word or two, no question."""
    words = [bare(word.text) for word in sentence.words]
    return (
        len(words) <= _ASIDE_WORDS
        and not sentence.is_question
        and all(word in lexicon.assents for word in words)
    )


def _echoes(opening: Sentence, turn: Sequence[Sentence], lexicon: Lexicon) -> bool:
    said = {phrase for sentence in turn for phrase in phrases_of(sentence, lexicon)}
    return not said.isdisjoint(phrases_of(opening, lexicon))


def first_speaker(beat: Beat) -> str:
    """Return who begins a beat."""
    return beat.sentences[0].participant_id


def last_sentence(beat: Beat) -> Sentence:
    """Return the sentence that ends a beat."""
    return max(beat.sentences, key=lambda sentence: sentence.interval.end_s)


def start_price_s(beat: Beat, tie: Ties, lexicon: Lexicon, prices: Prices) -> float:
    """Return what speaks against starting a passage at a beat, in seconds."""
    opening = beat.sentences[0]
    price_s = 0.0 if opening.starts_whole else prices.broken_sentence_s
    price_s += prices.parted_echo_s * tie.echoes
    if tie.answers:
        price_s += prices.parted_answer_s
    elif tie.answering:
        price_s += prices.within_answer_s
    elif tie.goes_on:
        price_s += prices.within_turn_s
    return price_s + _first_words_price_s(opening, tie, lexicon, prices)


def _first_words_price_s(opening: Sentence, tie: Ties, lexicon: Lexicon, prices: Prices) -> float:
    """Return what speaks against a sentence as the first of a passage.

    A question may begin with a link ("So, when ...?"): that is how one asks.
    """
    words = [bare(word.text) for word in opening.words]
    price_s = prices.hesitation_s * min(2, hesitations(opening, lexicon))
    if asks(opening, lexicon) and len(words) >= _FEW_WORDS:
        points_back = words[1] in lexicon.pointers
        price_s += prices.pointer_s * points_back
        return price_s + prices.question_s * (not tie.goes_on and not points_back)
    price_s += prices.link_s * (words[0] in lexicon.links)
    price_s += prices.pointer_s * (words[0] in lexicon.pointers)
    price_s += prices.assent_s * (words[0] in lexicon.assents)
    scant = len(words) < _FEW_WORDS or not topics(opening, lexicon)
    return price_s + prices.scant_s * scant


def end_price_s(beat: Beat, following: Ties, worth: float, prices: Prices) -> float:
    """Return what speaks against ending a passage at a beat, in seconds.

    `following` is how the next beat hangs on this one, `worth` is that of a second here.
    """
    price_s = 0.0 if last_sentence(beat).ends_whole else prices.broken_sentence_s
    price_s += prices.long_pause_s * min(1.0, beat.room_after_s / _LONG_PAUSE_S)
    price_s += prices.strong_end_s * max(-1.0, min(1.0, worth - 1.0))
    price_s += prices.parted_echo_s * following.echoes
    if following.answers:
        return price_s + prices.parted_answer_s
    return price_s + prices.within_turn_s * following.goes_on
