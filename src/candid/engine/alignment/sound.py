"""Sound prints: what alignment keeps of a track, small enough for hours of it.

A print is the sound at 4 kHz in 16 bits (29 MB an hour) and how its spectrum rises and
falls 100 times a second. It is made in one pass over blocks of any size, so no caller
needs a whole recording in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from candid.engine.timebase import ClockMap

PRINT_HZ = 4_000
FRAME_HZ = 100
HOP = PRINT_HZ // FRAME_HZ
_CHUNK_S = 10.0
_MARGIN_S = 0.1
BANDS_HZ = (120, 300, 500, 750, 1050, 1400, 1900)

Wave = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SoundPrint:
    """A track reduced to what alignment needs.

    `wave` [shape=(n,), int16] is at PRINT_HZ, sample `i` at `track_s = i / PRINT_HZ`.
    `flux` [shape=(n // HOP,), float32] is the rise of the spectrum in each frame,
    `level` [same shape] the frame's energy in dB. `clock` maps `track_s` to `take_s`.
    """

    wave: NDArray[np.int16] = field(repr=False)
    flux: Wave = field(repr=False)
    level: Wave = field(repr=False)
    clock: ClockMap

    @property
    def duration_s(self) -> float:
        """Length on the track's own clock."""
        return len(self.wave) / PRINT_HZ


def prepare_sound(
    blocks: Iterable[NDArray[np.floating] | NDArray[np.int16]],
    rate_hz: int,
    clock: ClockMap | None = None,
) -> SoundPrint:
    """Make the print of a track from its samples.

    `blocks` [each shape=(any,)] are consecutive mono samples, 16-bit integers or floats
    within -1 to 1, at `rate_hz` >= 4000. `clock` maps `track_s` to `take_s` (default:
    they are the same). Raises ValueError for a lower rate.
    """
    if rate_hz < PRINT_HZ:
        raise ValueError(f"alignment needs sound of at least {PRINT_HZ} Hz, not {rate_hz}")
    parts = [np.zeros(0, dtype=np.int16)]
    for part in _decimate(blocks, rate_hz):
        parts.append(np.clip(np.rint(part * 32767), -32768, 32767).astype(np.int16))
    wave = np.concatenate(parts)
    flux, level = _envelopes(wave)
    return SoundPrint(wave, flux, level, clock or ClockMap.identity())


def _decimate(blocks: Iterable[NDArray[np.generic]], rate_hz: int) -> Iterator[Wave]:
    """Yield the sound at PRINT_HZ.

    First a mean of `mean_of` neighbours, which is cheap and cuts the work that follows;
    what it lets alias lies where speech has next to nothing. Then each chunk, with
    margins that are thrown away again, is cut down in the frequency domain.
    """
    mean_of = max(1, rate_hz // 12_000)
    ratio = Fraction(PRINT_HZ * mean_of, rate_hz)
    up, down = ratio.numerator, ratio.denominator
    chunk = down * max(1, round(_CHUNK_S * PRINT_HZ / up))
    margin = down * max(1, round(_MARGIN_S * PRINT_HZ / up))
    keep = slice(margin * up // down, (margin + chunk) * up // down)
    around = np.zeros(margin, dtype=np.float32)
    for samples in _chunks(_padded(blocks, margin * mean_of), (chunk * mean_of, mean_of)):
        around = np.concatenate([around, _mean_of(samples, mean_of)])
        if len(around) >= chunk + 2 * margin:
            yield _cut_down(around[: chunk + 2 * margin], up, down)[keep]
            around = around[chunk:]
    rest = len(around) - 2 * margin
    if rest > 0:
        tail = np.pad(around, (0, -rest % down))
        yield _cut_down(tail, up, down)[keep.start : keep.start + rest * up // down]


def _cut_down(samples: Wave, up: int, down: int) -> Wave:
    """Return the samples [shape=(n,), n a multiple of `down`] at `up / down` of their rate.

    The highest tenth of the band is faded out, which keeps the ringing within the margins.
    """
    n_out = len(samples) * up // down
    spectrum = fft.rfft(samples)[: n_out // 2 + 1]
    spectrum = np.pad(spectrum, (0, n_out // 2 + 1 - len(spectrum)))
    fade = max(1, len(spectrum) // 10)
    spectrum[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return np.asarray(fft.irfft(spectrum, n_out) * (up / down), dtype=np.float32)


def _padded(blocks: Iterable[NDArray[np.generic]], count: int) -> Iterator[NDArray[np.generic]]:
    yield from blocks
    yield np.zeros(count, dtype=np.float32)


def _chunks(blocks: Iterable[NDArray[np.generic]], shape: tuple[int, int]) -> Iterator[Wave]:
    """Yield the samples as floats in chunks of `shape[0]`; the last is a multiple of `shape[1]`."""
    size, multiple = shape
    parts: list[Wave] = []
    held = 0
    for block in blocks:
        samples = block.astype(np.float32, copy=block.dtype.kind == "i")
        if block.dtype.kind == "i":
            samples /= 32768
        parts.append(samples)
        held += len(samples)
        if held >= size:
            joined = np.concatenate(parts)
            whole = held - held % size
            yield from np.split(joined[:whole], whole // size)
            parts, held = [joined[whole:]], held - whole
    if held:
        yield np.pad(np.concatenate(parts), (0, -held % multiple))


def _mean_of(samples: Wave, count: int) -> Wave:
    total = samples[0::count].copy()
    for k in range(1, count):
        total += samples[k::count]
    return total / np.float32(count)


def _envelopes(wave: NDArray[np.int16]) -> tuple[Wave, Wave]:
    """Return flux and level of each frame; the flux is summed over the logarithms of bands."""
    n_frames = len(wave) // HOP
    edges = np.array(BANDS_HZ) * (2 * HOP) // PRINT_HZ
    window = np.hanning(2 * HOP + 1)[:-1].astype(np.float32)
    bands = np.zeros((n_frames, len(BANDS_HZ) - 1), dtype=np.float32)
    padded = np.concatenate([wave, np.zeros(HOP, dtype=np.int16)])
    for start in range(0, n_frames, 6000):
        stop = min(n_frames, start + 6000)
        part = padded[start * HOP : (stop + 1) * HOP].astype(np.float32) / np.float32(32768)
        frames = np.lib.stride_tricks.sliding_window_view(part, 2 * HOP)[::HOP]
        power = np.abs(fft.rfft(frames * window, axis=1)) ** 2
        bands[start:stop] = np.add.reduceat(power, edges, axis=1)[:, :-1]
    level = 10 * np.log10(bands.sum(axis=1) + 1e-9)
    logs = np.log(bands + _floor(bands))
    rise = np.maximum(0, np.diff(logs, axis=0, prepend=logs[:1]))
    return rise.sum(axis=1).astype(np.float32), level.astype(np.float32)


def _floor(bands: Wave) -> Wave:
    """Return for each band twice its noise, or 50 dB under its loud frames if that is more.

    Lower, and the flicker of silence would count as much as speech does.
    """
    if not len(bands):
        return np.ones(bands.shape[1], dtype=np.float32)
    noise, loud = np.quantile(bands, (0.1, 0.95), axis=0)
    return np.asarray(np.maximum(2 * noise, 1e-5 * loud) + 1e-9, dtype=np.float32)


def is_active(sound: SoundPrint, within_db: float = 18.0) -> NDArray[np.bool_]:
    """Return which frames [shape=(n_frames,)] hold the loud voice of this track."""
    if not len(sound.level):
        return np.zeros(0, dtype=bool)
    loud_db = float(np.quantile(sound.level, 0.97))
    return np.asarray(sound.level > max(loud_db - within_db, -75.0))


def without_own_voice(sound: SoundPrint, reach_frames: int = 8) -> SoundPrint:
    """Return the print with its loud voice silenced: what is left may hold bleed."""
    loud = np.convolve(is_active(sound), np.ones(2 * reach_frames + 1), "same") > 0
    wave = sound.wave.copy()
    whole = wave[: len(loud) * HOP].reshape(-1, HOP)
    whole[loud] = 0
    kept = np.where(loud, 0, sound.flux).astype(np.float32)
    return SoundPrint(wave, kept, sound.level, sound.clock)
