"""Where exactly a hole is: the moment at which a sound stops matching at one lag.

The lags say how long a hole is and between which windows it lies. Around it, short
pieces of the holed take are compared with the other take at the lag before and at the
lag after the hole; the hole is where the first stops being the better one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from candid.engine.alignment.sound import PRINT_HZ, SoundPrint

Floats = NDArray[np.float64]

_PIECE_S = 0.4
_HOP_S = 0.05
_SLACK_S = 0.03
_NEAR_S = 60.0
_FLAT = 0.3
_POINTS = 4


@dataclass(frozen=True, slots=True)
class Witness:
    """One sound in both takes: `times_s` of the holed take, `lags_s` to the other one.

    `holed` and `other` are the prints in which it is heard.
    """

    holed: SoundPrint
    other: SoundPrint
    times_s: Floats
    lags_s: Floats


def locate_hole(
    witnesses: Sequence[Witness], near_s: float, size_s: float, reach_s: float
) -> float:
    """Return where the hole near `near_s` is, on the holed take's clock.

    The lag to the other take grows by `size_s` there. Where nobody speaks around it the
    middle of the silence is returned.
    """
    times_s = near_s + np.arange(-reach_s, reach_s, _HOP_S)
    favour = np.zeros(len(times_s))
    for witness in witnesses:
        lags = _lags_around(witness, near_s, size_s)
        if lags is not None:
            favour += _similarity(witness, times_s, lags[0])
            favour -= _similarity(witness, times_s, lags[1])
    # The sum over all pieces before a moment less that over all after it, but for a constant.
    balance = np.cumsum(favour)
    best = int(np.argmax(balance))
    low, high = best, best
    while low > 0 and balance[low - 1] > balance[best] - _FLAT:
        low -= 1
    while high < len(balance) - 1 and balance[high + 1] > balance[best] - _FLAT:
        high += 1
    return float(times_s[low] + times_s[high] + _HOP_S) / 2


def _lags_around(witness: Witness, near_s: float, size_s: float) -> tuple[float, float] | None:
    """Return the lag before and after; one stands in for the other where that is not heard."""
    apart_s = witness.times_s - near_s
    before = witness.lags_s[(apart_s > -_NEAR_S) & (apart_s < 0)]
    after = witness.lags_s[(apart_s >= 0) & (apart_s < _NEAR_S)]
    # A point on the wrong side of a roughly placed hole is outvoted by the median.
    if len(before) >= 2 and len(after) >= 2:
        return float(np.median(before[-_POINTS:])), float(np.median(after[:_POINTS]))
    if len(before) >= 2:
        lag_s = float(np.median(before[-_POINTS:]))
        return lag_s, lag_s + size_s
    if len(after) >= 2:
        lag_s = float(np.median(after[:_POINTS]))
        return lag_s - size_s, lag_s
    return None


def _similarity(witness: Witness, times_s: Floats, lag_s: float) -> Floats:
    """Return the best normalised correlation of each piece near `lag_s`, 0 to 1."""
    size, slack = round(_PIECE_S * PRINT_HZ), round(_SLACK_S * PRINT_HZ)
    pieces = _cut(witness.holed, times_s - _PIECE_S / 2, size)
    others = _cut(witness.other, times_s + lag_s - _PIECE_S / 2 - _SLACK_S, size + 2 * slack)
    n_fft = fft.next_fast_len(size + 2 * slack, real=True)
    product = np.conj(fft.rfft(pieces, n_fft, axis=1)) * fft.rfft(others, n_fft, axis=1)
    match = fft.irfft(product, n_fft, axis=1)[:, : 2 * slack + 1].max(axis=1)
    energy = np.sqrt((pieces**2).sum(axis=1) * (others**2).sum(axis=1))
    return np.asarray(np.maximum(match, 0) / np.maximum(energy, 1e-9), dtype=np.float64)


def _cut(sound: SoundPrint, starts_s: Floats, size: int) -> NDArray[np.float32]:
    """Return the pieces from these `take_s` on, their low end taken off; silence outside."""
    starts = np.rint(sound.clock.inverse()(starts_s) * PRINT_HZ).astype(np.int64)
    index = starts[:, None] + np.arange(size + 1)
    inside = (index >= 0) & (index < len(sound.wave))
    samples = np.where(inside, sound.wave[np.clip(index, 0, len(sound.wave) - 1)], 0)
    return np.diff(samples.astype(np.float32), axis=1)
