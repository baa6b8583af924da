"""Setting words into the lines of one caption, and how well they sit there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from candid.engine.timebase import Interval
from candid.engine.transcript.sense import Sense
from candid.engine.transcript.words import Word

DASH = "- "
"""Opens each line of a caption that holds two speakers."""


@dataclass(frozen=True, slots=True)
class CaptionRules:
    """The caption rules: PRODUCT's numbers, which are the Netflix template's and the BBC's.

    At most `n_lines` lines of `line_chars` characters; at most `chars_per_s` characters a
    second; `shortest_s` to `longest_s` on the screen; at most `lead_s` before the first
    word begins and `hang_s` after the last one ends; never more than `late_s` after the
    first word began. Raises ValueError for more than two lines.
    """

    line_chars: int = 42
    n_lines: int = 2
    chars_per_s: float = 17.0
    shortest_s: float = 5 / 6
    longest_s: float = 7.0
    lead_s: float = 1.5
    hang_s: float = 1.5
    late_s: float = 1.5

    def __post_init__(self) -> None:
        if self.n_lines not in (1, 2):
            raise ValueError(f"captions have 1 or 2 lines, not {self.n_lines}")

    def needed_s(self, n_chars: int) -> float:
        """Return how long `n_chars` characters must stay to be read."""
        return max(self.shortest_s, n_chars / self.chars_per_s)


@dataclass(frozen=True, slots=True)
class Block:
    """Words that could stand in one caption together, set into lines.

    `lines` hold the words of each line in order; `strain` says how ill they sit (lower is
    better); `is_too_wide` marks a word that is longer than a line.
    """

    lines: tuple[tuple[Word, ...], ...]
    n_chars: int
    spoken: Interval
    strain: float
    is_too_wide: bool = False


def line_text(line: Sequence[Word]) -> str:
    """Return the words of a line with single spaces between them."""
    return " ".join(word.text for word in line)


def set_block(words: Sequence[Word], rules: CaptionRules, sense: Sense) -> Block | None:
    """Set consecutive words (at least one) into the lines of one caption.

    One speaker gets up to two lines, broken where it hurts least. Two speakers get a line
    each, in the order in which they begin. Returns None where the words do not fit; a
    single word always fits, even if it is longer than a line.
    """
    speakers = list(dict.fromkeys(word.participant_id for word in words))
    if len(speakers) > rules.n_lines:
        return None
    if len(speakers) == 1:
        return _one_speaker(tuple(words), rules, sense)
    lines = tuple(tuple(w for w in words if w.participant_id == who) for who in speakers)
    widths = [len(DASH) + len(line_text(line)) for line in lines]
    if max(widths) > rules.line_chars:
        return None
    n_chars = sum(widths) + len(lines) - 1
    return Block(lines, n_chars, _span(words), strain=6.0 * _switches(words) - 1.0)


def _switches(words: Sequence[Word]) -> int:
    """Return how often the speaker changes; after more than once the lines lose the order."""
    return sum(a.participant_id != b.participant_id for a, b in pairwise(words))


def _one_speaker(words: tuple[Word, ...], rules: CaptionRules, sense: Sense) -> Block | None:
    n_chars = len(line_text(words))
    span = _span(words)
    if n_chars <= rules.line_chars:
        return Block((words,), n_chars, span, strain=0.0)
    if len(words) == 1:
        return Block((words,), n_chars, span, strain=0.0, is_too_wide=True)
    best = min((_break_strain(words, at, rules, sense), at) for at in range(1, len(words)))
    if rules.n_lines < 2 or best[0] == math.inf:
        return None
    return Block((words[: best[1]], words[best[1] :]), n_chars, span, strain=best[0])


def _break_strain(words: tuple[Word, ...], at: int, rules: CaptionRules, sense: Sense) -> float:
    """Return how ill two lines read that break before word `at`; infinite if too wide."""
    upper, lower = len(line_text(words[:at])), len(line_text(words[at:]))
    if max(upper, lower) > rules.line_chars:
        return math.inf
    # A break at sense counts most; of two alike, the more even one, bottom-heavy at that.
    uneven = abs(upper - lower) / rules.line_chars + (0.1 if upper > lower else 0.0)
    return 0.5 * sense.cost(words[at - 1].text, words[at].text) + 2.0 * uneven


def _span(words: Sequence[Word]) -> Interval:
    return Interval(
        min(word.interval.start_s for word in words), max(word.interval.end_s for word in words)
    )
