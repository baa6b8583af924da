"""Every passage that could be kept, and what an editor would give for it.

Worth and prices are in seconds of a plain passage: see the tables in docs/cut.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from candid.engine.cut.defaults import PassageOptions, Prices
from candid.engine.cut.edges import Ties, end_price_s, start_price_s, ties
from candid.engine.cut.lexicon import Lexicon, bare
from candid.engine.cut.passages import Beat, passage_interval
from candid.engine.cut.scores import Features, beat_features, worths
from candid.engine.cut.selection import Candidate, Floats

_PAUSE_WORTH = 0.6
_PAUSE_COUNTS_TO_S = 2.0
_BEGINNING, _END = 0.35, 0.7
_EDGE_BEATS = 3
_HEARD_ENOUGH_S = 12.0
_NERVOUS_S = 8.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation as the selection sees it; all tuples are one entry a beat.

    `start_prices_s` and `end_prices_s` speak against starting or ending a passage there.
    `worth_before_s` [n_beats + 1] is the summed worth of all earlier beats and pauses.
    """

    beats: tuple[Beat, ...]
    features: tuple[Features, ...]
    ties: tuple[Ties, ...]
    hope: tuple[float, ...]
    start_prices_s: tuple[float, ...]
    end_prices_s: tuple[float, ...]
    worth_before_s: tuple[float, ...]

    def worth_s(self, first: int, last: int) -> float:
        """Return what beats `first` to `last`, both inclusive, are worth."""
        whole_s = self.worth_before_s[last + 1] - self.worth_before_s[first]
        return whole_s - _pause_worth_s(self.beats[first])


def read_beats(beats: Sequence[Beat], lexicon: Lexicon, options: PassageOptions) -> Reading:
    """Judge every beat, and every place where a passage could start or end."""
    features, hanging, prices = beat_features(beats, lexicon), ties(beats, lexicon), options.prices
    values = worths(beats, features)
    return Reading(
        beats=tuple(beats),
        features=features,
        ties=hanging,
        hope=tuple(_hope(beat, lexicon) for beat in beats),
        start_prices_s=tuple(
            start_price_s(beat, tie, lexicon, prices)
            for beat, tie in zip(beats, hanging, strict=True)
        ),
        end_prices_s=tuple(
            end_price_s(beat, tie, value, prices)
            for beat, tie, value in zip(beats, [*hanging[1:], Ties()], values, strict=True)
        ),
        worth_before_s=_worth_before_s(beats, values),
    )


def _hope(beat: Beat, lexicon: Lexicon) -> float:
    return min(1.0, sum(bare(word.text) in lexicon.hope for word in beat.words) / 2)


def _worth_before_s(beats: Sequence[Beat], values: Floats) -> tuple[float, ...]:
    each_s = [
        value * beat.interval.duration_s + _pause_worth_s(beat)
        for beat, value in zip(beats, values, strict=True)
    ]
    return (0.0, *np.cumsum(each_s).tolist())


def _pause_worth_s(beat: Beat) -> float:
    """Return what the pause before a beat is worth, if it is kept: little, and not for ever."""
    return _PAUSE_WORTH * min(_PAUSE_COUNTS_TO_S, beat.room_before_s)


def candidates(reading: Reading, target_s: float, options: PassageOptions) -> list[Candidate]:
    """Return every passage of allowed length, with its worth less all prices."""
    usual_s = _usual_leap_s(reading, target_s, options)
    return [
        _candidate(reading, (first, last), duration_s, usual_s, options)
        for first in range(len(reading.beats))
        for last, duration_s in _lasts(reading, first, options)
    ]


def _lasts(reading: Reading, first: int, options: PassageOptions) -> list[tuple[int, float]]:
    """Return where a passage from beat `first` could end, and how long it would be."""
    beats = reading.beats
    found: list[tuple[int, float]] = []
    for last in range(first, len(beats)):
        if beats[last].stretch != beats[first].stretch:
            break
        duration_s = passage_interval(beats[first], beats[last], options).duration_s
        if duration_s > options.longest_passage_s and last > first:
            break
        if duration_s >= options.shortest_passage_s:
            found.append((last, duration_s))
    return found


def _candidate(
    reading: Reading,
    span: tuple[int, int],
    duration_s: float,
    usual_leap_s: float,
    options: PassageOptions,
) -> Candidate:
    (first, last), prices = span, options.prices
    price_s = prices.passage_s + reading.start_prices_s[first] + reading.end_prices_s[last]
    price_s += _cut_short_s(reading, span, prices)
    price_s += prices.overlong * max(0.0, duration_s - 2 * options.usual_passage_s)
    price_s += prices.brief * max(0.0, options.usual_passage_s / 2 - duration_s)
    unheard_s = max(0.0, reading.worth_before_s[-1] - reading.worth_before_s[last + 1])
    missed_s = max(0.0, reading.worth_before_s[first])
    opening_s = prices.leap_s * (missed_s / usual_leap_s) ** 2
    about_the_call = float(
        np.mean([each.logistics for each in reading.features[first : first + _EDGE_BEATS]])
    )
    early = max(0.0, 1 - _place(reading, first) / _BEGINNING)
    opening_s += prices.early_opening_s * early * (1 - 2 * about_the_call)
    closing_s = prices.leap_s * (unheard_s / usual_leap_s) ** 2
    closing_s += prices.late_closing_s * max(0.0, (_place(reading, last) - _END) / (1 - _END))
    closing_s += prices.hopeful_closing_s * float(
        np.mean(reading.hope[max(first, last + 1 - _EDGE_BEATS) : last + 1])
    )
    return Candidate(
        first,
        last,
        duration_s,
        float(reading.worth_s(first, last) - duration_s - price_s),
        opening=-opening_s,
        closing=-closing_s,
    )


def _cut_short_s(reading: Reading, span: tuple[int, int], prices: Prices) -> float:
    """Return what speaks against leaving somebody who has hardly begun and goes on."""
    first, last = span
    if last + 1 == len(reading.beats) or not reading.ties[last + 1].goes_on:
        return 0.0
    begun = last
    while begun > first and reading.ties[begun].goes_on:
        begun -= 1
    heard_s = reading.beats[last].interval.end_s - reading.beats[begun].interval.start_s
    return prices.cut_short_s * max(0.0, 1 - heard_s / _HEARD_ENOUGH_S)


def _place(reading: Reading, at: int) -> float:
    """Return where in the talk a beat lies: 0 at its beginning, 1 at its end."""
    start_s = reading.beats[0].interval.start_s
    end_s = reading.beats[-1].interval.end_s
    return (reading.beats[at].interval.middle_s - start_s) / max(end_s - start_s, 1e-9)


def _usual_leap_s(reading: Reading, target_s: float, options: PassageOptions) -> float:
    """Return the worth left out at one cut, if the cuts left out equal parts of the talk."""
    talk_s = reading.beats[-1].interval.end_s - reading.beats[0].interval.start_s
    share = max(0.0, 1 - target_s / max(talk_s, 1e-9))
    n_passages = max(1.0, target_s / options.usual_passage_s)
    return max(1.0, share * abs(reading.worth_before_s[-1]) / (n_passages + 1))


def leaps(reading: Reading, target_s: float, options: PassageOptions) -> Floats:
    """Return the price of every leap [shape=(n_beats, n_beats)], from last to first beat.

    A leap over as much worth as the usual one costs `leap_s`; the price grows with the
    square, so that no long part of the conversation goes unheard for little. Beats that
    follow each other without a cut belong to one passage: no leap joins them.
    """
    before_s = np.asarray(reading.worth_before_s)
    missed_s = np.maximum(0.0, before_s[None, :-1] - before_s[1:, None])
    usual_s = _usual_leap_s(reading, target_s, options)
    prices_s = np.asarray(options.prices.leap_s * (missed_s / usual_s) ** 2, dtype=np.float64)
    prices_s += options.prices.nervous_s * np.maximum(0.0, 1 - missed_s / _NERVOUS_S)
    prices_s[np.tril_indices(len(prices_s))] = np.inf
    for at in range(1, len(prices_s)):
        if reading.beats[at].stretch == reading.beats[at - 1].stretch:
            prices_s[at - 1, at] = np.inf
    return prices_s
