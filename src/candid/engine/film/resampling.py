"""Reading a track at any fractional positions: windowed-sinc interpolation."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

N_TAPS = 32
N_PHASES = 4096
KAISER_BETA = 9.0
_BLOCK = 8192


@functools.lru_cache(maxsize=8)
def _kernels(cutoff: float) -> NDArray[np.float32]:
    """Return a Kaiser-windowed sinc for each phase [shape=(N_PHASES + 1, N_TAPS)].

    `cutoff` is a part of the Nyquist frequency. Each phase sums to 1, so a constant
    stays constant (J. O. Smith, Digital Audio Resampling: windowed-sinc interpolation).
    """
    phase = np.arange(N_PHASES + 1)[:, None] / N_PHASES
    at = np.arange(N_TAPS)[None, :] - (N_TAPS // 2 - 1) - phase
    inside = np.clip(1 - (at / (N_TAPS / 2)) ** 2, 0, None)
    kernel = np.sinc(cutoff * at) * np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), dtype=np.float32)


def sample_at(
    samples: NDArray[np.float32], positions: NDArray[np.float64], *, cutoff: float = 1.0
) -> NDArray[np.float32]:
    """Return the sound at fractional `positions` [shape=(n,)], counted in samples.

    `samples` must reach `N_TAPS` beyond both ends of the positions. At a whole position
    and `cutoff` 1 the value is the sample itself. Noise of the phase table: below -80 dB
    up to 4 kHz.
    """
    result = np.empty(len(positions), dtype=np.float32)
    kernels = _kernels(round(cutoff, 4))
    windows = np.lib.stride_tricks.sliding_window_view(samples, N_TAPS)
    for start in range(0, len(positions), _BLOCK):
        part = positions[start : start + _BLOCK]
        whole = np.floor(part)
        phase = np.rint((part - whole) * N_PHASES).astype(np.intp)
        first = whole.astype(np.intp) - (N_TAPS // 2 - 1)
        result[start : start + _BLOCK] = np.einsum("ij,ij->i", windows[first], kernels[phase])
    return result
