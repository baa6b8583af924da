"""One recording given twice: the same file, or a copy of it in another format."""

from __future__ import annotations

import numpy as np

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.lags import LagCurve
from candid.engine.alignment.listening import find_sound
from candid.engine.alignment.sound import PRINT_HZ, SoundPrint

_MIN_LIKENESS = 0.97
_MAX_SPREAD_S = 0.001
_PIECE_S = 1.0


def is_same_recording(first: SoundPrint, second: SoundPrint, options: AlignOptions) -> bool:
    """Whether two microphones' prints are of one recording.

    Two microphones in one room never agree so well: their clocks drift, and each hears
    the room from its own place.
    """
    if len(first.wave) == len(second.wave) and np.array_equal(first.wave, second.wave):
        return bool(len(first.wave))
    curve = find_sound(first, second, options)
    if len(curve) < options.min_windows or float(np.ptp(curve.lags_s)) > _MAX_SPREAD_S:
        return False
    return _likeness(first, second, curve) > _MIN_LIKENESS


def _likeness(first: SoundPrint, second: SoundPrint, curve: LagCurve) -> float:
    """Return the median correlation of the waveforms where both hold the same sound."""
    size = round(_PIECE_S * PRINT_HZ)
    every = []
    for source_s, listener_s in zip(curve.source_s, curve.listener_s, strict=True):
        a = _piece(first, float(source_s), size)
        b = _piece(second, float(listener_s), size)
        if len(a) == len(b) == size:
            energy = float(np.sqrt((a @ a) * (b @ b)))
            every.append(float(a @ b) / max(energy, 1e-9))
    return float(np.median(every)) if every else 0.0


def _piece(
    sound: SoundPrint, take_s: float, size: int
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    start = round(sound.clock.inverse()(take_s) * PRINT_HZ)
    piece = sound.wave[max(0, start) : max(0, start) + size].astype(np.float32)
    return piece - piece.mean() if len(piece) else piece
