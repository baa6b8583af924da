"""A look-ahead limiter on true peaks: the gain is down before the peak comes."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d
from scipy.signal import firwin, upfirdn

OVERSAMPLING = 4
LOOK_AHEAD_S = 0.005
HOLD_S = 0.040
_FIR_HALF = 16
# No peak between samples can reach the ceiling while all samples stay below this part of it.
_SAFE = 0.5


def context_samples(rate_hz: int) -> int:
    """Return how many samples around a block the limiter has to see."""
    return round((2 * LOOK_AHEAD_S + HOLD_S) * rate_hz) + 2 * _FIR_HALF


def limit(samples: NDArray[np.float32], ceiling: float, rate_hz: int) -> NDArray[np.float32]:
    """Return `samples` [shape=(n,)] with no true peak above `ceiling` (amplitude, > 0).

    The gain is the least that any true peak within `HOLD_S` before and `LOOK_AHEAD_S`
    after needs, smoothed over the look-ahead, so it never clicks. True peaks are taken
    after ITU-R BS.1770-5, annex 2: at four times the rate.
    """
    if np.abs(samples).max(initial=0.0) <= _SAFE * ceiling:
        return samples
    needed = np.minimum(1.0, ceiling / np.maximum(true_peaks(samples), 1e-9))
    ahead, hold = round(LOOK_AHEAD_S * rate_hz), round(HOLD_S * rate_hz)
    size = ahead + hold + 1
    # scipy centres the window; the origin moves it `ahead` forwards and `hold` back.
    least = minimum_filter1d(needed, size, mode="nearest", origin=size // 2 - ahead)
    window = np.hanning(ahead + 2)[1:-1]
    padded = np.pad(least, (ahead // 2, ahead - ahead // 2 - 1), mode="edge")
    gain = np.convolve(padded, window / window.sum(), mode="valid")
    return (samples * gain).astype(np.float32)


def true_peaks(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each sample the largest amplitude in the step around it [shape=(n,)]."""
    over = upfirdn(_interpolator(), samples.astype(np.float64), up=OVERSAMPLING)
    delay = OVERSAMPLING * _FIR_HALF
    # Half a step before the sample to half a step after it, so that no peak falls between.
    start = delay - OVERSAMPLING // 2
    taken = np.abs(over[start : start + OVERSAMPLING * len(samples) + 1])
    steps = taken[:-1].reshape(-1, OVERSAMPLING).max(axis=1)
    edges = taken[OVERSAMPLING::OVERSAMPLING]
    return np.asarray(np.maximum.reduce([steps, edges, np.abs(samples)]))


@functools.cache
def _interpolator() -> NDArray[np.float64]:
    taps = firwin(2 * _FIR_HALF * OVERSAMPLING + 1, 1 / OVERSAMPLING, window=("kaiser", 8.0))
    return np.asarray(taps * OVERSAMPLING)
