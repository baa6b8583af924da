"""Word edges brought to where the sound begins and ends.

The recogniser's word times come from the attention of a network that looks at 20 ms
steps and is off by a constant of its own: on average it sets a word's start where the
word before ends, or later. Each start is moved by that constant (the lag) and then to
the place nearby where speech sets in: the end of a silence, or the steepest rise of the
sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from candid.engine.timebase import Interval
from candid.engine.transcript.activity import STEP_S, Envelope, noise_floor_db, stretches
from candid.engine.transcript.sound import Samples
from candid.engine.transcript.windows import HeardWord

_FRAME_SAMPLES = 400
_HOP_SAMPLES = 160
# Edges of the bands whose rise is an onset, in bins of 40 Hz: 80 Hz to 8 kHz, wider as they rise.
_BANDS = (2, 5, 8, 12, 17, 24, 33, 45, 60, 80, 110, 150)


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """How far edges move, and what counts as silence.

    Silence is what is less than `above_floor_db` above the room and more than
    `below_voice_db` below the voice, for `shortest_silence_s` at least. A start moves to
    the end of a silence that begins up to `ahead_s` after it or ends up to `back_s`
    before it; otherwise to the strongest onset within `reach_s`, the nearer the better
    (`spread_s`: standard deviation). A word of which less than `least_voiced` is louder
    than silence lies over silence.
    """

    above_floor_db: float = 9.0
    below_voice_db: float = 32.0
    shortest_silence_s: float = 0.1
    back_s: float = 0.1
    ahead_s: float = 0.3
    reach_s: float = 0.12
    spread_s: float = 0.05
    onset_weight: float = 0.3
    shortest_word_s: float = 0.03
    longest_tail_s: float = 0.3
    least_voiced: float = 0.25


@dataclass(frozen=True, slots=True)
class EdgedWord:
    """A word with its edges in place, and whether it lies over silence."""

    text: str
    interval: Interval
    probability: float
    is_over_silence: bool


def snap_edges(
    words: Sequence[HeardWord],
    samples: Samples,
    envelope: Envelope,
    lag_s: float = 0.0,
    options: EdgeOptions | None = None,
) -> tuple[EdgedWord, ...]:
    """Return words with their edges on the sound's own.

    `samples` are at 16 kHz, `envelope` is theirs, both from time 0 of the words' clock.
    `lag_s` is what the recogniser's starts are early by. The words keep their order, do
    not overlap, and last `shortest_word_s` each as far as there is room.
    """
    options = options or EdgeOptions()
    ordered = sorted(words, key=lambda word: word.interval)
    if not ordered:
        return ()
    scene = _Scene(samples, envelope, options)
    starts, silences = [], []
    for at, word in enumerate(ordered):
        after = ordered[at + 1].interval.start_s if at + 1 < len(ordered) else np.inf
        latest_s = min(word.interval.end_s, after) + lag_s - options.shortest_word_s
        start_s, silence = scene.onset(word.interval.start_s + lag_s, latest_s)
        starts.append(start_s)
        silences.append(silence)
    starts = _in_order(starts, envelope.end_s, options.shortest_word_s)
    return tuple(
        _edged(word, starts[at], scene.offset(word, at, starts, silences), scene)
        for at, word in enumerate(ordered)
    )


def onset_strength(samples: Samples) -> NDArray[np.float64]:
    """Return how steeply the sound rises, one value a 10 ms step [shape=(n,)], median 1.

    The mean rise over 40 ms of the levels of twelve bands in dB, each cut off a little
    above its own quiet (spectral flux). Value `i` is for the 10 ms from `i * 0.01` s.
    """
    n = len(samples) // _HOP_SAMPLES
    padded = np.pad(samples, (_FRAME_SAMPLES // 2 - _HOP_SAMPLES // 2, _FRAME_SAMPLES))
    _, _, bins = signal.stft(
        padded,
        nperseg=_FRAME_SAMPLES,
        noverlap=_FRAME_SAMPLES - _HOP_SAMPLES,
        boundary=None,
        padded=False,
    )
    power = np.add.reduceat(np.abs(bins[:, :n]) ** 2, _BANDS, axis=0)
    level_db = 10 * np.log10(power + 1e-9)
    level_db = np.maximum(level_db, np.percentile(level_db, 15, axis=1, keepdims=True) + 6)
    strength = np.zeros(level_db.shape[1])
    strength[2:-2] = np.maximum(level_db[:, 4:] - level_db[:, :-4], 0).mean(axis=0)
    risen = strength[strength > 1]
    return strength / (float(np.median(risen)) if len(risen) else 1.0)


class _Scene:
    """The sound around the words: its silences and its onsets."""

    def __init__(self, samples: Samples, envelope: Envelope, options: EdgeOptions) -> None:
        self._options = options
        self._onsets = onset_strength(samples)
        self._voice = envelope.level_db >= _silence_db(envelope.level_db, options)
        silences = stretches(~self._voice)
        self._silences = [s for s in silences if s.duration_s >= options.shortest_silence_s]
        self._ends = [silence.end_s for silence in self._silences]

    def onset(self, expected_s: float, latest_s: float) -> tuple[float, Interval | None]:
        """Return where speech sets in near `expected_s`, and the silence it ends, if any."""
        silence = self._silence_near(expected_s, max(latest_s, expected_s))
        if silence is not None:
            return silence.end_s, silence
        reach_s = self._options.reach_s
        first = max(0, round((expected_s - reach_s) / STEP_S))
        last = min(len(self._onsets), round(min(latest_s, expected_s + reach_s) / STEP_S) + 1)
        if last <= first:
            return max(0.0, expected_s), None
        away = np.arange(first, last) * STEP_S - expected_s
        score = self._options.onset_weight * self._onsets[first:last]
        score = score - 0.5 * (away / self._options.spread_s) ** 2
        return (first + int(np.argmax(score))) * STEP_S, None

    def _silence_near(self, expected_s: float, latest_s: float) -> Interval | None:
        """Return the longest and nearest silence that a word expected here may end."""
        best, best_score = None, 0.0
        first = int(np.searchsorted(self._ends, expected_s - self._options.back_s))
        for silence in self._silences[first:]:
            if silence.start_s > expected_s + self._options.ahead_s or silence.end_s > latest_s:
                break
            away_s = max(silence.start_s - expected_s, expected_s - silence.end_s, 0.0)
            score = min(silence.duration_s, 0.5) - 1.5 * away_s
            if score > best_score:
                best, best_score = silence, score
        return best

    def offset(
        self,
        word: HeardWord,
        at: int,
        starts: Sequence[float],
        silences: Sequence[Interval | None],
    ) -> float:
        """Return where word number `at` ends: with its sound, or where the next one begins."""
        shortest_s = starts[at] + self._options.shortest_word_s
        end_s = self._voice_end_s(shortest_s, max(word.interval.end_s, shortest_s))
        if at + 1 == len(starts):
            return end_s
        silence = silences[at + 1]
        if silence is not None and silence.start_s > shortest_s:
            end_s = min(end_s, silence.start_s)
        return min(end_s, starts[at + 1])

    def _voice_end_s(self, shortest_s: float, end_s: float) -> float:
        """Return where the voice around `end_s` ends: after it, or before in a silent tail."""
        first = round(shortest_s / STEP_S)
        end = min(round(end_s / STEP_S), len(self._voice))
        limit = min(len(self._voice), end + round(self._options.longest_tail_s / STEP_S))
        while end < limit and self._voice[end]:
            end += 1
        while end > first and not self._voice[end - 1]:
            end -= 1
        return max(end * STEP_S, shortest_s)

    def voiced_share(self, interval: Interval) -> float:
        """Return which part of an interval is louder than silence, 0 to 1."""
        first, last = round(interval.start_s / STEP_S), round(interval.end_s / STEP_S)
        part = self._voice[first : max(last, first + 1)]
        return float(part.mean()) if len(part) else 0.0

    def is_silent(self, interval: Interval) -> bool:
        """Whether a word there lies over silence."""
        return self.voiced_share(interval) < self._options.least_voiced


def _silence_db(level_db: NDArray[np.float32], options: EdgeOptions) -> float:
    """Return the level below which there is silence."""
    voice_db = float(np.percentile(level_db, 95)) if len(level_db) else 0.0
    return max(noise_floor_db(level_db) + options.above_floor_db, voice_db - options.below_voice_db)


def _in_order(starts: Sequence[float], end_s: float, apart_s: float) -> list[float]:
    """Return starts that rise by `apart_s` at least and leave as much before `end_s`.

    Where there is too little room for that, they share what there is.
    """
    apart_s = min(apart_s, end_s / len(starts))
    rising: list[float] = []
    for start_s in starts:
        rising.append(max(start_s, rising[-1] + apart_s) if rising else max(0.0, start_s))
    for at in range(len(rising)):
        latest_s = end_s - apart_s * (len(rising) - at)
        rising[at] = min(rising[at], latest_s)
    return rising


def _edged(word: HeardWord, start_s: float, end_s: float, scene: _Scene) -> EdgedWord:
    interval = Interval(start_s, max(start_s, end_s))
    return EdgedWord(word.text, interval, word.probability, scene.is_silent(interval))
