"""The edit that every engine renders: shots in three layouts, captions, and its material."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 30
RATE_HZ = 48_000
WIDTH, HEIGHT = 1920, 1080
LAYOUTS = ("solo", "side_by_side", "picture_in_picture", "solo")
WORDS = (
    "I did not know how to say it.",
    "And she did not say anything clever.|She stayed.",
    "So I wrote it down, one line a day.",
    "How long did that take you?|It took me two years.",
)
# Seconds of new picture; a longer camera plays them again and again.
LOOP_S = 10


@dataclass(frozen=True)
class EditShot:
    """`start_s` to `end_s` of both cameras, and the caption shown in its middle."""

    start_s: float
    end_s: float
    layout: str
    caption: tuple[str, ...]

    @property
    def caption_span_s(self) -> tuple[float, float]:
        """When the caption is seen, from the shot's start, in seconds."""
        length = self.end_s - self.start_s
        return round(0.2 * length * RATE) / RATE, round(0.8 * length * RATE) / RATE


def make_edit(n_shots: int, shot_s: float) -> tuple[EditShot, ...]:
    """Return shots of `shot_s` seconds with gaps of 0.4 s between them, in four turns."""
    return tuple(
        EditShot(
            round(number * (shot_s + 0.4), 3),
            round(number * (shot_s + 0.4) + shot_s, 3),
            LAYOUTS[number % len(LAYOUTS)],
            tuple(WORDS[number % len(WORDS)].split("|")),
        )
        for number in range(n_shots)
    )


def write_edit(path: Path, shots: tuple[EditShot, ...]) -> None:
    """Write the edit for a peer that runs in another environment."""
    path.write_text(json.dumps([asdict(shot) for shot in shots]), encoding="utf-8")


def make_material(folder: Path, duration_s: float) -> None:
    """Write `a.mp4`, `b.mp4` (1080p, 30 frames a second) and `a.wav`, `b.wav`, once."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "b.wav").exists():
        return
    for number, name in enumerate("ab"):
        loop = folder / f"{name}-loop.mp4"
        _encode(loop, _pictures(number))
        _repeat(loop, folder / f"{name}.mp4", duration_s)
    for name, samples in zip("ab", _microphones(duration_s), strict=True):
        _write_wav(folder / f"{name}.wav", samples)


def _pictures(seed: int) -> Iterator[NDArray[np.uint8]]:
    """Yield Y planes over U and V [shape=(1620, 1920)]: a room, a moving head, sensor noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    room = 110 + 40 * np.sin(columns / 170 + seed) * np.cos(rows / 110) + 20 * rows / HEIGHT
    room += np.kron(random.normal(0, 9, (HEIGHT // 8, WIDTH // 8)), np.ones((8, 8)))
    noise = [random.normal(0, 4, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(7)]
    skin = random.normal(0, 6, (HEIGHT, WIDTH)).astype(np.float32)
    chroma = np.full((HEIGHT // 2, WIDTH), 122 + 6 * seed, dtype=np.uint8)
    for number in range(LOOP_S * RATE):
        turn = 2 * np.pi * number / (LOOP_S * RATE)
        x, y = WIDTH / 2 + 60 * np.sin(2 * turn), HEIGHT * 0.45 + 25 * np.sin(5 * turn)
        head = ((columns - x) / 210) ** 2 + ((rows - y) / 290) ** 2 < 1
        shift = round(30 * np.sin(2 * turn))
        picture = np.where(head, 160 + np.roll(skin, shift, axis=1), room)
        opened = 12 + 20 * abs(np.sin(31 * turn))
        mouth = ((columns - x) / 70) ** 2 + ((rows - y - 150) / opened) ** 2
        picture = np.where(mouth < 1, 60, picture) + noise[number % len(noise)]
        yield np.vstack([np.clip(picture, 16, 235).astype(np.uint8), chroma])


def _encode(path: Path, pictures: Iterator[NDArray[np.uint8]]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = 1
        context.color_range = 1
        # As the browser recorder leaves it: 4 to 6 Mbit/s, a key frame every two seconds.
        stream.bit_rate = 5_000_000
        context.options = {"preset": "veryfast", "g": str(2 * RATE), "bf": "0"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))


def _repeat(loop: Path, path: Path, duration_s: float) -> None:
    """Copy the packets of `loop` again and again until `duration_s` is reached."""
    with av.open(str(path), "w") as container, av.open(str(loop)) as first:
        stream = container.add_stream_from_template(first.streams.video[0])
        for turn in range(int(duration_s // LOOP_S) + 1):
            with av.open(str(loop)) as source:
                for packet in source.demux(source.streams.video[0]):
                    if packet.size == 0 or packet.pts is None or packet.dts is None:
                        continue
                    shift = round(turn * LOOP_S / Fraction(packet.time_base or 1))
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = stream
                    container.mux_one(packet)


def _microphones(duration_s: float) -> Iterator[NDArray[np.float32]]:
    """Yield what each microphone of the sample's call picks up, over and over."""
    # Imported here, for it costs a second, which would be counted against Candid.
    from sample.call import hold_call, read_script
    from sample.clocks import the_two

    script = read_script()
    picked_up = hold_call(script, the_two(script.duration_s)).microphone
    for samples in picked_up.values():
        yield np.resize(samples, round(duration_s * RATE_HZ))


def _write_wav(path: Path, samples: NDArray[np.float32]) -> None:
    coded = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(coded[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
