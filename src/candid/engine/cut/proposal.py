"""The proposed cut: from a conversation and a wanted length to a decision list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from candid.engine.cut.candidates import Reading, candidates, read_beats
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake
from candid.engine.cut.defaults import CutOptions, PassageOptions
from candid.engine.cut.direction import Stage, direct
from candid.engine.cut.lexicon import lexicon_for
from candid.engine.cut.passages import (
    FINENESSES,
    Beat,
    Sentence,
    beats,
    passage_interval,
    sentences,
)
from candid.engine.cut.selection import Candidate, choose
from candid.engine.timebase import Interval, merge_intervals, subtract_intervals
from candid.engine.transcript.words import Word

Kept = tuple[Interval, str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What there is to cut, on the call clock.

    `words` are as they shall be read, corrections applied. `call` is the stretch that the
    takes cover. `forbidden` is time that cannot enter the film, each with its reason:
    struck, holes, gaps.
    """

    words: tuple[Word, ...]
    call: Interval
    takes: tuple[CutTake, ...]
    participants: tuple[CutParticipant, ...]
    forbidden: tuple[tuple[Interval, str], ...] = ()
    language: str = "en"


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
    leave a place to cut. A conversation that is not longer, or a target of None, is kept
    whole but for forbidden time. `stage` says who can be shown and in which layouts.

    Raises ValueError if the target is not positive or nothing of the call may be shown.
    """
    if target_s is not None and target_s <= 0:
        raise ValueError(f"the target must be positive, not {target_s}")
    options = options or CutOptions()
    stage = stage or Stage(tuple(each.participant_id for each in conversation.participants))
    spoken = sentences(conversation.words, options.passages)
    kept = _kept(conversation, spoken, target_s, options.passages)
    if not kept:
        raise ValueError("nothing of this call may enter a film")
    return Cut(
        title=title,
        signpost=signpost,
        target_s=target_s,
        takes=conversation.takes,
        participants=conversation.participants,
        shots=direct(kept, spoken, stage, options.direction),
        left_out=_left_out(conversation, [interval for interval, _ in kept]),
    )


def _kept(
    conversation: Conversation,
    spoken: Sequence[Sentence],
    target_s: float | None,
    options: PassageOptions,
) -> list[Kept]:
    forbidden = merge_intervals(interval for interval, _ in conversation.forbidden)
    whole = subtract_intervals(conversation.call, forbidden)
    if target_s is None or sum(each.duration_s for each in whole) <= target_s:
        return [(each, "Kept whole: the conversation is not longer than wanted.") for each in whole]
    for fineness in FINENESSES:
        divided = beats(spoken, conversation.call, forbidden, options, fineness)
        found = _best(divided, conversation, target_s, options)
        if found:
            return found
    return []


def _best(
    divided: tuple[Beat, ...], conversation: Conversation, target_s: float, options: PassageOptions
) -> list[Kept]:
    if not divided:
        return []
    reading = read_beats(divided, lexicon_for(conversation.language))
    offered = candidates(reading, conversation.call.end_s, options)
    joined = frozenset(
        at for at in range(1, len(divided)) if divided[at].stretch != divided[at - 1].stretch
    )
    chosen = choose(
        offered,
        len(divided),
        target_s=target_s,
        tolerance_s=options.tolerance * target_s,
        joined=joined,
    )
    return [_passage(reading, each, options) for each in chosen or ()]


def _passage(reading: Reading, chosen: Candidate, options: PassageOptions) -> Kept:
    interval = passage_interval(reading.beats[chosen.first], reading.beats[chosen.last], options)
    return interval, "Kept: clear and central."


def _left_out(
    conversation: Conversation, kept: Iterable[Interval]
) -> tuple[tuple[Interval, str], ...]:
    gone = list(conversation.forbidden)
    closed = [*kept, *(interval for interval, _ in gone)]
    gone += [
        (interval, "Less central than what was kept.")
        for interval in subtract_intervals(conversation.call, closed)
    ]
    return tuple(sorted(gone, key=lambda each: each[0]))
