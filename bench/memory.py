"""Peak memory of `candid film` and `candid align` on two 60 minute 1080p recordings.

The recordings are the sample's two voices, ten times over, under a 1080p picture whose packets
are repeated: what memory depends on is length and size, not what is said. Each command runs in
a process of its own, whose peak the kernel tells.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from sample import make_takes

WORK = Path("build/bench/memory")
RATE_HZ = 48_000
FPS = 30
LOOP_S = 10
_BLOCK = RATE_HZ


def recording(voice: Path, minutes: int) -> Path:
    """Write a Matroska file of `minutes`: the voice over and over, under a looped picture."""
    path = WORK / f"{voice.stem}-{minutes}.mkv"
    if path.exists():
        return path
    samples = np.fromfile(voice, "<i2")
    with av.open(str(picture_loop())) as loop, av.open(str(path), "w") as out:
        packets = [packet for packet in loop.demux(video=0) if packet.size]
        video = out.add_stream_from_template(loop.streams.video[0])
        audio = out.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for second, block in enumerate(_seconds(samples, minutes * 60)):
            frame = av.AudioFrame.from_ndarray(block[None, :], "s16", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, second * RATE_HZ
            out.mux(audio.encode(frame))
            for number in range(second * FPS, (second + 1) * FPS):
                packet = packets[number % len(packets)]
                packet.stream, packet.time_base = video, Fraction(1, FPS)
                packet.pts = packet.dts = number
                packet.duration = 1
                out.mux(packet)
    return path


def _seconds(samples: NDArray[np.int16], seconds: int) -> Iterator[NDArray[np.int16]]:
    for second in range(seconds):
        at = (second * _BLOCK) % (len(samples) - _BLOCK)
        yield np.ascontiguousarray(samples[at : at + _BLOCK])


def picture_loop() -> Path:
    """Encode ten seconds of a picture that moves, without B-frames, so that it can be looped."""
    field = np.kron(
        np.random.default_rng(1).integers(40, 200, (135, 300), dtype=np.uint8),
        np.ones((8, 8), np.uint8),
    )
    path = WORK / "loop.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "26", "bf": "0", "g": str(FPS)}
        for number in range(LOOP_S * FPS):
            planes = np.full((1620, 1920), 128, np.uint8)
            planes[:1080] = field[:, number : number + 1920]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        out.mux(stream.encode(None))
    return path


# The peak that the kernel keeps for a process starts with that of the one it was forked from,
# so a small one stands between.
_MEASURE = """
import os, subprocess, sys
running = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(running.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024 / 1e6)
"""


def peak_mb(*arguments: str | Path) -> float:
    """Run `candid` and return the peak of its resident memory, in MB (10^6 bytes)."""
    command = [sys.executable, "-m", "candid", *map(str, arguments)]
    measure = [sys.executable, "-c", _MEASURE, *command]
    code, peak = subprocess.run(
        measure, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    if int(code):
        raise SystemExit(f"candid {arguments[0]} ended with {code}")
    return float(peak)


def main() -> None:
    """Print the rows as a Markdown table."""
    minutes = 6 if "--quick" in sys.argv else 60
    WORK.mkdir(parents=True, exist_ok=True)
    make_takes.build(WORK / "sample")
    paths = []
    for name in ("rosa", "daniel"):
        voice = WORK / f"{name}.pcm"
        assemble_sound(open_source(WORK / "sample" / name), "microphone", voice)
        paths.append(recording(voice, minutes))
    offset = f"--offset={paths[1].stem}=4.3"
    aligned = peak_mb("align", *paths, "-o", WORK / "alignment.json")
    film = peak_mb("film", *paths, offset, "-o", WORK / "film", "--language", "en")
    print("| what | bar | measured |\n| --- | --- | --- |")
    print(f"| `candid align`, two takes of {minutes} min, peak | <= 500 MB | {aligned:.0f} MB |")
    print(f"| `candid film`, two 1080p takes of {minutes} min, peak | <= 800 MB | {film:.0f} MB |")


if __name__ == "__main__":
    main()
