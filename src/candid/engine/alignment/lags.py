"""Where one sound is found again in another: a lag for every few seconds.

Coarse: blocks of the spectral rise of one are looked for in the whole of the other by
cross-correlation; the blocks that agree on a line give a first lag. Fine: around that
line the waveforms are compared in windows of a few seconds with the generalised
cross-correlation with phase transform (GCC-PHAT; Knapp and Carter, IEEE Trans. ASSP 24,
1976), whose peak stands where the phases of all frequencies agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.sound import BANDS_HZ, FRAME_HZ, HOP, PRINT_HZ, SoundPrint, is_active

Floats = NDArray[np.float64]

_MAX_DRIFT = 600e-6
_BATCH = 64


@dataclass(frozen=True, slots=True)
class LagCurve:
    """A lag each window: where the source's sound is found in the listener's track.

    `source_s` and `listener_s` [shape=(n,)] are the two places of the same sound, in
    `take_s` of their takes, sorted by the first; `sharpness` is the peak over the
    correlation's own noise. `looked_at` counts all windows that were tried.
    """

    source_s: Floats
    listener_s: Floats
    sharpness: Floats
    looked_at: int

    def __len__(self) -> int:
        return len(self.source_s)

    @property
    def lags_s(self) -> Floats:
        """Listener's time less the source's."""
        return self.listener_s - self.source_s


@dataclass(frozen=True, slots=True)
class Line:
    """A first guess of the lag: `lag_s + slope * track_s` of the source; `n_blocks` agree."""

    lag_s: float
    slope: float
    n_blocks: int

    def at(self, track_s: Floats) -> Floats:
        """Return the lag at these times."""
        return self.lag_s + self.slope * track_s


def coarse_hits(source: SoundPrint, listener: SoundPrint, options: AlignOptions) -> Floats:
    """Return `[middle track_s, lag_s, sharpness]` [shape=(n, 3)] of each block looked for."""
    length = round(options.block_s * FRAME_HZ)
    length = min(length, len(source.flux) // 2, len(listener.flux))
    if length < 1:
        return np.zeros((0, 3))
    n_fft = fft.next_fast_len(len(listener.flux) + length, real=True)
    whole = np.conj(fft.rfft(_standard(listener.flux), n_fft))
    active = is_active(source)
    flux = _standard(source.flux) * active
    hits = []
    for start in _block_starts(active, length, options.max_blocks):
        block = fft.rfft(flux[start : start + length], n_fft)
        match = fft.irfft(np.conj(block * whole), n_fft)
        best = int(np.argmax(match))
        lag = (best if best <= len(listener.flux) else best - n_fft) - start
        sharpness = float(match[best] / (match.std() + 1e-12))
        hits.append(((start + length / 2) / FRAME_HZ, lag / FRAME_HZ, sharpness))
    return np.array(hits, dtype=float).reshape(-1, 3)


def _standard(flux: NDArray[np.float32]) -> NDArray[np.float32]:
    clipped = np.minimum(flux, np.quantile(flux, 0.98) + 1e-9)
    return np.asarray(clipped - clipped.mean(), dtype=np.float32)


def _block_starts(active: NDArray[np.bool_], length: int, count: int) -> list[int]:
    """Return the liveliest block of each of `count` equal stretches."""
    spoken = np.concatenate([[0], np.cumsum(active)])
    bounds = np.linspace(0, max(0, len(active) - length), count + 1).astype(int)
    starts = []
    for low, high in zip(bounds[:-1], np.maximum(bounds[1:], bounds[:-1] + 1), strict=True):
        places = np.arange(low, high, max(1, (high - low) // 50))
        places = places[places + length <= len(active)]
        if len(places):
            starts.append(int(places[np.argmax(spoken[places + length] - spoken[places])]))
    return sorted(set(starts))


def agreed_line(hits: Floats, tolerance_s: float = 0.35) -> Line | None:
    """Return the line that most hits lie on, or None for no hits.

    Every pair of hits proposes a line; slopes beyond 600 ppm are no clock's drift.
    """
    best, best_weight = None, 0.0
    for i in range(len(hits)):
        for j in range(i, len(hits)):
            span_s = hits[j, 0] - hits[i, 0]
            slope = (hits[j, 1] - hits[i, 1]) / span_s if span_s > 0 else 0.0
            if abs(slope) > _MAX_DRIFT and abs(hits[j, 1] - hits[i, 1]) > tolerance_s:
                continue
            slope = float(np.clip(slope, -_MAX_DRIFT, _MAX_DRIFT))
            lag_s = float(hits[i, 1] - slope * hits[i, 0])
            off = np.abs(hits[:, 1] - lag_s - slope * hits[:, 0]) / tolerance_s
            near = off < 1.0
            weight = float((hits[near, 2] * (1.0 - off[near] ** 2)).sum())
            if weight > best_weight:
                best, best_weight = Line(lag_s, slope, int(near.sum())), weight
    return best


def fine_lags(
    source: SoundPrint, listener: SoundPrint, line: Line, options: AlignOptions
) -> LagCurve:
    """Return the lags of all lively windows of the source, near `line`."""
    size = round(options.window_s * PRINT_HZ)
    reach = round(options.search_s * PRINT_HZ)
    starts = _window_starts(source, size)
    middle_s = (starts + size / 2) / PRINT_HZ
    first = starts + np.rint(line.at(middle_s) * PRINT_HZ).astype(np.int64) - reach
    inside = (first + size > 0) & (first + 2 * reach < len(listener.wave))
    starts, first, middle_s = starts[inside], first[inside], middle_s[inside]
    lag, sharpness = _phat_peaks(source, listener, (starts, first), (size, reach))
    keep = sharpness >= options.min_sharpness
    found_s = middle_s + (first + lag - starts) / PRINT_HZ
    curve = LagCurve(
        source.clock(middle_s[keep]),
        listener.clock(found_s[keep]),
        sharpness[keep],
        len(starts),
    )
    return supported(curve, options.agree_s)


def _window_starts(source: SoundPrint, size: int) -> NDArray[np.int64]:
    spoken = np.concatenate([[0], np.cumsum(is_active(source))])
    frames = size // HOP
    places = np.arange(0, len(spoken) - frames, max(1, frames // 2))
    lively = (spoken[places + frames] - spoken[places]) >= 0.4 * frames
    return np.asarray(places[lively] * HOP, dtype=np.int64)


def _phat_peaks(
    source: SoundPrint,
    listener: SoundPrint,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    shape: tuple[int, int],
) -> tuple[NDArray[np.int64], Floats]:
    """Return for each pair of places the lag of the peak (in samples, from 0) and its sharpness."""
    size, reach = shape
    starts, first = places
    n_fft = fft.next_fast_len(size + 2 * reach, real=True)
    band = slice(BANDS_HZ[0] * n_fft // PRINT_HZ, BANDS_HZ[-1] * n_fft // PRINT_HZ)
    lag, sharpness = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts))
    for part in _batches(len(starts)):
        x = fft.rfft(_cut(source.wave, starts[part], size), n_fft, axis=1)
        y = fft.rfft(_cut(listener.wave, first[part], size + 2 * reach), n_fft, axis=1)
        cross = np.zeros_like(x)
        product = np.conj(x[:, band]) * y[:, band]
        weight = np.abs(product)
        cross[:, band] = product / (weight + 1e-3 * weight.mean(axis=1, keepdims=True) + 1e-20)
        match = fft.irfft(cross, n_fft, axis=1)[:, : 2 * reach]
        best = np.argmax(match, axis=1)
        lag[part] = best
        sharpness[part] = match[np.arange(len(best)), best] / (match.std(axis=1) + 1e-20)
    return lag, sharpness


def _batches(count: int) -> Iterator[slice]:
    for start in range(0, count, _BATCH):
        yield slice(start, min(count, start + _BATCH))


def _cut(wave: NDArray[np.int16], starts: NDArray[np.int64], size: int) -> NDArray[np.float32]:
    """Return pieces of a wave [shape=(len(starts), size)], silence outside of it."""
    out = np.zeros((len(starts), size), dtype=np.float32)
    for row, start in zip(out, starts, strict=True):
        low, high = max(0, int(start)), min(len(wave), int(start) + size)
        if low < high:
            row[low - start : high - start] = wave[low:high]
    return out


def supported(curve: LagCurve, agree_s: float) -> LagCurve:
    """Return the points that at least two of their six nearest neighbours agree with."""
    lags = curve.lags_s
    votes = np.zeros(len(lags), dtype=int)
    for shift in range(1, min(4, len(lags))):
        near = np.abs(lags[shift:] - lags[:-shift]) < agree_s
        votes[shift:] += near
        votes[:-shift] += near
    keep = votes >= 2
    return LagCurve(
        curve.source_s[keep], curve.listener_s[keep], curve.sharpness[keep], curve.looked_at
    )
