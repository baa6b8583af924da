"""From the words of the takes to one transcript on the call clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.sense import ends_sentence
from candid.engine.transcript.words import Segment, Transcript, Word

# A silence of this length ends a segment even in mid-sentence: a breath.
_BREATH_S = 1.0
# Times are kept to a tenth of a millisecond, so that a file gives back what was written.
_DIGITS = 4


def place_words(words: Iterable[Word], clock: ClockMap) -> tuple[Word, ...]:
    """Return words with their times mapped by `clock` (e.g. from `track_s` to `call_s`).

    Ids stay: they tell the take and the time in it, which no alignment changes.
    """
    return tuple(replace(word, interval=_mapped(word.interval, clock)) for word in words)


def make_segments(words: Iterable[Word]) -> tuple[Segment, ...]:
    """Group words into sentences and breaths, each of one take, in order of their start.

    A segment ends with the mark of a sentence or before a second of silence. Its id
    comes from its first word.
    """
    by_take: dict[tuple[str, str], list[Word]] = {}
    for word in words:
        by_take.setdefault((word.participant_id, word.take_id), []).append(word)
    segments = [_segment(run) for each in by_take.values() for run in _runs(each)]
    return tuple(sorted(segments, key=lambda each: (each.interval.start_s, each.segment_id)))


def make_transcript(
    words: Iterable[Word], *, language: str, model: str, left_out: Iterable[str] = ()
) -> Transcript:
    """Return the transcript of words of all participants on the call clock."""
    return Transcript(language, model, make_segments(words), left_out=tuple(left_out))


def _mapped(interval: Interval, clock: ClockMap) -> Interval:
    start_s = round(clock(interval.start_s), _DIGITS)
    return Interval(start_s, max(start_s, round(clock(interval.end_s), _DIGITS)))


def _runs(words: list[Word]) -> Iterable[list[Word]]:
    run: list[Word] = []
    for word in sorted(words, key=lambda each: (each.interval.start_s, each.word_id)):
        if run and _is_apart(run[-1], word):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _is_apart(last: Word, word: Word) -> bool:
    return ends_sentence(last.text) or word.interval.start_s - last.interval.end_s >= _BREATH_S


def _segment(words: Sequence[Word]) -> Segment:
    first = words[0]
    return Segment(f"{first.word_id}-segment", first.participant_id, tuple(words))
