"""Simulated conversations as files: take folders with anchors and beacons, Opus, WAV."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bench.simulation.conversation import Conversation, Side
from bench.simulation.voices import RATE_HZ, Pcm
from candid.engine.recording.take import Beacon
from candid.engine.recording.writer import TakeIdentity, TakeWriter

SIDES = ("a", "b")
BLOCK = 10 * RATE_HZ


def blocks(samples: Pcm) -> Iterator[NDArray[np.int16]]:
    """Yield the samples in blocks of ten seconds."""
    for start in range(0, len(samples), BLOCK):
        yield samples[start : start + BLOCK]


def write_wav(path: Path, samples: Pcm) -> Path:
    """Write mono 16-bit samples at RATE_HZ."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for block in blocks(samples):
            file.writeframes(block.tobytes())
    return path


def write_opus(path: Path, samples: Pcm, bit_rate: int = 32_000) -> Path:
    """Write mono samples as Opus in Ogg, as a call's voice is coded."""
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="mono")
        stream.codec_context.bit_rate = bit_rate
        at = 0
        for block in blocks(samples):
            frame = av.AudioFrame.from_ndarray(block[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, at, Fraction(1, RATE_HZ)
            at += len(block)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def through_opus(samples: Pcm, path: Path) -> Pcm:
    """Return the samples [same shape] after Opus at 24 kbit/s; `path` is written on the way."""
    write_opus(path, samples, 24_000)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    out = np.zeros(len(samples), dtype=np.int16)
    at = 0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            for each in resampler.resample(frame):
                part = each.to_ndarray()[0][: len(out) - at]
                out[at : at + len(part)] = part
                at += len(part)
    return out


def write_takes(folder: Path, conversation: Conversation, seed: int) -> tuple[Path, Path]:
    """Write both take folders, as two browsers would have left them; return their paths."""
    first = _write_take(folder / "a", conversation.first, (), seed)
    return first, _write_take(folder / "b", conversation.second, conversation.beacons, seed)


def _write_take(folder: Path, side: Side, beacons: tuple[Beacon, ...], seed: int) -> Path:
    name = folder.name
    writer = TakeWriter(folder, TakeIdentity("simulated", f"person-{name}", name, started_us=0))
    anchors = side.anchors(seed)
    writer.add_sound("microphone", blocks(side.microphone), rate_hz=RATE_HZ, anchors=anchors)
    writer.add_sound("heard", blocks(side.heard), rate_hz=RATE_HZ, anchors=anchors)
    writer.finish(beacons=beacons)
    return folder
