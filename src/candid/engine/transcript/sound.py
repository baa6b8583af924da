"""The sound this room listens to: read by stretch, brought to the recogniser's rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import signal

SPEECH_RATE_HZ = 16_000
"""The rate at which the recogniser and the voice activity detection listen."""

# Input samples read on either side of a stretch, so that the filter of the rate
# conversion sees real sound at both of its ends (the filter spans 2 x 10 periods).
_CONTEXT_S = 0.01

Samples = NDArray[np.float32]


class Sound(Protocol):
    """One microphone as an unbroken run of mono samples, e.g. a recording.SoundTrack."""

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        ...

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        ...

    def read(self, start: int, count: int) -> Samples:
        """Return `count` samples from `start` [shape=(count,)], silence outside the sound."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArraySound:
    """Samples in memory [shape=(n,), within -1 to 1] as a Sound."""

    samples: Samples
    rate_hz: int = SPEECH_RATE_HZ

    @property
    def n_samples(self) -> int:
        """Length in samples."""
        return len(self.samples)

    def read(self, start: int, count: int) -> Samples:
        """Return `count` samples from `start` [shape=(count,)], silence outside the array."""
        found = np.zeros(count, dtype=np.float32)
        first, last = max(0, start), min(len(self.samples), start + count)
        if first < last:
            found[first - start : last - start] = self.samples[first:last]
        return found


def duration_s(sound: Sound) -> float:
    """Return the length of a sound in seconds of its own clock."""
    return sound.n_samples / sound.rate_hz


def read_speech(sound: Sound, start_s: float, end_s: float) -> Samples:
    """Return the sound from `start_s` to `end_s` at 16 kHz.

    Sample `i` of the result [shape=(round((end_s - start_s) * 16000),)] is the sound at
    `start_s + i / 16000`. The conversion is polyphase with a linear-phase filter, whose
    delay is taken off again; both ends are computed from the sound around the stretch.
    Where `rate_hz` and 16 kHz have no small common ratio, `start_s` is kept to the
    nearest input sample.
    """
    count = round((end_s - start_s) * SPEECH_RATE_HZ)
    common = math.gcd(sound.rate_hz, SPEECH_RATE_HZ)
    up, down = SPEECH_RATE_HZ // common, sound.rate_hz // common
    if up == down:
        return sound.read(round(start_s * sound.rate_hz), count)
    # The context is a whole number of `down`, so that output samples fall on it exactly.
    context = math.ceil(_CONTEXT_S * sound.rate_hz / down) * down
    needed = math.ceil(count * down / up) + 2 * context
    wide = sound.read(round(start_s * sound.rate_hz) - context, needed)
    narrow = signal.resample_poly(wide, up, down).astype(np.float32)
    skip = context // down * up
    return narrow[skip : skip + count]
