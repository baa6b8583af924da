"""Packing stretches of speech into windows for the recogniser, and mapping its times back.

The recogniser always works through 30 s at once, so that short stretches are laid
one behind the other into one window: a conversation costs what its speech costs, and
never its pauses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from candid.engine.timebase import Interval
from candid.engine.transcript.sound import SPEECH_RATE_HZ, Samples

WINDOW_S = 29.0
"""Longest window: the recogniser's 30 s less a margin for its last timestamp."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as the recogniser gives it: text, seconds in its window, probability 0 to 1."""

    text: str
    interval: Interval
    probability: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the sound, and where in the window it begins."""

    source: Interval
    at_s: float

    @property
    def end_s(self) -> float:
        """Where in the window it ends."""
        return self.at_s + self.source.duration_s


@dataclass(frozen=True, slots=True)
class Window:
    """Stretches of speech laid one behind the other, at most `WINDOW_S` in all."""

    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        """Length of the window."""
        return self.pieces[-1].end_s

    def gather(self, samples: Samples) -> Samples:
        """Return the window's sound [shape=(m,)] from the samples that hold its stretches."""
        cut = [
            samples[_sample(p.source.start_s) : _sample(p.source.start_s) + _length(p)]
            for p in self.pieces
        ]
        return np.concatenate(cut)

    def place(self, word: HeardWord) -> HeardWord:
        """Return a word with its times in the sound instead of in the window.

        A word belongs to the stretch in which its middle lies and is cut to it: speech
        never runs across the joint of two stretches.
        """
        piece = min(self.pieces, key=lambda each: _distance_s(each, word.interval.middle_s))
        first_s, last_s = piece.source.start_s, piece.source.end_s
        shift_s = first_s - piece.at_s
        start_s = min(max(word.interval.start_s + shift_s, first_s), last_s)
        end_s = min(max(word.interval.end_s + shift_s, start_s), last_s)
        return HeardWord(word.text, Interval(start_s, end_s), word.probability)


def pack_windows(speech: Iterable[Interval], *, longest_s: float = WINDOW_S) -> tuple[Window, ...]:
    """Lay stretches of speech, in order, into as few windows as greedy filling needs.

    A stretch that is longer than a window is cut at the window's end: give stretches
    that were cut at a quiet place before.
    """
    windows: list[Window] = []
    pieces: list[Piece] = []
    filled_s = 0.0
    for stretch in _at_most(speech, longest_s):
        if pieces and filled_s + stretch.duration_s > longest_s:
            windows.append(Window(tuple(pieces)))
            pieces, filled_s = [], 0.0
        piece = Piece(stretch, filled_s)
        pieces.append(piece)
        filled_s += _length(piece) / SPEECH_RATE_HZ
    if pieces:
        windows.append(Window(tuple(pieces)))
    return tuple(windows)


def _at_most(speech: Iterable[Interval], longest_s: float) -> Iterable[Interval]:
    for stretch in speech:
        start_s = stretch.start_s
        while stretch.end_s - start_s > longest_s:
            yield Interval(start_s, start_s + longest_s)
            start_s += longest_s
        if stretch.end_s > start_s:
            yield Interval(start_s, stretch.end_s)


def _sample(time_s: float) -> int:
    return round(time_s * SPEECH_RATE_HZ)


def _length(piece: Piece) -> int:
    return _sample(piece.source.duration_s)


def _distance_s(piece: Piece, time_s: float) -> float:
    return max(piece.at_s - time_s, time_s - piece.end_s, 0.0)
