"""The proposed cut: from a conversation and a wanted length to a decision list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from candid.engine.cut import reasons
from candid.engine.cut.candidates import candidates, leaps, read_beats
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake
from candid.engine.cut.defaults import CutOptions, PassageOptions
from candid.engine.cut.direction import Stage, direct
from candid.engine.cut.lexicon import lexicon_for
from candid.engine.cut.passages import (
    Beat,
    Fineness,
    Sentence,
    beats,
    passage_interval,
    sentences,
)
from candid.engine.cut.reasons import Reasons
from candid.engine.cut.selection import Candidate, Length, choose
from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval, merge_intervals, subtract_intervals
from candid.engine.transcript.words import Word

Kept = tuple[Interval, str]

_MOST_BEATS = 2000
_MISS_PRICE, _NEAREST_PRICE = 4.0, 1e4


@dataclass(frozen=True, slots=True)
class Conversation:
    """What there is to cut, on the call clock.

    `words` are as they shall be read, corrections applied. `call` is the stretch that the
    takes cover. `forbidden` is time that cannot enter the film, each with its reason:
    struck, holes, gaps. `language` is a tag such as `en`.
    """

    words: tuple[Word, ...]
    call: Interval
    takes: tuple[CutTake, ...]
    participants: tuple[CutParticipant, ...]
    forbidden: tuple[tuple[Interval, str], ...] = ()
    language: str = "en"

    @property
    def closed(self) -> tuple[Interval, ...]:
        """The forbidden time as disjoint, sorted intervals."""
        return merge_intervals(
            interval for interval, _ in self.forbidden if interval.duration_s > 0
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way of looking for passages; later ones ask less of the places to cut.

    With `is_nearest` nothing counts as much as the length.
    """

    fineness: Fineness
    shortest_passage_s: float
    tolerance: float
    is_nearest: bool = False


def propose_cut(
    conversation: Conversation,
    *,
    target_s: float | None,
    stage: Stage | None = None,
    title: str | None = None,
    signpost: str = "",
    options: CutOptions | None = None,
) -> Cut:
    """Propose a film of `target_s` seconds (without cards) out of a conversation.

    The length is within `options.passages.tolerance` of the target wherever the words
    leave a place to cut, or else the nearest that was found. A conversation that is not
    longer, or a target of None, is kept whole but for forbidden time. `stage` says who
    can be shown and in which layouts; by default everybody in every known one.

    Raises ValueError if the target is not positive, and BadInputError if nothing of the
    call may be shown.
    """
    if target_s is not None and not target_s > 0:
        raise ValueError(f"the target must be positive, not {target_s}")
    options = options or CutOptions()
    stage = stage or Stage(tuple(each.participant_id for each in conversation.participants))
    spoken = sentences(conversation.words, options.passages)
    kept, left_out = _select(conversation, spoken, target_s, options.passages)
    return Cut(
        title=title,
        signpost=signpost,
        target_s=target_s,
        takes=conversation.takes,
        participants=conversation.participants,
        shots=direct(kept, spoken, stage, options.direction),
        left_out=tuple(sorted([*conversation.forbidden, *left_out], key=lambda each: each[0])),
    )


def _select(
    conversation: Conversation,
    spoken: Sequence[Sentence],
    target_s: float | None,
    options: PassageOptions,
) -> tuple[list[Kept], list[Kept]]:
    """Return what is kept and what is left out, each with its reason."""
    allowed = subtract_intervals(conversation.call, conversation.closed)
    long = [each for each in allowed if each.duration_s >= options.shortest_stretch_s]
    if not long:
        raise BadInputError("the call", _nothing(allowed))
    slivers = [(each, reasons.SLIVER) for each in allowed if each not in long]
    length_s = sum(each.duration_s for each in long)
    if target_s is None or length_s <= target_s * (1 + options.tolerance):
        return [(each, reasons.WHOLE) for each in long], slivers
    for attempt in _attempts(options):
        found = _attempt(conversation, spoken, target_s, options, attempt)
        if found:
            return found
    kept, gone = _from_the_beginning(long, target_s, options.shortest_stretch_s)
    return kept, [*gone, *slivers]


def _nothing(allowed: Sequence[Interval]) -> str:
    why = "all of it is struck or missing"
    if allowed:
        longest_s = max(each.duration_s for each in allowed)
        why += f", but for stretches of at most {longest_s:.2f} s"
    return f"nothing of this call may enter a film, because {why}"


def _attempts(options: PassageOptions) -> list[Attempt]:
    """Return what to try in turn: first finer places to cut, then a wider tolerance."""
    usual_s, exact = options.shortest_passage_s, options.tolerance
    finer = [
        Attempt("sentence", usual_s, exact),
        Attempt("pause", usual_s, exact),
        Attempt("word", usual_s, exact),
        Attempt("word", 0.5, exact),
    ]
    return [
        *finer,
        *(Attempt("word", 0.5, min(0.999, exact * n), is_nearest=True) for n in (2, 4, 8, 20)),
    ]


def _attempt(
    conversation: Conversation,
    spoken: Sequence[Sentence],
    target_s: float,
    options: PassageOptions,
    attempt: Attempt,
) -> tuple[list[Kept], list[Kept]] | None:
    """Return what is kept and what is left out, or None where no choice has the length."""
    options = replace(options, shortest_passage_s=attempt.shortest_passage_s)
    divided = _divided(conversation, spoken, options, attempt.fineness)
    if not divided:
        return None
    lexicon = lexicon_for(conversation.language)
    reading = read_beats(divided, lexicon, options)
    price = _NEAREST_PRICE if attempt.is_nearest else _MISS_PRICE
    length = Length(target_s, attempt.tolerance * target_s, price)
    offered = candidates(reading, target_s, options)
    chosen = choose(offered, leaps(reading, target_s, options), length)
    if chosen is None:
        return None
    words = Reasons(reading, lexicon)
    kept = [
        (interval, words.kept(each.first, each.last, opens=not at, closes=at + 1 == len(chosen)))
        for at, (each, interval) in enumerate(_placed(divided, chosen, length, options))
    ]
    closed = [*conversation.closed, *(interval for interval, _ in kept)]
    gone = subtract_intervals(conversation.call, closed)
    return kept, [(interval, words.left_out(interval)) for interval in gone]


def _divided(
    conversation: Conversation,
    spoken: Sequence[Sentence],
    options: PassageOptions,
    fineness: Fineness,
) -> tuple[Beat, ...]:
    """Return the beats of a talk; where there are very many, only the longer pauses divide."""
    while True:
        divided = beats(spoken, conversation.call, conversation.closed, options, fineness)
        if len(divided) <= _MOST_BEATS:
            return divided
        fineness = "pause" if fineness == "word" else fineness
        options = replace(options, least_pause_s=options.least_pause_s * 1.5)


def _placed(
    divided: Sequence[Beat], chosen: Sequence[Candidate], length: Length, options: PassageOptions
) -> list[tuple[Candidate, Interval]]:
    """Return when each passage starts and ends; the film's ends breathe if the length allows."""
    for generous in (True, False):
        placed = [
            (
                each,
                passage_interval(
                    divided[each.first],
                    divided[each.last],
                    options,
                    opens=generous and not at,
                    closes=generous and at + 1 == len(chosen),
                ),
            )
            for at, each in enumerate(chosen)
        ]
        if length.holds(sum(interval.duration_s for _, interval in placed)):
            break
    return placed


def _from_the_beginning(
    allowed: Sequence[Interval], target_s: float, shortest_s: float
) -> tuple[list[Kept], list[Kept]]:
    """Keep as much as wanted from the start: there are no words to choose by.

    A rest of less than `shortest_s` is not begun.
    """
    kept: list[Kept] = []
    gone: list[Kept] = []
    left_s = target_s
    for interval in allowed:
        split_s = min(interval.end_s, interval.start_s + left_s)
        if kept and split_s - interval.start_s < shortest_s:
            split_s = interval.start_s
        left_s = max(0.0, left_s - interval.duration_s)
        if split_s > interval.start_s:
            kept.append((Interval(interval.start_s, split_s), reasons.WORDLESS))
        if split_s < interval.end_s:
            gone.append((Interval(split_s, interval.end_s), reasons.SILENCE))
    return kept, gone
