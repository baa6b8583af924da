"""Real speech as what a microphone hears: the first half minute of the sample's two voices."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from sample import call

SECONDS = 30


def write_voice(path: Path, name: str) -> Path:
    """Write somebody's speech as the file that plays a microphone."""
    script = call.read_script()
    speech = call.read_speech(call.HERE / script.speech[name.lower()])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(script.rate_hz)
        file.writeframes((speech[: SECONDS * script.rate_hz] * 32767).astype(np.int16).tobytes())
    return path
