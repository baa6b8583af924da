"""Corrections of an earlier transcript, laid over words that were heard anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from candid.engine.timebase import Interval
from candid.engine.transcript.corrections import check_corrections, word_places
from candid.engine.transcript.words import Correction, SetAside, Transcript, Word


def relay_corrections(
    old: Transcript, new: Transcript, forbidden: Sequence[Interval] = ()
) -> Transcript:
    """Return `new` with the corrections of `old`, and those `old` had set aside, over its words.

    A correction stays on its words where all of them are there and follow each other.
    Elsewhere it is laid over the words of the same participant whose middles lie where its
    own words were, if they are free. What finds no place is kept in `set_aside`, and tried
    again each time; `left_out` says when it would be, never what it says. Corrections that
    `new` brings along come first. Nothing is kept twice, however often this is called.

    Only what overlaps `forbidden` (struck time, in `call_s`) is dropped, and counted in
    `left_out`: on words that are there by their time now, else by the time they had.
    `is_read` goes over from `old` where no word is other than it was and nothing is set
    aside. Raises ValueError if either transcript fails `check_corrections`.
    """
    check_corrections(old)
    check_corrections(new)
    layer = _Layer(new)
    offers = [*_offers(new), *_offers(old)]
    homeless = [each for each in offers if not (each.correction and layer.lay(each.correction))]
    asides = dict.fromkeys(each.aside for each in homeless)
    allowed = [each for each in asides if not _is_struck(each.interval, forbidden)]
    set_aside = tuple(each for each in allowed if not layer.lay_by_time(each))
    kept = tuple(each for each in layer.laid if not _is_struck(layer.span(each), forbidden))
    n_struck = len(asides) - len(allowed) + len(layer.laid) - len(kept)
    told = [*_told_struck(n_struck), *_told_aside(set_aside)]
    return replace(
        new,
        corrections=kept,
        set_aside=set_aside,
        left_out=tuple(dict.fromkeys([*new.left_out, *told])),
        is_read=new.is_read or (old.is_read and not set_aside and _is_known(new, old)),
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """A correction with the place of its words in time; None where it was set aside before."""

    correction: Correction | None
    aside: SetAside


class _Layer:
    """Corrections while they are being laid over the words of a transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self.laid: list[Correction] = []
        self._words = transcript.words
        self._by_id = {word.word_id: word for word in self._words}
        self._places = word_places(self._words)
        self._covering: dict[str, Correction] = {}

    def lay(self, correction: Correction) -> bool:
        """Lay a correction over its words if they are free; True if it lies there now."""
        ids = correction.word_ids
        if not ids or not all(word_id in self._places for word_id in ids):
            return False
        if all(self._covering.get(word_id) == correction for word_id in ids):
            return True
        who, first = self._places[ids[0]]
        follow = [self._places[word_id] for word_id in ids]
        is_run = follow == [(who, first + at) for at in range(len(ids))]
        if not is_run or any(word_id in self._covering for word_id in ids):
            return False
        self.laid.append(correction)
        self._covering.update(dict.fromkeys(ids, correction))
        return True

    def lay_by_time(self, aside: SetAside) -> bool:
        """Lay what was set aside over the words that are where its own were."""
        ids = tuple(
            word.word_id
            for word in self._words
            if word.participant_id == aside.participant_id
            and _holds(aside.interval, word.interval.middle_s)
        )
        return self.lay(Correction(ids, aside.text))

    def span(self, correction: Correction) -> Interval:
        """Return the time of a correction that is laid."""
        return _span([self._by_id[word_id] for word_id in correction.word_ids])


def _offers(transcript: Transcript) -> list[_Offer]:
    by_id = {word.word_id: word for word in transcript.words}
    offers = []
    for correction in transcript.corrections:
        words = [by_id[word_id] for word_id in correction.word_ids]
        aside = SetAside(words[0].participant_id, _span(words), correction.text)
        offers.append(_Offer(correction, aside))
    return [*offers, *(_Offer(None, each) for each in transcript.set_aside)]


def _span(words: Sequence[Word]) -> Interval:
    return Interval(words[0].interval.start_s, max(word.interval.end_s for word in words))


def _holds(interval: Interval, time_s: float) -> bool:
    """Whether a time is in an interval; one without length holds its only instant."""
    return interval.contains(time_s) or time_s == interval.start_s


def _is_struck(interval: Interval, forbidden: Sequence[Interval]) -> bool:
    return any(
        each.overlap_s(interval) > 0 or each.contains(interval.start_s) for each in forbidden
    )


def _is_known(new: Transcript, old: Transcript) -> bool:
    """Whether every word of `new` stood in `old` with the same text."""
    return {(word.word_id, word.text) for word in new.words} <= {
        (word.word_id, word.text) for word in old.words
    }


def _told_struck(n_struck: int) -> list[str]:
    return [f"corrections dropped because they lie in struck time: {n_struck}"] if n_struck else []


def _told_aside(set_aside: Sequence[SetAside]) -> list[str]:
    """Say when each correction would be, without its text."""
    return [
        f"set_aside[{number}]: a correction from {each.interval.start_s:.1f} to "
        f"{each.interval.end_s:.1f} s fits no words that were heard; it is kept for later"
        for number, each in enumerate(set_aside)
    ]
