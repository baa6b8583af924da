"""A look-ahead limiter on true peaks: the gain is down before the peak comes."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOOK_AHEAD_S = 0.005
HOLD_S = 0.040
# Samples on either side of a peak that its interpolation looks at.
_REACH = 16
# Between samples a peak can rise above them, though never to the ceiling while all of
# them stay below this part of it, as long as there is little above 16 kHz.
_SAFE = 0.5


def context_samples(rate_hz: int) -> int:
    """Return how many samples around a block the limiter has to see."""
    return round((2 * LOOK_AHEAD_S + HOLD_S) * rate_hz) + 2 * _REACH


def limit(samples: NDArray[np.float32], ceiling: float, rate_hz: int) -> NDArray[np.float32]:
    """Return `samples` [shape=(n,)] with no true peak above `ceiling` (amplitude, > 0).

    The gain is the least that any true peak within `HOLD_S` before and `LOOK_AHEAD_S`
    after needs, smoothed over the look-ahead, so it never clicks.
    """
    peaks, heights = true_peaks(samples, _SAFE * ceiling)
    needed = np.ones(len(samples))
    needed[peaks] = np.minimum(1.0, ceiling / heights)
    if needed.min(initial=1.0) == 1.0:
        return samples
    ahead, hold = round(LOOK_AHEAD_S * rate_hz), round(HOLD_S * rate_hz)
    least = running_minimum(needed, hold, ahead)
    # Two running means, each of the look-ahead's length: a soft ramp, done in time.
    half = ahead // 2
    gain = running_mean(running_mean(least, half), half)
    return np.asarray(samples * gain, dtype=np.float32)


def running_minimum(values: Floats, before: int, after: int) -> Floats:
    """Return the least of each value, the `before` ones before and `after` ones after it."""
    padded = np.pad(values, (before, after), mode="edge")
    size, width = 1, before + after + 1
    # Minima of 1, 2, 4, ... values; two of the last that overlap make up the width.
    while 2 * size <= width:
        padded = np.minimum(padded[:-size], padded[size:])
        size *= 2
    return np.minimum(padded[: len(values)], padded[width - size :][: len(values)])


def running_mean(values: Floats, around: int) -> Floats:
    """Return the mean of each value and the `around` ones on either side of it."""
    padded = np.pad(values, around, mode="edge")
    summed = np.concatenate([[0.0], np.cumsum(padded)])
    width = 2 * around + 1
    return np.asarray((summed[width:] - summed[:-width]) / width)


def true_peaks(
    samples: NDArray[np.float32], above: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the peaks whose samples reach `above`: where they are, and how high in truth.

    A true peak stands within half a step of the highest sample around it; it is read at
    four times the rate, as in ITU-R BS.1770-5, annex 2.
    """
    size = np.abs(samples)
    inner = size[_REACH:-_REACH]
    is_peak = (inner >= size[_REACH - 1 : -_REACH - 1]) & (
        inner >= size[_REACH + 1 :][: len(inner)]
    )
    at = np.flatnonzero(is_peak & (inner > above)) + _REACH
    if not len(at):
        return at, np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(samples, 2 * _REACH + 1)[at - _REACH]
    between = np.abs(windows.astype(np.float64) @ _interpolators())
    return at, np.maximum(between.max(axis=1), size[at])


@functools.cache
def _interpolators() -> NDArray[np.float64]:
    """Return windowed sincs a quarter and half a step to either side [shape=(33, 4)]."""
    steps = np.arange(-_REACH, _REACH + 1)[:, None] - np.asarray([-0.5, -0.25, 0.25, 0.5])
    inside = np.clip(1 - (steps / (_REACH + 1)) ** 2, 0, None)
    return np.asarray(np.sinc(steps) * np.i0(8 * np.sqrt(inside)) / np.i0(8))
