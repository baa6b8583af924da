"""Words that two takes of one participant both heard, each once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from candid.engine.timebase import Interval, merge_intervals
from candid.engine.transcript.words import Word

# A word is a double from this share of its own length on that is spoken in another take.
_DOUBLE = 0.5


def without_doubles(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words, in the order given, without those that two takes heard twice.

    Words are on the call clock. Where two takes of one participant cover the same moment,
    the take whose first word is earlier is believed: a word of another that overlaps
    believed words by more than half of its own length is dropped. Words of different
    participants never touch each other.
    """
    every = tuple(words)
    by_person: dict[str, dict[str, list[Word]]] = {}
    for word in every:
        takes = by_person.setdefault(word.participant_id, {})
        takes.setdefault(word.take_id, []).append(word)
    kept = {id(word) for takes in by_person.values() for word in _believed(takes)}
    return tuple(word for word in every if id(word) in kept)


def _believed(takes: dict[str, list[Word]]) -> list[Word]:
    """Return the words of one participant's takes that are no doubles."""
    order = sorted(takes, key=lambda take_id: (min(w.interval for w in takes[take_id]), take_id))
    believed: list[Word] = []
    for take_id in order:
        spoken = merge_intervals(word.interval for word in believed)
        believed += [word for word in takes[take_id] if not _is_double(word.interval, spoken)]
    return believed


def _is_double(interval: Interval, spoken: Sequence[Interval]) -> bool:
    """Whether more than half of an interval lies in `spoken`, which is sorted and disjoint."""
    first = max(0, bisect_right(spoken, interval.start_s, key=lambda each: each.start_s) - 1)
    shared_s = 0.0
    for each in spoken[first:]:
        if each.start_s >= interval.end_s:
            break
        shared_s += each.overlap_s(interval)
    if interval.duration_s == 0:
        return bool(spoken) and spoken[first].contains(interval.start_s)
    return shared_s > _DOUBLE * interval.duration_s
