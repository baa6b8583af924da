"""Recorded speech to make voices of, where a machine has some; never a download."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

from bench.simulation.voices import RATE_HZ, Wave

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "speech"
PROMPTS = Path("/usr/share/asterisk/sounds")
MIN_LENGTH_S = 1.5


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
    """Return the sounds of at least MIN_LENGTH_S below these folders, in order of their paths."""
    paths = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".flac", ".wav", ".g722", ".mp3", ".opus"}
    )
    waves = [decode(path) for path in paths]
    return [wave for wave in waves if len(wave) >= MIN_LENGTH_S * RATE_HZ]
