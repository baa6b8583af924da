"""Where on the call clock the film's frames fall: in step with the cameras, if they keep one.

A camera of 30 frames a second and a film of 30 keep the distance at which they started, up
to half a frame in every single picture. Moving the film's instants by that distance
takes it away. It depends on the cameras alone and not on the cut, so that an edit
leaves every other shot as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.result import Alignment
from candid.engine.film.sources import FilmSource

N_PHASES = 64
_MOST_INSTANTS = 4000

Times = NDArray[np.float64]


def camera_phase_s(sources: Sequence[FilmSource], alignment: Alignment, rate: Fraction) -> float:
    """Return the phase (0 <= s < 1 / rate) whose instants lie nearest to captured pictures.

    The mean distance over all cameras decides, among `N_PHASES` phases; it is 0 where
    none is nearer by a tenth.
    """
    cameras = [
        alignment.take(source.take_id).clock(source.camera.times_s)
        for source in sources
        if source.camera is not None and len(source.camera.times_s) > 1
    ]
    if not cameras:
        return 0.0
    step_s = float(1 / rate)
    phases = np.arange(N_PHASES) / N_PHASES * step_s
    away = [np.mean([_distance_s(times, phase, step_s) for times in cameras]) for phase in phases]
    best = int(np.argmin(away))
    return float(phases[best]) if away[best] < 0.9 * away[0] else 0.0


def _distance_s(times: Times, phase_s: float, step_s: float) -> float:
    """Return how far the nearest picture is from an instant of the film, on average."""
    first, last = np.ceil((times[0] - phase_s) / step_s), np.floor((times[-1] - phase_s) / step_s)
    stride = max(1, round((last - first) / _MOST_INSTANTS))
    wanted = np.arange(first, last, stride) * step_s + phase_s
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    return float(
        np.minimum(np.abs(times[after] - wanted), np.abs(wanted - times[after - 1])).mean()
    )
