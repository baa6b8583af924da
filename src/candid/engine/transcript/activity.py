"""How loud a track is from one hundredth of a second to the next, and where it is not silent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candid.engine.timebase import ClockMap, Interval, merge_intervals
from candid.engine.transcript.sound import SPEECH_RATE_HZ, Samples, Sound, duration_s, read_speech

STEP_S = 0.01
"""Length of one frame of an envelope."""

STEP_SAMPLES = round(STEP_S * SPEECH_RATE_HZ)
"""The same in samples."""

SILENCE_DB = -100.0
"""What digital silence measures: the bottom of every envelope."""

# Below this a frame is a hole in the recording, not the room: it says nothing of the noise.
_HOLE_DB = -95.0
_BLOCK_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Levels in dB re full scale, one a hundredth of a second [shape=(n,), >= -100].

    Frame `i` covers `start_s + i * 0.01` up to the next, on one clock.
    """

    level_db: NDArray[np.float32]
    start_s: float = 0.0

    @property
    def end_s(self) -> float:
        """End of the last frame."""
        return self.start_s + len(self.level_db) * STEP_S

    def frame(self, time_s: float) -> int:
        """Return the number of the frame boundary nearest to `time_s`, within the envelope."""
        return int(np.clip(round((time_s - self.start_s) / STEP_S), 0, len(self.level_db)))

    def part(self, start_s: float, end_s: float) -> NDArray[np.float32]:
        """Return the levels from `start_s` to `end_s`, as far as the envelope reaches."""
        return self.level_db[self.frame(start_s) : self.frame(end_s)]


def measure_envelope(samples: Samples, start_s: float = 0.0) -> Envelope:
    """Return the RMS level of each 10 ms of `samples` (16 kHz); a torn last frame is dropped."""
    frames = len(samples) // STEP_SAMPLES
    power = np.square(samples[: frames * STEP_SAMPLES], dtype=np.float32)
    mean = power.reshape(frames, STEP_SAMPLES).mean(axis=1)
    floor = 10 ** (SILENCE_DB / 10)
    return Envelope(10 * np.log10(np.maximum(mean, floor), dtype=np.float32), start_s)


def measure_sound(sound: Sound) -> Envelope:
    """Return the envelope of a whole track, read in blocks of a minute."""
    end_s = duration_s(sound)
    starts = np.arange(0.0, max(end_s, STEP_S), _BLOCK_S)
    blocks = [read_speech(sound, start, min(start + _BLOCK_S, end_s)) for start in starts]
    return Envelope(np.concatenate([measure_envelope(block).level_db for block in blocks]))


def envelope_on(envelope: Envelope, clock: ClockMap, span: Interval) -> Envelope:
    """Return the envelope on another clock, for the frames of `span` of that clock.

    `clock` maps the envelope's clock to the other one. Each frame takes the level at
    its middle; where the track does not reach it is silence.
    """
    frames = round(span.duration_s / STEP_S)
    middles = span.start_s + (np.arange(frames, dtype=np.float64) + 0.5) * STEP_S
    at = np.floor((clock.inverse()(middles) - envelope.start_s) / STEP_S).astype(np.int64)
    inside = (at >= 0) & (at < len(envelope.level_db))
    level_db = np.full(frames, SILENCE_DB, dtype=np.float32)
    level_db[inside] = envelope.level_db[at[inside]]
    return Envelope(level_db, span.start_s)


def noise_floor_db(level_db: NDArray[np.float32]) -> float:
    """Return the level of the room without speech: the 10th percentile without holes.

    People pause for breath more than a tenth of the time even when they talk without
    end. -100 dB where there is nothing but digital silence.
    """
    heard = level_db[level_db > _HOLE_DB]
    return float(np.percentile(heard, 10)) if len(heard) else SILENCE_DB


def stretches(mask: NDArray[np.bool_], start_s: float = 0.0) -> tuple[Interval, ...]:
    """Return where `mask` [shape=(n,), one a frame] is true, as intervals."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return tuple(
        Interval(start_s + first * STEP_S, start_s + last * STEP_S)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    )


def active_stretches(
    envelope: Envelope, *, above_db: float = 9.0, bridge_s: float = 0.15, shortest_s: float = 0.05
) -> tuple[Interval, ...]:
    """Return where a track is louder than its noise floor by `above_db`.

    Dips of at most `bridge_s` are bridged; what is then shorter than `shortest_s` is a
    click and left out.
    """
    loud = envelope.level_db > noise_floor_db(envelope.level_db) + above_db
    joined = merge_intervals(stretches(loud, envelope.start_s), within_s=bridge_s)
    return tuple(each for each in joined if each.duration_s >= shortest_s)
