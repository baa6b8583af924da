"""How loud a person without a picture is, in a few steps, for the level on their card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from candid.engine.film.plan import VOICE_LEVELS
from candid.engine.film.sources import FilmSource
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap

WINDOW_S = 0.12
QUIET_DBFS, LOUD_DBFS = -50.0, -18.0
# Half a minute of sound in memory, at 30 frames a second.
_MOMENTS_AT_ONCE = 1000


def voice_levels(
    takes: Sequence[tuple[FilmSource, ClockMap]], call_s: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return a person's level, 0 to `VOICE_LEVELS`, at moments of the call [shape=(n,)].

    `call_s` rises. The level is the RMS over `WINDOW_S` around the moment, from
    `QUIET_DBFS` to `LOUD_DBFS`, of the loudest of the person's microphones.
    """
    power = np.zeros(len(call_s))
    for source, clock in takes:
        if source.microphone is not None and len(call_s):
            take_s = clock.inverse()(call_s)
            parts = np.array_split(take_s, -(-len(take_s) // _MOMENTS_AT_ONCE))
            heard = np.concatenate([_power(source.microphone, part) for part in parts])
            power = np.maximum(power, heard)
    part = (10 * np.log10(power + 1e-12) - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)
    return np.rint(VOICE_LEVELS * np.clip(part, 0, 1)).astype(np.int64)


def _power(microphone: SoundTrack, take_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean square of the microphone around each moment, which rise."""
    at = np.rint(microphone.clock.inverse()(take_s) * microphone.rate_hz).astype(np.int64)
    half = round(WINDOW_S * microphone.rate_hz / 2)
    start = int(at[0]) - half
    samples = microphone.read(start, int(at[-1]) + half - start)
    summed = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    return np.asarray((summed[at + half - start] - summed[at - half - start]) / (2 * half))
