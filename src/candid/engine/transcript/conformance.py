"""Whether captions keep the rules: each one checked on the finished cues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from candid.engine.timebase import Interval
from candid.engine.transcript.cue_lines import CaptionRules
from candid.engine.transcript.cues import Cue
from candid.engine.transcript.words import Word

Rule = Literal[
    "every_word_once",
    "line_chars",
    "lines",
    "reading_speed",
    "shortest",
    "longest",
    "lead",
    "hang",
    "late",
    "no_overlap",
    "no_cut_inside",
]
RULES: tuple[Rule, ...] = get_args(Rule)

# Times are written in milliseconds: half of one is no breach.
_ROUNDING_S = 0.0006


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a cue breaks: what was measured, what is allowed, and why.

    `cue` counts from 1, as in the caption files; 0 is the whole.
    """

    cue: int
    rule: Rule
    measured: float
    allowed: float
    reason: str


@dataclass(frozen=True, slots=True)
class Conformance:
    """How the cues of one film keep the caption rules."""

    n_cues: int
    n_words: int
    breaches: tuple[Breach, ...]

    def kept(self, rule: Rule) -> int:
        """Return how many cues keep a rule."""
        return self.n_cues - len({breach.cue for breach in self.breaches if breach.rule == rule})


def check_cues(
    cues: Sequence[Cue],
    words: Iterable[Word],
    *,
    barriers: Iterable[float] = (),
    rules: CaptionRules | None = None,
) -> Conformance:
    """Check cues against the words they were made from and return every breach.

    Nothing is taken from the making of the cues: texts and times are measured again.
    """
    rules = rules or CaptionRules()
    by_id = {word.word_id: word for word in words}
    cuts = sorted(barriers)
    breaches = list(_lost_words(cues, by_id))
    for number, cue in enumerate(cues, 1):
        spoken = [by_id[each].interval for each in cue.word_ids if each in by_id]
        breaches.extend(_text_breaches(number, cue, spoken, rules))
        breaches.extend(_time_breaches(number, cue, spoken, rules))
        breaches.extend(_neighbour_breaches(number, cues, cuts))
    return Conformance(len(cues), len(by_id), tuple(breaches))


def conformance_document(conformance: Conformance) -> dict[str, Any]:
    """Return a conformance as a JSON value for the film's report."""
    return {
        "cues": conformance.n_cues,
        "words": conformance.n_words,
        "kept": {rule: conformance.kept(rule) for rule in RULES},
        "breaches": [asdict(breach) for breach in conformance.breaches],
    }


def _lost_words(cues: Sequence[Cue], by_id: dict[str, Word]) -> Iterator[Breach]:
    shown = [word_id for cue in cues for word_id in cue.word_ids]
    wrong = len(shown) - len(set(shown)) + len(set(shown) ^ set(by_id))
    if wrong:
        yield Breach(0, "every_word_once", wrong, 0, "words are missing, foreign or there twice")


def _text_breaches(
    number: int, cue: Cue, spoken: Sequence[Interval], rules: CaptionRules
) -> Iterator[Breach]:
    widest = max(map(len, cue.shown))
    if widest > rules.line_chars:
        reason = "one word is longer than a line" if " " not in max(cue.shown, key=len) else "text"
        yield Breach(number, "line_chars", widest, rules.line_chars, reason)
    if len(cue.shown) > rules.n_lines:
        yield Breach(number, "lines", len(cue.shown), rules.n_lines, "text")
    shown_s = cue.interval.duration_s
    if cue.n_chars > rules.chars_per_s * (shown_s + _ROUNDING_S):
        speed = cue.n_chars / max(shown_s, 1e-3)
        yield Breach(number, "reading_speed", speed, rules.chars_per_s, _haste(cue, spoken, rules))


def _haste(cue: Cue, spoken: Sequence[Interval], rules: CaptionRules) -> str:
    if not spoken:
        return "its words are unknown"
    spoken_s = max(each.end_s for each in spoken) - min(each.start_s for each in spoken)
    speed = cue.n_chars / max(spoken_s, 1e-3)
    if speed <= rules.chars_per_s:
        return "a neighbour or a cut leaves it no more time"
    return f"spoken at {speed:.1f} characters a second, with no pause beside it to use"


def _time_breaches(
    number: int, cue: Cue, spoken: Sequence[Interval], rules: CaptionRules
) -> Iterator[Breach]:
    shown_s = cue.interval.duration_s
    if shown_s < rules.shortest_s - _ROUNDING_S:
        reason = "a neighbour or a cut leaves it no more time"
        yield Breach(number, "shortest", shown_s, rules.shortest_s, reason)
    if shown_s > rules.longest_s + _ROUNDING_S:
        yield Breach(number, "longest", shown_s, rules.longest_s, "times")
    if not spoken:
        return
    lead_s = min(each.start_s for each in spoken) - cue.interval.start_s
    hang_s = cue.interval.end_s - max(each.end_s for each in spoken)
    limits: tuple[tuple[Rule, float, float], ...] = (
        ("lead", lead_s, rules.lead_s),
        ("hang", hang_s, rules.hang_s),
        ("late", -lead_s, rules.late_s),
    )
    for rule, measured_s, allowed_s in limits:
        if measured_s > allowed_s + _ROUNDING_S:
            reason = "more is said at once than there is time to show"
            yield Breach(number, rule, measured_s, allowed_s, reason)


def _neighbour_breaches(
    number: int, cues: Sequence[Cue], cuts: Sequence[float]
) -> Iterator[Breach]:
    interval = cues[number - 1].interval
    if number < len(cues):
        over_s = interval.end_s - cues[number].interval.start_s
        if over_s > 1e-9:
            yield Breach(number, "no_overlap", over_s, 0.0, "times")
    if any(interval.start_s + 1e-9 < cut < interval.end_s - 1e-9 for cut in cuts):
        yield Breach(number, "no_cut_inside", 1, 0, "times")
