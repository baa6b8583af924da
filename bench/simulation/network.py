"""A simulated network path: what the far end's jitter buffer makes of a voice, and beacons.

The jitter buffer plays 1:1 and corrects itself in jumps, as NetEQ does: when the delay
has left its target by more than 10 ms it takes 10 ms out or puts 10 ms in, cross-faded.
Lost packets are concealed with the packet before, fading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.simulation.voices import RATE_HZ, Pcm

FRAME_S = 0.02
FRAME = int(FRAME_S * RATE_HZ)
CORRECTION_S = 0.01
FADE = int(0.005 * RATE_HZ)

Clock = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Path:
    """One direction: base delay, slow wander, steps that come and go, lost packets."""

    delay_s: float
    wander_s: float = 0.008
    n_steps: int = 2
    step_s: tuple[float, float] = (0.03, 0.08)
    loss: float = 0.01


def target_delay(
    path: Path, times_s: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the delay [shape of `times_s`] that the buffer aims at, never below the base."""
    span_s = float(times_s[-1] - times_s[0])
    knots = np.arange(times_s[0], times_s[-1] + 20.0, 10.0)
    wander = np.abs(rng.normal(0, path.wander_s, len(knots)))
    delay = path.delay_s + np.interp(times_s, knots, wander)
    for _ in range(path.n_steps):
        start_s = times_s[0] + rng.uniform(0, span_s)
        length_s = rng.uniform(0.03, 0.25) * span_s
        delay[(times_s >= start_s) & (times_s < start_s + length_s)] += rng.uniform(*path.step_s)
    return delay


def played_positions(
    path: Path, n_frames: int, listener: Clock, sender: Clock, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which sample of the sender each played frame starts at, and its true delay.

    `listener` maps the listener's own clock to true time, `sender` the sender's.
    """
    heard_true = listener(np.arange(n_frames, dtype=np.float64) * FRAME_S)
    target = target_delay(path, heard_true, rng)
    zero, one = sender(np.array([0.0, 1.0]))
    rate = one - zero
    step = int(CORRECTION_S * RATE_HZ)
    positions = np.empty(n_frames, dtype=np.int64)
    first_s = (heard_true[0] - target[0] - zero) / rate
    position, rest = round(first_s * RATE_HZ), 0
    for k in range(n_frames):
        excess = heard_true[k] - (zero + rate * position / RATE_HZ) - target[k]
        if rest <= 0 and abs(excess) > CORRECTION_S:
            position += step if excess > 0 else -step
            rest = 5
        rest -= 1
        positions[k] = position
        position += FRAME
    return positions, heard_true - (zero + rate * positions / RATE_HZ)


def play(capture: Pcm, positions: NDArray[np.int64], loss: float, rng: np.random.Generator) -> Pcm:
    """Return what the far end hears [shape=(n_frames * FRAME,)]."""
    out = np.zeros((len(positions), FRAME), dtype=np.int16)
    fade = np.linspace(0, 1, FADE, dtype=np.float32)
    padded = np.concatenate([capture, np.zeros(4 * FRAME, dtype=np.int16)])
    inside = (positions >= FRAME) & (positions < len(capture))
    lost = bursts(len(positions), loss, rng)
    offsets = np.arange(FRAME)
    for start in range(0, len(positions), 5000):
        part = slice(start, start + 5000)
        at = np.where(inside[part], positions[part], 0)
        frames = padded[at[:, None] + offsets].astype(np.float32)
        frames[~inside[part]] = 0
        jumped = np.flatnonzero(np.diff(at, prepend=at[0] - FRAME) != FRAME)
        jumped = jumped[jumped > 0]
        before = padded[np.clip(at[jumped - 1] + FRAME, 0, None)[:, None] + offsets[:FADE]]
        frames[jumped, :FADE] = before * (1 - fade) + frames[jumped, :FADE] * fade
        for k in np.flatnonzero(lost[part]):
            frames[k] = frames[k - 1] * np.float32(0.6) if k else 0
        out[part] = frames.astype(np.int16)
    return out.reshape(-1)


def bursts(n: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which of `n` packets are lost: `share` of them, in bursts of 1 to 4."""
    lost = np.zeros(n, dtype=bool)
    if share > 0:
        for start in np.flatnonzero(rng.random(n) < share / 2.5):
            lost[start : start + int(rng.integers(1, 5))] = True
    return lost
