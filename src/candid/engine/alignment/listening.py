"""Who is heard in whose track: each take's voice looked for in the other take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.evidence import TakeEvidence
from candid.engine.alignment.lags import LagCurve, agreed_line, coarse_hits, fine_lags
from candid.engine.alignment.result import Evidence
from candid.engine.alignment.sound import SoundPrint, without_own_voice
from candid.engine.alignment.steps import Curves, join_curves

Floats = NDArray[np.float64]

_ROOM_S = 0.02


@dataclass(frozen=True, slots=True)
class Search:
    """A sound of one take to be looked for in the other, and how late it can be there.

    `delay_s` bounds the delay between the two tracks, beyond what the clocks differ by.
    """

    through: Evidence
    words: str
    source: SoundPrint
    listener: SoundPrint
    delay_s: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A search that ended well, with its lags."""

    search: Search
    curve: LagCurve


@dataclass(frozen=True, slots=True)
class Listening:
    """What sound tells of two takes: the second hears the first, the first hears the second.

    `tried` says in words what was looked at and how it ended.
    """

    there: Found | None
    back: Found | None
    tried: tuple[str, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The kinds of tracks in which something was found."""
        kinds = {found.search.through for found in (self.there, self.back) if found}
        return tuple(kind for kind in ("guides", "bleed") if kind in kinds)

    def curves(self) -> Curves:
        """Return the lags as curves on the first take's clock: second's clock less first's."""
        nothing = (np.zeros(0), np.zeros(0))
        there = self.there.curve if self.there else None
        back = self.back.curve if self.back else None
        return join_curves(
            (there.source_s, there.lags_s) if there else nothing,
            (back.listener_s, -back.lags_s) if back else nothing,
        )


def listen(first: TakeEvidence, second: TakeEvidence, options: AlignOptions) -> Listening:
    """Look for each take's voice in the other one; else for any sound that both recorded."""
    tried: list[str] = []
    if first.participant_id == second.participant_id:
        return Listening(
            _first_found(_in_common(first, second, options), options, tried), None, tuple(tried)
        )
    there = _first_found(_voice_of(first, second, options), options, tried)
    back = _first_found(_voice_of(second, first, options), options, tried)
    if there is None and back is None:
        there = _first_found(_in_one_room(first, second, options), options, tried)
    return Listening(there, back, tuple(tried))


def _voice_of(
    speaker: TakeEvidence, other: TakeEvidence, options: AlignOptions
) -> Iterator[Search]:
    """Yield the tracks of the other take that may hold the speaker's voice, best first."""
    if speaker.microphone is None:
        return
    delay_s = (0.0, options.max_delay_s)
    words = f"{speaker.take_id}'s voice in"
    if other.heard is not None:
        yield Search(
            "guides",
            f"{words} what {other.take_id} heard",
            speaker.microphone,
            other.heard,
            delay_s,
        )
    if other.microphone is not None:
        bleed = without_own_voice(other.microphone)
        yield Search(
            "bleed", f"{words} the bleed of {other.take_id}", speaker.microphone, bleed, delay_s
        )


def _in_common(
    first: TakeEvidence, second: TakeEvidence, options: AlignOptions
) -> Iterator[Search]:
    """Yield what two takes of one participant share: the room, and the peers both heard."""
    apart_s = options.max_delay_s
    if first.microphone is not None and second.microphone is not None:
        words = f"the room of {first.take_id} in that of {second.take_id}"
        yield Search("bleed", words, first.microphone, second.microphone, (-_ROOM_S, _ROOM_S))
    if first.heard is not None and second.heard is not None:
        words = f"what {first.take_id} heard in what {second.take_id} heard"
        yield Search("guides", words, first.heard, second.heard, (-apart_s, apart_s))


def _in_one_room(
    first: TakeEvidence, second: TakeEvidence, options: AlignOptions
) -> Iterator[Search]:
    """Yield the two microphones as they are: one room, or one a mix that holds the other."""
    apart_s = options.max_delay_s
    if first.microphone is not None and second.microphone is not None:
        words = f"all of {first.take_id} in all of {second.take_id}"
        yield Search("bleed", words, first.microphone, second.microphone, (-apart_s, apart_s))


def _first_found(
    searches: Iterator[Search], options: AlignOptions, tried: list[str]
) -> Found | None:
    """Return the first search that finds enough, and note how each one ended."""
    for search in searches:
        curve = find_sound(search.source, search.listener, options)
        tried.append(f"{search.words}: {len(curve)} of {curve.looked_at} windows agree")
        if len(curve) >= options.min_windows:
            return Found(search, curve)
    return None


def find_sound(source: SoundPrint, listener: SoundPrint, options: AlignOptions) -> LagCurve:
    """Return where the source is found in the listener; an empty curve where it is not."""
    line = agreed_line(coarse_hits(source, listener, options))
    if line is None:
        nothing = np.zeros(0)
        return LagCurve(nothing, nothing, nothing, 0)
    return fine_lags(source, listener, line, options)
