"""Real media made for the tests of the recording room: seeded noise and shades of grey."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from candid.engine.recording.take import Anchor, Gap, Take
from candid.engine.recording.writer import TakeIdentity, TakeWriter, WriterOptions

RATE_HZ = 48_000
STARTED_US = 7_000_000
CAMERA_OFFSET_US = 130_000
Samples = NDArray[np.int16]


def noise(seconds: float, seed: int = 1, rate_hz: int = RATE_HZ) -> Samples:
    """Return loud noise without a zero sample, so that silence is seen."""
    rng = np.random.default_rng(seed)
    samples = (rng.standard_normal(round(seconds * rate_hz)) * 3000).astype(np.int16)
    samples[samples == 0] = 1
    return samples


def shade_of(number: int) -> int:
    """Return the grey level that frame `number` of a test camera shows."""
    return 20 + 3 * (number % 70)


def grey(number: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    return np.full((height, width, 3), shade_of(number), np.uint8)


def number_shown(picture: VideoFrame) -> int:
    """Return which of the first 70 frames of a test camera this is."""
    level = float(picture.to_ndarray(format="rgb24").mean())
    return round((level - 20) / 3)


def capture_times_us(count: int, seed: int = 5, every_us: int = 100_000) -> list[int]:
    """Return times of a camera whose rate wavers by a tenth."""
    rng = np.random.default_rng(seed)
    wobble = rng.integers(-every_us // 10, every_us // 10, count)
    start_us = STARTED_US + CAMERA_OFFSET_US
    return [start_us + number * every_us + int(wobble[number]) for number in range(count)]


@dataclass(frozen=True)
class Given:
    """A take folder and what went into it."""

    take: Take
    sound: Samples
    frame_times_s: NDArray[np.float64]

    @property
    def folder(self) -> Path:
        return self.take.folder

    def copy(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return folder


def make_take(
    folder: Path,
    *,
    seconds: float = 4.0,
    codec: str = "flac",
    camera: bool = True,
    gaps: Sequence[Gap] = (),
    **identity: Any,
) -> Given:
    """Write a take with fragments of about 0.3 s; the heard track is Opus of the same sound."""
    sound = noise(seconds)
    times_us = capture_times_us(round(seconds * 10)) if camera else []
    names = {"call_id": "call", "participant_id": "ada", "take_id": "ada-1"}
    who = TakeIdentity(**{**names, "started_us": STARTED_US, **identity})
    writer = TakeWriter(folder, who, WriterOptions(fragment_s=0.3, preset="ultrafast", crf=10))
    writer.add_sound("microphone", [sound], codec=codec)  # type: ignore[arg-type]
    writer.add_sound("heard", [sound[: RATE_HZ * 2], sound[RATE_HZ * 2 :]], codec="opus")
    if camera:
        writer.add_camera((at_us, grey(number)) for number, at_us in enumerate(times_us))
    take = writer.finish(gaps=gaps)
    return Given(take, sound, (np.array(times_us) - STARTED_US) / 1e6)


def edit_manifest(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def track_of(document: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(track for track in document["tracks"] if track["kind"] == kind)
    return found


def spoil_byte(path: Path, at: int = -100) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def truncate(path: Path, part: float = 0.5) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])


def spoil_packet(path: Path, number: int) -> None:
    """Overwrite packet `number` of the only stream with zeros, and nothing around it."""
    with av.open(str(path), "r") as container:
        packet = next(islice(container.demux(), number, None))
        payload = bytes(packet)
    data = path.read_bytes()
    assert data.count(payload) == 1
    path.write_bytes(data.replace(payload, bytes(len(payload))))


def stalled_anchors(
    n_samples: int,
    *,
    holes: Sequence[tuple[float, float]] = (),
    drift_ppm: float = 0.0,
    jitter_s: float = 3e-4,
    late: Sequence[int] = (),
    seed: int = 3,
) -> list[Anchor]:
    """Return an anchor a second of a sound card with drift that stalled at `holes`.

    `holes` are (second of the recorded samples, length in seconds); the anchors numbered
    in `late` were read 200 ms late.
    """
    rng = np.random.default_rng(seed)
    anchors = []
    for number, sample in enumerate(range(0, n_samples, RATE_HZ)):
        at_s = sample / RATE_HZ
        time_s = at_s * (1 + drift_ppm * 1e-6) + rng.normal(0, jitter_s)
        time_s += sum(length_s for hole_s, length_s in holes if at_s >= hole_s)
        time_s += 0.2 if number in late else 0.0
        anchors.append(Anchor(sample, STARTED_US + round(time_s * 1e6)))
    return anchors


_VIDEO_OPTIONS = {"libvpx": {"deadline": "realtime"}, "libx264": {"preset": "ultrafast"}}


def write_media(
    path: Path,
    sound: Samples | None = None,
    *,
    sound_codec: str = "libopus",
    video_codec: str | None = None,
    n_frames: int = 30,
    sizes: Sequence[tuple[int, int]] = ((64, 48),),
    rate_hz: int = RATE_HZ,
    muxer: dict[str, str] | None = None,
    jump: tuple[float, float] | None = None,
) -> Path:
    """Write a media file of sound and ten grey frames a second.

    `jump` (at second, by seconds) moves the timestamps of the sound from there on. Frames
    change through `sizes` in equal parts.
    """
    with av.open(str(path), "w", options=muxer or {}) as out:
        streams: list[AudioStream | VideoStream] = []
        packets: list[Any] = []
        if sound is not None:
            stream = out.add_stream(sound_codec, rate=rate_hz, layout="mono")
            assert isinstance(stream, AudioStream)
            streams.append(stream)
            packets += _jumped(_encoded_sound(stream, sound, rate_hz), jump)
        if video_codec is not None:
            packets += _encoded_video(out, video_codec, n_frames, sizes)
        out.start_encoding()
        for packet in sorted(packets, key=lambda each: each.dts * each.time_base):
            out.mux(packet)
    return path


def _encoded_sound(stream: AudioStream, sound: Samples, rate_hz: int) -> Iterator[Any]:
    for start in range(0, len(sound), rate_hz // 10):
        part = np.ascontiguousarray(sound[start : start + rate_hz // 10]).reshape(1, -1)
        frame = AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start, Fraction(1, rate_hz)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _jumped(packets: Iterator[Any], jump: tuple[float, float] | None) -> Iterator[Any]:
    for packet in packets:
        if jump is not None and packet.pts * packet.time_base >= jump[0]:
            packet.pts += int(jump[1] / packet.time_base)
            packet.dts += int(jump[1] / packet.time_base)
        yield packet


def _encoded_video(
    out: av.container.OutputContainer, codec: str, n_frames: int, sizes: Sequence[tuple[int, int]]
) -> Iterator[Any]:
    """Encode each size with an encoder of its own, as a phone does that is turned."""
    stream: Any = out.add_stream(codec, rate=10)
    stream.width, stream.height = sizes[0]
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    stream.codec_context.time_base = Fraction(1, 1000)
    each = n_frames // len(sizes)
    for part, (width, height) in enumerate(sizes):
        encoder: Any = stream
        if part:
            encoder = av.CodecContext.create(codec, "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
            encoder.time_base = Fraction(1, 1000)
        encoder.options = _VIDEO_OPTIONS.get(codec, {})
        for number in range(part * each, (part + 1) * each):
            frame = VideoFrame.from_ndarray(grey(number, width, height))
            frame.pts, frame.time_base = number * 100, Fraction(1, 1000)
            yield from _of(stream, encoder.encode(frame))
        yield from _of(stream, encoder.encode(None))


def _of(stream: Any, packets: Sequence[Any]) -> Iterator[Any]:
    for packet in packets:
        packet.stream = stream
        packet.time_base = Fraction(1, 1000)
        yield packet
