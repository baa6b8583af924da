"""Recorded speech to make voices of, where a machine has some; never a download."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np

from bench.simulation.voices import RATE_HZ, Wave

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
PROMPTS = Path("/usr/share/asterisk/sounds")
MIN_LENGTH_S = 1.5
_FRAME = RATE_HZ // 50
_QUIET_DB = -32.0
_LONGEST_PAUSE = 15


def decode(path: Path) -> Wave:
    """Return the first sound stream of a file as mono samples [shape=(n,)] at RATE_HZ."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts = [np.zeros(0, dtype=np.int16)]
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [each.to_ndarray()[0] for each in resampler.resample(frame)]
        parts += [each.to_ndarray()[0] for each in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32) / np.float32(32768)


def recorded_speech(folders: Iterable[Path] = (SAMPLE, PROMPTS)) -> list[Wave]:
    """Return the spoken stretches of at least MIN_LENGTH_S in the sound files of these folders."""
    paths = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".flac", ".wav", ".g722", ".mp3", ".opus"}
    )
    return [stretch for path in paths for stretch in _spoken(decode(path))]


def _spoken(wave: Wave) -> Iterator[Wave]:
    """Yield what lies between pauses of more than 0.3 s."""
    frames = wave[: len(wave) // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        return
    level_db = 10 * np.log10((frames**2).mean(axis=1) + 1e-9)
    spoken = np.flatnonzero(level_db > np.quantile(level_db, 0.95) + _QUIET_DB)
    for run in np.split(spoken, np.flatnonzero(np.diff(spoken) > _LONGEST_PAUSE) + 1):
        stretch = wave[run[0] * _FRAME : (run[-1] + 1) * _FRAME]
        if len(stretch) >= MIN_LENGTH_S * RATE_HZ:
            yield stretch
