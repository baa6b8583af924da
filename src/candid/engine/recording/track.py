"""Assembled tracks: gap-aware, on the recorder's clock, ready for every later room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from candid.engine.recording.take import Gap, TrackKind
from candid.engine.timebase import ClockMap

FlawKind = Literal["missing", "duplicate", "torn", "reordered", "undecodable"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with the stored media, where (in `track_s`) and how long.

    `duration_s` is 0 where nothing was lost (a duplicate, a reordering that was undone).
    """

    track: TrackKind
    kind: FlawKind
    start_s: float
    duration_s: float
    detail: str


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A microphone or heard track as one unbroken stretch of 16-bit mono samples.

    `pcm` is a headerless little-endian file of `n_samples` samples at `rate_hz`; sample
    `i` is at `track_s = i / rate_hz`. Holes are silence already, so `clock` (from
    `track_s` to `take_s`) is continuous. `gaps` are in `take_s`.
    """

    kind: TrackKind
    rate_hz: int
    n_samples: int
    pcm: Path
    clock: ClockMap
    gaps: tuple[Gap, ...]
    flaws: tuple[Flaw, ...]

    @property
    def duration_s(self) -> float:
        """Length on the track's own clock, in seconds."""
        return self.n_samples / self.rate_hz

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Return samples `start` to `start + count` [shape=(count,)], within -1 to 1.

        Before the first and after the last sample there is silence.
        """
        samples = np.zeros(count, dtype=np.float32)
        first, last = max(0, start), min(self.n_samples, start + count)
        if first < last:
            part = np.fromfile(self.pcm, dtype="<i2", count=last - first, offset=2 * first)
            samples[first - start : first - start + len(part)] = part / np.float32(32768)
        return samples

    def blocks(self, block_s: float = 30.0) -> Iterator[NDArray[np.float32]]:
        """Yield the whole track in order, in blocks of `block_s` seconds."""
        size = max(1, round(block_s * self.rate_hz))
        for start in range(0, self.n_samples, size):
            yield self.read(start, min(size, self.n_samples - start))
