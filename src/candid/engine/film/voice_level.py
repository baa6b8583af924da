"""How loud a person without a picture is, in a few steps, for the level on their card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from candid.engine.film.plan import VOICE_LEVELS
from candid.engine.film.sources import FilmSource
from candid.engine.timebase import ClockMap

WINDOW_S = 0.12
QUIET_DBFS, LOUD_DBFS = -50.0, -18.0


def voice_levels(
    takes: Sequence[tuple[FilmSource, ClockMap]],
    call_s: NDArray[np.float64],
    at: NDArray[np.intp],
) -> dict[int, int]:
    """Return the level, 0 to `VOICE_LEVELS`, of a person at some of the moments `call_s`.

    `at` are indices into `call_s`. The level is the RMS over `WINDOW_S` around the
    moment, from `QUIET_DBFS` to `LOUD_DBFS`.
    """
    levels: dict[int, int] = {}
    for index in at:
        power = max((_power(source, clock, call_s[index]) for source, clock in takes), default=0.0)
        loud_db = 10 * np.log10(power + 1e-12)
        part = (loud_db - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)
        levels[int(index)] = round(VOICE_LEVELS * min(1.0, max(0.0, float(part))))
    return levels


def _power(source: FilmSource, clock: ClockMap, call_s: float) -> float:
    """Return the mean square of the microphone around a moment; 0 without a microphone."""
    if source.microphone is None:
        return 0.0
    microphone = source.microphone
    track_s = microphone.clock.inverse()(clock.inverse()(call_s))
    count = round(WINDOW_S * microphone.rate_hz)
    samples = microphone.read(round(track_s * microphone.rate_hz) - count // 2, count)
    return float(np.mean(np.square(samples, dtype=np.float64)))
