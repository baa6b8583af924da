"""Captions from words: which words stand together, in which lines, from when to when.

Words are taken in order of their start, over all speakers, and cut into cues. Among all
ways to cut them that keep the caption rules the one is chosen that reads best. Where two
people speak at once, or in quick exchange, one cue holds a line of each, with dashes. No
word is ever dropped: where a rule cannot be kept, for instance because somebody speaks
faster than anybody reads, it is broken and reported (`conformance.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from candid.engine.timebase import Interval
from candid.engine.transcript.cue_lines import (
    DASH,
    Block,
    CaptionRules,
    line_text,
    set_block,
)
from candid.engine.transcript.sense import Sense, ends_sentence, sense_of
from candid.engine.transcript.words import Word


@dataclass(frozen=True, slots=True)
class CueLine:
    """One line of a caption: the words of one speaker."""

    participant_id: str
    text: str
    word_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption as shown, on the clock of the words it was made from.

    `spoken` reaches from the start of its first word to the end of its last.
    """

    interval: Interval
    lines: tuple[CueLine, ...]
    spoken: Interval

    @property
    def is_exchange(self) -> bool:
        """Whether two people speak in it; their lines then open with a dash."""
        return len({line.participant_id for line in self.lines}) > 1

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines as they stand on the screen."""
        return tuple((DASH if self.is_exchange else "") + line.text for line in self.lines)

    @property
    def n_chars(self) -> int:
        """Characters to read: letters, marks, spaces and dashes; a line break is a space."""
        return sum(map(len, self.shown)) + len(self.lines) - 1

    @property
    def word_ids(self) -> tuple[str, ...]:
        """Ids of its words, line by line."""
        return tuple(word_id for line in self.lines for word_id in line.word_ids)


def make_cues(
    words: Iterable[Word],
    *,
    barriers: Iterable[float] = (),
    rules: CaptionRules | None = None,
    language: str = "en",
) -> tuple[Cue, ...]:
    """Return the captions of `words`, in order, none overlapping another.

    Times are seconds of any clock, >= 0. No cue reaches over a barrier: the times of the
    cuts. A word belongs to the side on which its middle lies. Raises ValueError where a
    word has no text or lies before 0.
    """
    rules, sense = rules or CaptionRules(), sense_of(language)
    ordered = sorted(words, key=lambda word: (word.interval.start_s, word.word_id))
    if any(not word.text.strip() or word.interval.start_s < 0 for word in ordered):
        raise ValueError("a word for a caption needs text and a time of at least 0 s")
    cues: list[Cue] = []
    for section, inside in _sections(ordered, sorted({0.0, *barriers})):
        cues.extend(_Setter(inside, section, rules, sense).cues())
    return tuple(cues)


def _sections(
    words: Sequence[Word], borders: Sequence[float]
) -> Iterator[tuple[Interval, list[Word]]]:
    """Yield each stretch between two barriers that holds words, with its words."""
    at = 0
    inside: list[Word] = []
    left = sorted(words, key=lambda word: word.interval.middle_s)
    for start_s, end_s in zip(borders, [*borders[1:], float("inf")], strict=True):
        inside = []
        while at < len(left) and left[at].interval.middle_s < end_s:
            inside.append(left[at])
            at += 1
        if inside:
            inside.sort(key=lambda word: (word.interval.start_s, word.word_id))
            yield Interval(start_s, end_s), inside


# Somebody who starts to speak this shortly before another ends is read after that one.
_INTERRUPTION_S = 0.7
# A silence that ends a phrase.
_PHRASE_GAP_S = 0.5


def phrase_order(words: Sequence[Word]) -> list[Word]:
    """Return words in the order in which they are to be read; each speaker's order stays.

    It is the order of their starts, but a phrase that begins in the last moment of
    another person's phrase comes after it, so that neither is torn.
    """
    phrases = [phrase for who in _speakers(words) for phrase in _phrases(words, who)]
    keyed: list[tuple[float, str, Word]] = []
    for phrase in phrases:
        begins_s, who = phrase[0].interval.start_s, phrase[0].participant_id
        ends = [
            other[-1].interval.end_s
            for other in phrases
            if other[0].participant_id != who
            and other[0].interval.start_s < begins_s
            and begins_s < other[-1].interval.end_s <= begins_s + _INTERRUPTION_S
        ]
        after_s = max(ends, default=0.0)
        keyed += [(max(after_s, word.interval.start_s), word.word_id, word) for word in phrase]
    return [word for _, _, word in sorted(keyed, key=lambda each: each[0])]


def _speakers(words: Sequence[Word]) -> list[str]:
    return list(dict.fromkeys(word.participant_id for word in words))


def _phrases(words: Sequence[Word], who: str) -> Iterator[list[Word]]:
    """Yield one speaker's words up to each end of a sentence or silence."""
    phrase: list[Word] = []
    for word in (each for each in words if each.participant_id == who):
        gap_s = word.interval.start_s - phrase[-1].interval.end_s if phrase else 0.0
        if phrase and (ends_sentence(phrase[-1].text) or gap_s > _PHRASE_GAP_S):
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase


@dataclass(frozen=True, slots=True)
class _Label:
    """One way to have cut the words up to here, its cost and the earliest end of its last cue."""

    strain: float
    earliest_end_s: float
    earliest_start_s: float
    block: Block | None
    before: _Label | None


# Labels kept at each word. They differ only where cues push each other; a few are plenty.
_MOST_LABELS = 12
# The least time a cue stands even where speech leaves it none.
_SLIVER_S = 0.05
# Times nearer than this are one.
_TINY_S = 1e-6
# What it costs to show a cue a second after its speech began.
_LATE_STRAIN = 4.0
# What it costs to take a second from the cues beside it.
_CROWD_STRAIN = 5.0


def _haste_strain(n_chars: int, excess: float) -> float:
    """Return the cost of text that runs by faster than the rule allows, by `excess` (0.1: 10 %).

    A little for all is better than much for one, hence the square.
    """
    return n_chars * (0.25 * excess + excess * excess) + (5.0 if excess > 0 else 0.0)


class _Setter:
    """Cuts the words of one section into cues: a shortest path over the words.

    A label at word `n` is a way to cut the words before it. Of its timing only one thing
    matters for what follows, the earliest time at which its last cue can end; so a label
    that is no cheaper and ends no earlier than another is dropped.

    It searches first among the ways that keep every rule, with phrases kept whole and then
    with the words as they were spoken. Only where there is none, and then for this section
    alone, breaking a rule has a price.
    """

    def __init__(
        self, words: Sequence[Word], section: Interval, rules: CaptionRules, sense: Sense
    ) -> None:
        self._words = words
        self._section = section
        self._rules = rules
        self._sense = sense
        self._may_break = False

    def cues(self) -> list[Cue]:
        """Return the cues of the section, in order."""
        spoken, phrased = self._words, phrase_order(self._words)
        for self._words, self._may_break in ((phrased, False), (spoken, False), (phrased, True)):
            chain = self._best_chain()
            if chain is not None:
                return _timed(chain, self._section, self._rules)
        raise AssertionError("a word can always stand alone")

    def _best_chain(self) -> list[_Label] | None:
        """Return the best labels from the first cue to the last, or None if there are none."""
        labels: list[list[_Label]] = [[] for _ in range(len(self._words) + 1)]
        labels[0] = [_Label(0.0, self._section.start_s, 0.0, None, None)]
        for first in range(len(self._words)):
            kept = _undominated(labels[first])
            labels[first] = []
            for end, block in self._blocks(first) if kept else ():
                breaks = self._break_strain(first, end)
                for label in kept:
                    extended = self._extended(label, block, end, breaks)
                    if extended is not None:
                        labels[end].append(extended)
        if not labels[-1]:
            return None
        chain = [min(labels[-1], key=lambda label: label.strain)]
        while chain[-1].before is not None and chain[-1].before.block is not None:
            chain.append(chain[-1].before)
        return chain[::-1]

    def _blocks(self, first: int) -> Iterator[tuple[int, Block]]:
        """Yield every caption that could start with word `first`, and the word after it."""
        most_chars = self._rules.line_chars * self._rules.n_lines + self._rules.n_lines
        n_chars = 0
        for end in range(first + 1, len(self._words) + 1):
            n_chars += len(self._words[end - 1].text) + 1
            if end > first + 1 and n_chars > most_chars + 1:
                return
            block = set_block(self._words[first:end], self._rules, self._sense)
            if block is None:
                continue
            if end > first + 1 and block.spoken.duration_s > self._rules.longest_s:
                return
            yield end, block

    def _extended(self, label: _Label, block: Block, end: int, breaks: float) -> _Label | None:
        """Return the label after one more cue, timed as early as the rules allow.

        None where that breaks a rule and rules may not be broken.
        """
        rules, spoken = self._rules, block.spoken
        start_s = max(label.earliest_end_s, spoken.start_s - rules.lead_s)
        late_s = max(0.0, start_s - spoken.start_s)
        needed_s = rules.needed_s(block.n_chars)
        latest_s = min(spoken.end_s + rules.hang_s, self._section.end_s)
        stays_s = min(max(start_s + needed_s, self._spoken_end_s(spoken, end)), latest_s)
        lacking_s = max(0.0, start_s + needed_s - stays_s - _TINY_S)
        is_late = late_s > rules.late_s + _TINY_S
        if not self._may_break and (lacking_s or is_late or block.is_too_wide):
            return None
        end_s = max(stays_s, start_s + _SLIVER_S)
        strain = block.strain + breaks + _LATE_STRAIN * late_s + 50.0 * is_late
        strain += _CROWD_STRAIN * max(0.0, needed_s - self._own_time_s(spoken, end))
        strain += _haste_strain(block.n_chars, lacking_s / max(needed_s - lacking_s, _SLIVER_S))
        return _Label(label.strain + strain, end_s, start_s, block, label)

    def _spoken_end_s(self, spoken: Interval, end: int) -> float:
        """Return until when a cue stays for its words' sake.

        Until its last word ends, or gives way to the next cue where that one's speech
        begins before.
        """
        if end == len(self._words):
            return min(spoken.end_s, self._section.end_s)
        return min(spoken.end_s, self._words[end].interval.start_s)

    def _own_time_s(self, spoken: Interval, end: int) -> float:
        """Return how long a cue can stay from its first word without pushing the next one."""
        if end == len(self._words):
            return self._section.end_s - spoken.start_s
        return self._words[end].interval.start_s - spoken.start_s

    def _break_strain(self, first: int, end: int) -> float:
        """Return how ill it reads to begin at `first` and to stop before `end`.

        Each cue costs a little, so that captions do not flicker; pauses inside cost, and
        so does parting words that belong together.
        """
        strain = 3.0
        for at in range(first + 1, end):
            gap_s = self._words[at].interval.start_s - self._words[at - 1].interval.end_s
            strain += 6.0 * max(0.0, gap_s - 0.4)
        for who in {word.participant_id for word in self._words[first:end]}:
            strain += self._parting_strain(who, first, end)
        return strain

    def _parting_strain(self, who: str, first: int, end: int) -> float:
        """Return how much it hurts one speaker's sentence to stop before `end`."""
        last = next(w for w in reversed(self._words[first:end]) if w.participant_id == who)
        nearby = self._words[end : end + 20]
        after = next((word for word in nearby if word.participant_id == who), None)
        if after is None:
            return 0.0
        gap_s = max(0.0, after.interval.start_s - last.interval.end_s)
        # After a pause even an unfinished sentence may stop.
        return self._sense.cost(last.text, after.text) / (1.0 + 2.0 * gap_s)


def _undominated(labels: list[_Label]) -> list[_Label]:
    """Return the labels that no other beats in both strain and earliest end, best first."""
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda each: (each.strain, each.earliest_end_s)):
        if not kept or label.earliest_end_s < kept[-1].earliest_end_s - _TINY_S:
            kept.append(label)
    # The last one leaves the most time to what follows: it stays whatever its strain.
    return kept if len(kept) <= _MOST_LABELS else [*kept[: _MOST_LABELS - 1], kept[-1]]


# A caption stays this long after its last word where there is room, ...
_TAIL_S = 0.3
# ... and until the next one where that comes soon, so that the screen does not flicker.
_CHAIN_S = 0.5


def _timed(chain: Sequence[_Label], section: Interval, rules: CaptionRules) -> list[Cue]:
    """Give each cue of a chain its times, from the last to the first.

    A cue starts with its first word wherever it can: it takes the time it lacks first from
    the pause after it (hang) and only then from the pause before it (lead).
    """
    cues: list[Cue] = []
    next_start_s = section.end_s
    for at in range(len(chain) - 1, -1, -1):
        label, block = chain[at], chain[at].block
        assert block is not None
        sliver_s = min(_SLIVER_S, (next_start_s - section.start_s) / (at + 1))
        interval = _interval(label, block, next_start_s, rules)
        if interval.duration_s < sliver_s:
            end_s = min(max(interval.end_s, section.start_s + (at + 1) * sliver_s), next_start_s)
            interval = Interval(end_s - sliver_s, end_s)
        cues.append(_cue(block, interval))
        next_start_s = interval.start_s
    return cues[::-1]


def _interval(label: _Label, block: Block, next_start_s: float, rules: CaptionRules) -> Interval:
    spoken = block.spoken
    needed_s = rules.needed_s(block.n_chars)
    latest_s = max(min(spoken.end_s + rules.hang_s, next_start_s), label.earliest_start_s)
    latest_s = min(latest_s, next_start_s)
    start_s = max(min(spoken.start_s, latest_s - needed_s), label.earliest_start_s)
    start_s = min(start_s, latest_s)
    end_s = min(max(start_s + needed_s, spoken.end_s + _TAIL_S), latest_s)
    if next_start_s - end_s < _CHAIN_S:
        end_s = min(next_start_s, latest_s)
    return Interval(max(start_s, 0.0), min(end_s, start_s + rules.longest_s))


def _cue(block: Block, interval: Interval) -> Cue:
    lines = tuple(
        CueLine(line[0].participant_id, line_text(line), tuple(word.word_id for word in line))
        for line in block.lines
    )
    return Cue(interval, lines, block.spoken)
