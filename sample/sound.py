"""The sound of the call in true time: two rooms, two microphones, a network between.

True time is the script's call clock, in seconds. Signals are float32 at 48 kHz on one
grid that starts at `Grid.start_s`; full scale is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Floats = NDArray[np.float32]
Times = NDArray[np.float64]

RATE_HZ = 48_000
SPOKEN_DBFS = -23.0  # active level of the shipped speech
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Grid:
    """A stretch of true time with a sample every 1 / 48,000 s."""

    start_s: float
    end_s: float

    @property
    def n_samples(self) -> int:
        """Samples from start to end."""
        return round((self.end_s - self.start_s) * RATE_HZ)


@dataclass(frozen=True, slots=True)
class Room:
    """What one person's room and microphone do to a voice."""

    speaking_dbfs: float
    noise_dbfs: float
    noise_corner_hz: float
    hum_hz: float
    echo_s: float
    echo_db: float
    bleed_db: float
    bleed_corner_hz: float
    seed: int


@dataclass(frozen=True, slots=True)
class Path:
    """The way of one person's sound to the other's ear.

    `delay_knots` are (true time, delay) in seconds, joined by straight lines: a step is
    a short slope, as a jitter buffer stretches or squeezes. `losses` are (true time at
    the ear, length) of concealed losses.
    """

    delay_knots: tuple[tuple[float, float], ...]
    losses: tuple[tuple[float, float], ...]

    def delay_s(self, time_s: Times) -> Times:
        """Return the delay of what is heard at `time_s`."""
        knots = np.array(self.delay_knots)
        return np.asarray(np.interp(time_s, knots[:, 0], knots[:, 1]))


def gain(level_db: float) -> float:
    """Return the amplitude factor of a level."""
    return float(10 ** (level_db / 20))


def voice_in_room(voice: Floats, room: Room) -> Floats:
    """Bring a dry voice [shape=(n,)] to its speaking level, with a short room echo."""
    rng = np.random.default_rng(room.seed)
    n = round(room.echo_s * RATE_HZ)
    decay = np.exp(-6.9 * np.arange(n) / n)
    tail = rng.standard_normal(n) * decay
    tail[: round(0.004 * RATE_HZ)] = 0
    tail *= gain(room.echo_db) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    wet = signal.oaconvolve(voice, tail.astype(np.float32))[: len(voice)]
    return np.asarray(wet * gain(room.speaking_dbfs - SPOKEN_DBFS), np.float32)


def room_noise(n: int, room: Room) -> Floats:
    """Return `n` samples of a quiet room: soft low noise, a little hiss, a trace of hum."""
    rng = np.random.default_rng(room.seed + 1)
    white = rng.standard_normal(n, dtype=np.float32)
    low = signal.butter(1, room.noise_corner_hz, fs=RATE_HZ, output="sos")
    noise = signal.sosfilt(low, white).astype(np.float32)
    noise /= np.sqrt(np.mean(noise**2))
    noise += 0.18 * rng.standard_normal(n, dtype=np.float32)
    phase = (2 * np.pi * room.hum_hz / RATE_HZ) * np.arange(n)
    noise += (0.25 * np.sin(phase)).astype(np.float32)
    noise *= gain(room.noise_dbfs) / np.sqrt(np.mean(noise**2))
    return noise


def bleed(heard: Floats, room: Room) -> Floats:
    """Return what of the other's voice gets from the loudspeaker into the microphone.

    Its level is `bleed_db` against the own speaking level.
    """
    low = signal.butter(2, room.bleed_corner_hz, fs=RATE_HZ, output="sos")
    muffled = signal.sosfilt(low, heard).astype(np.float32)
    active = muffled[np.abs(muffled) > 1e-4]
    if not len(active):
        return muffled
    level = np.sqrt(np.mean(active**2))
    return np.asarray(muffled * (gain(room.speaking_dbfs + room.bleed_db) / level), np.float32)


def sampled(source: Floats, grid: Grid, n: int, true_s: Callable[[Times], Times]) -> Floats:
    """Read `source` where `n` samples of another clock fall (cubic Hermite).

    `true_s` gives the true time of sample numbers, as floats.
    """
    out = np.empty(n, np.float32)
    padded = np.pad(source, 2)
    for first in range(0, n, _BLOCK):
        stop = min(first + _BLOCK, n)
        at = (true_s(np.arange(first, stop, dtype=float)) - grid.start_s) * RATE_HZ + 2
        whole = np.clip(np.floor(at).astype(np.int64), 1, len(padded) - 3)
        part = np.clip(at - whole, 0, 1).astype(np.float32)
        a, b, c, d = (padded[whole + k] for k in (-1, 0, 1, 2))
        bend = part * (3 * (b - c) + d - a)
        slope = part * (2 * a - 5 * b + 4 * c - d + bend)
        out[first:stop] = b + 0.5 * part * (c - a + slope)
    return out


def conceal(heard: Floats, losses: list[tuple[int, int]]) -> None:
    """Replace lost stretches (first sample, length), in place, by a fading repeat of 20 ms."""
    period = RATE_HZ // 50
    for first, length in losses:
        if first < period or first + length > len(heard):
            continue
        repeat = np.resize(heard[first - period : first], length)
        heard[first : first + length] = repeat * np.linspace(0.9, 0.2, length, dtype=np.float32)


def to_int16(samples: Floats, rng: np.random.Generator) -> NDArray[np.int16]:
    """Quantise with a triangular dither of one step."""
    out = np.empty(len(samples), np.int16)
    for first in range(0, len(samples), _BLOCK):
        block = samples[first : first + _BLOCK] * 32767
        dither = rng.random(len(block), np.float32) - rng.random(len(block), np.float32)
        out[first : first + _BLOCK] = np.clip(np.round(block + dither), -32768, 32767)
    return out
