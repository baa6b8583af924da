"""Where a conversation can be cut: words, sentences, beats.

A *sentence* is a run of one participant's words up to a full stop, or up to a long pause
where the recogniser wrote none. A *beat* is the least that can be kept on its own: the
sentences between two moments at which nobody is speaking and no sentence is open. Whoever
speaks across such a moment is taken along, so a cut between beats is never inside a word.
A *passage* is a run of beats without a cut.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from candid.engine.cut.defaults import PassageOptions
from candid.engine.timebase import Interval, merge_intervals, subtract_intervals
from candid.engine.transcript.words import Word

Fineness = Literal["sentence", "pause", "word"]

_FULL_STOPS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")
_CLOSING_MARKS = "\"'”’»)]"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of one participant that belong together.

    `starts_whole` and `ends_whole` say that nothing was cut away on that side, and that
    there is a full stop there, or somebody else took over.
    """

    participant_id: str
    words: tuple[Word, ...]
    starts_whole: bool
    ends_whole: bool

    @property
    def interval(self) -> Interval:
        """From the first word's start to the last word's end, in `call_s`."""
        return Interval(self.words[0].interval.start_s, max(w.interval.end_s for w in self.words))

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(word.text for word in self.words)

    @property
    def is_question(self) -> bool:
        """Whether it ends with a question mark."""
        return bool(self.words) and self.words[-1].text.rstrip(_CLOSING_MARKS).endswith(
            ("?", "？", "؟")
        )


@dataclass(frozen=True, slots=True)
class Beat:
    """The least that can be kept on its own, in `call_s`.

    `sentences` are in order of their start. `room_before_s` and `room_after_s` are the
    silence on either side, up to the nearest word, forbidden time or edge of the call.
    `stretch` counts the stretches between forbidden times: no passage spans two.
    """

    sentences: tuple[Sentence, ...]
    interval: Interval
    room_before_s: float
    room_after_s: float
    stretch: int

    @property
    def text(self) -> str:
        """What is said in it, whoever says it."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, sentence after sentence."""
        return tuple(word for sentence in self.sentences for word in sentence.words)


def sentences(words: Iterable[Word], options: PassageOptions) -> tuple[Sentence, ...]:
    """Group words into sentences, in order of their start.

    A sentence ends at a full stop or at a pause of `sentence_pause_s`.
    """
    by_person: dict[str, list[Word]] = {}
    for word in sorted(words, key=lambda word: (word.interval.start_s, word.word_id)):
        by_person.setdefault(word.participant_id, []).append(word)
    found = [
        sentence
        for person, spoken in by_person.items()
        for sentence in _sentences_of(spoken, _starts_of_others(by_person, person), options)
    ]
    return tuple(sorted(found, key=lambda each: (each.interval, each.participant_id)))


def _starts_of_others(by_person: dict[str, list[Word]], person: str) -> list[float]:
    others = (words for other, words in by_person.items() if other != person)
    return sorted(word.interval.start_s for words in others for word in words)


def _sentences_of(
    words: list[Word], others_s: Sequence[float], options: PassageOptions
) -> list[Sentence]:
    """Divide one person's words; `others_s` is when the others' words start, sorted."""
    groups: list[list[Word]] = [[words[0]]]
    whole = [True]
    for last, word in pairwise(words):
        pause = Interval(last.interval.end_s, max(last.interval.end_s, word.interval.start_s))
        if ends_sentence(last) or pause.duration_s >= options.sentence_pause_s:
            # Where somebody else took over, the sentence had come to its end, mark or not.
            starts = bisect_left(others_s, pause.start_s), bisect_left(others_s, pause.end_s)
            whole.append(ends_sentence(last) or starts[0] < starts[1])
            groups.append([])
        groups[-1].append(word)
    whole.append(True)
    return [
        Sentence(group[0].participant_id, tuple(group), starts, ends)
        for group, starts, ends in zip(groups, whole, whole[1:], strict=False)
    ]


def ends_sentence(word: Word) -> bool:
    """Whether a word carries a full stop of any kind."""
    return word.text.rstrip(_CLOSING_MARKS).endswith(_FULL_STOPS)


def beats(
    spoken: Sequence[Sentence],
    call: Interval,
    forbidden: Sequence[Interval],
    options: PassageOptions,
    fineness: Fineness = "sentence",
) -> tuple[Beat, ...]:
    """Divide a conversation into beats, in order, none of which touches forbidden time.

    With `fineness` "pause" a silence of `least_pause_s` divides even within a sentence,
    with "word" any moment without a word does: for material that gives no better choice.
    """
    found: list[Beat] = []
    closed = _closed(spoken, call, forbidden)
    for stretch, allowed in enumerate(subtract_intervals(call, closed)):
        inside = [part for each in spoken if (part := _within(each, allowed)) is not None]
        groups = _groups(inside, options, fineness)
        found += _with_room(groups, allowed, stretch)
    return tuple(found)


def _closed(
    spoken: Sequence[Sentence], call: Interval, forbidden: Sequence[Interval]
) -> tuple[Interval, ...]:
    """Return forbidden time, widened by every word that would be cut at its edge."""
    closed = [each for each in forbidden if each.duration_s > 0]
    open_words = [word.interval for sentence in spoken for word in sentence.words]
    while True:
        touched = [
            word
            for word in open_words
            if word.start_s < call.start_s
            or word.end_s > call.end_s
            or any(word.overlap_s(each) > 0 for each in closed)
        ]
        if not touched:
            return merge_intervals(closed)
        closed += touched
        open_words = [word for word in open_words if word not in set(touched)]


def _within(sentence: Sentence, allowed: Interval) -> Sentence | None:
    """Return what is left of a sentence in a stretch of allowed time."""
    kept = tuple(
        word
        for word in sentence.words
        if word.interval.start_s >= allowed.start_s and word.interval.end_s <= allowed.end_s
    )
    if not kept:
        return None
    return Sentence(
        sentence.participant_id,
        kept,
        sentence.starts_whole and kept[0] is sentence.words[0],
        sentence.ends_whole and kept[-1] is sentence.words[-1],
    )


def _groups(
    spoken: list[Sentence], options: PassageOptions, fineness: Fineness
) -> list[list[Sentence]]:
    """Group sentences so that between two groups nobody is speaking."""
    pieces = [
        piece
        for sentence in spoken
        for piece in (
            [sentence] if fineness == "sentence" else _pieces(sentence, options, fineness)
        )
    ]
    least_s = 0.0 if fineness == "word" else options.least_pause_s
    groups: list[list[Sentence]] = []
    end_s = -math.inf
    for piece in sorted(pieces, key=lambda each: (each.interval, each.participant_id)):
        if groups and piece.interval.start_s - end_s < least_s:
            groups[-1].append(piece)
        else:
            groups.append([piece])
        end_s = max(end_s, piece.interval.end_s)
    return groups


def _pieces(sentence: Sentence, options: PassageOptions, fineness: Fineness) -> list[Sentence]:
    """Divide a sentence at its inner pauses, or between all of its words."""
    least_s = 0.0 if fineness == "word" else options.least_pause_s
    groups: list[list[Word]] = [[sentence.words[0]]]
    for last, word in pairwise(sentence.words):
        if word.interval.start_s - last.interval.end_s >= least_s:
            groups.append([])
        groups[-1].append(word)
    return [
        Sentence(
            sentence.participant_id,
            tuple(group),
            sentence.starts_whole and at == 0,
            sentence.ends_whole and at == len(groups) - 1,
        )
        for at, group in enumerate(groups)
    ]


def _with_room(groups: list[list[Sentence]], allowed: Interval, stretch: int) -> list[Beat]:
    if not groups:
        return []
    spans = [
        Interval(group[0].interval.start_s, max(each.interval.end_s for each in group))
        for group in groups
    ]
    starts = [*(span.start_s for span in spans[1:]), allowed.end_s]
    ends = [allowed.start_s, *(span.end_s for span in spans[:-1])]
    return [
        Beat(tuple(group), span, span.start_s - end_s, start_s - span.end_s, stretch)
        for group, span, end_s, start_s in zip(groups, spans, ends, starts, strict=True)
    ]


def passage_interval(
    first: Beat, last: Beat, options: PassageOptions, *, opens: bool = False, closes: bool = False
) -> Interval:
    """Return the stretch of the call from `first` to `last` with a breath on either side.

    The breath takes at most what is there, less a guard before the neighbour's word, and
    half of a pause too short for the guard. The opening and the closing passage may
    breathe longer. Times are whole milliseconds where the pause allows it.
    """
    before_s = options.breath_at_ends_s if opens else options.breath_before_s
    after_s = options.breath_at_ends_s if closes else options.breath_after_s
    start_s = first.interval.start_s - _breath(first.room_before_s, before_s, options)
    end_s = last.interval.end_s + _breath(last.room_after_s, after_s, options)
    return Interval(
        _rounded(start_s, first.interval.start_s - first.room_before_s, first.interval.start_s),
        _rounded(end_s, last.interval.end_s, last.interval.end_s + last.room_after_s),
    )


def _breath(room_s: float, wanted_s: float, options: PassageOptions) -> float:
    return min(wanted_s, max(room_s - options.guard_s, room_s / 2))


def _rounded(time_s: float, least_s: float, most_s: float) -> float:
    rounded_s = round(time_s, 3)
    return rounded_s if least_s <= rounded_s <= most_s else time_s
