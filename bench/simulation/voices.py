"""Two voices that talk in turns, made from a seed: material to align, never to listen to.

A voice is a chain of syllables: a pulse train with a moving pitch through three moving
resonances, or a burst of noise. Where recorded speech is at hand it may be used
instead; its phrases are drawn at random and replayed at random speeds, so that no two
stretches of a long conversation are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

RATE_HZ = 16_000
SPEECH_RMS = 0.07

Pcm = NDArray[np.int16]
Wave = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A breath of one speaker: `speaker` is 0 or 1, times in seconds of the true clock."""

    speaker: int
    start_s: float
    end_s: float


def turns(duration_s: float, rng: np.random.Generator) -> list[Phrase]:
    """Return who speaks when: turns of 2 to 25 s in breaths, pauses, some overlap."""
    phrases: list[Phrase] = []
    now_s, speaker = float(rng.uniform(0.5, 2.0)), int(rng.integers(2))
    while now_s < duration_s:
        turn_end_s = now_s + float(np.clip(rng.lognormal(2.0, 0.7), 2.0, 25.0))
        while now_s < turn_end_s:
            end_s = now_s + float(rng.uniform(0.8, 4.0))
            phrases.append(Phrase(speaker, now_s, end_s))
            now_s = end_s + float(rng.uniform(0.15, 0.9))
        if rng.random() < 0.3:  # a word of assent while the other one speaks
            at_s = float(rng.uniform(phrases[-1].start_s, phrases[-1].end_s))
            phrases.append(Phrase(1 - speaker, at_s, at_s + 0.5))
        if rng.random() < 0.06:
            now_s += float(rng.uniform(2.0, 6.0))
        now_s += float(rng.uniform(-0.3, 0.8))
        speaker = 1 - speaker
    return [phrase for phrase in phrases if phrase.end_s < duration_s]


class Synthesiser:
    """One made-up voice: `pitch_hz` is its middle pitch."""

    def __init__(self, pitch_hz: float, rng: np.random.Generator) -> None:
        self.pitch_hz = pitch_hz
        self.rng = rng

    def phrase(self, n_samples: int) -> Wave:
        """Return `n_samples` of talk at RATE_HZ, about SPEECH_RMS loud."""
        out = np.zeros(n_samples, dtype=np.float32)
        at = 0
        while at < n_samples:
            syllable = self._syllable(int(self.rng.integers(1600, 4200)))
            stop = min(n_samples, at + len(syllable))
            out[at:stop] += syllable[: stop - at]
            at += int(len(syllable) * 0.9)
        return out

    def _syllable(self, n: int) -> Wave:
        rng = self.rng
        t = np.arange(n) / RATE_HZ
        pitch = self.pitch_hz * 2 ** rng.normal(0, 0.2) * (1 + rng.normal(0, 0.25) * t / t[-1])
        phase = np.cumsum(pitch) / RATE_HZ
        pulses = np.diff(np.mod(phase, 1.0), prepend=0.0) + rng.normal(0, 0.03, n)
        onset = rng.normal(0, 1.0, n) * np.exp(-t / rng.uniform(0.005, 0.05))
        spectrum = fft.rfft(pulses) * self._resonances(n)
        noise = fft.rfft(onset) * (np.arange(n // 2 + 1) / n) * rng.uniform(0, 0.6)
        wave = fft.irfft(spectrum / max(1e-9, float(np.abs(spectrum).max())) + noise / n, n)
        wave *= np.sin(np.pi * np.minimum(1.0, (t + 0.004) / t[-1])) ** 0.5
        loud = SPEECH_RMS * rng.uniform(0.6, 1.4) / max(1e-9, float(wave.std()))
        return np.asarray(wave * loud, dtype=np.float32)

    def _resonances(self, n: int) -> NDArray[np.float64]:
        freq = np.arange(n // 2 + 1) * RATE_HZ / n
        shape = np.full(len(freq), 0.01)
        for low, high, width in ((250, 850, 90), (850, 2300, 120), (2300, 3300, 180)):
            centre = self.rng.uniform(low, high)
            shape += 1.0 / (1.0 + ((freq - centre) / width) ** 2)
        return shape


class Reader:
    """A voice made of recorded speech [each shape=(n,), at RATE_HZ], replayed at many speeds."""

    def __init__(self, recordings: Sequence[Wave], speed: float, rng: np.random.Generator) -> None:
        self.recordings = list(recordings)
        self.speed = speed
        self.rng = rng

    def phrase(self, n_samples: int) -> Wave:
        """Return `n_samples` taken from a random place of a random recording."""
        speed = self.speed * float(self.rng.uniform(0.9, 1.1))
        need = int(n_samples * speed) + 2
        source = self.recordings[int(self.rng.integers(len(self.recordings)))]
        start = int(self.rng.integers(max(1, len(source) - need)))
        taken = np.resize(source[start : start + need], need)
        out = np.interp(np.arange(n_samples) * speed, np.arange(need), taken)
        out *= signal.windows.tukey(n_samples, 0.05)
        return np.asarray(out * SPEECH_RMS / max(1e-4, float(out.std())), dtype=np.float32)


def voices(
    duration_s: float, seed: int, recordings: Sequence[Wave] = ()
) -> tuple[Pcm, Pcm, list[Phrase]]:
    """Return both speakers' dry voices [each shape=(duration_s * RATE_HZ,)] and the phrases."""
    rng = np.random.default_rng(seed)
    n_samples = int(duration_s * RATE_HZ)
    both = (np.zeros(n_samples, dtype=np.int16), np.zeros(n_samples, dtype=np.int16))
    speakers: list[Synthesiser | Reader]
    if recordings:
        speakers = [Reader(recordings, speed, rng) for speed in (0.95, 1.1)]
    else:
        speakers = [Synthesiser(pitch, rng) for pitch in (115.0, 205.0)]
    spoken = turns(duration_s, rng)
    for phrase in spoken:
        start, stop = int(phrase.start_s * RATE_HZ), int(phrase.end_s * RATE_HZ)
        wave = speakers[phrase.speaker].phrase(stop - start)
        room = both[phrase.speaker][start:stop]
        room += np.clip(wave[: len(room)] * 32767, -20000, 20000).astype(np.int16)
    return both[0], both[1], spoken
