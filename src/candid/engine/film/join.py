"""Joining fragments and sound into the film by copying packets; nothing is coded again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from candid.engine.cut.timeline import Chapter
from candid.engine.errors import CandidError
from candid.engine.film.plan import FilmPlan

# With its default of three B-frames x264 decodes a picture at most two frames early.
REORDER_FRAMES = 2


class DamagedFragmentError(CandidError, RuntimeError):
    """A fragment in the cache was changed while the film was being joined."""


def whole_packets(path: Path) -> int:
    """Return how many whole packets a file of the cache holds; 0 where it is none at all.

    They are read, not decoded: a file that was cut off is found, a flipped bit is not.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams:
                return 0
            packets = container.demux(container.streams[0])
            return sum(packet.size > 0 and not packet.is_corrupt for packet in packets)
    except av.FFmpegError:
        return 0


def join(fragments: Sequence[Path], sound: Path, plan: FilmPlan, path: Path) -> None:
    """Write the film: fragments in order, the sound under them, chapters, index in front.

    Video timestamps are counted anew, in frames, so every step is equal whatever the
    fragments say. Raises DamagedFragmentError.
    """
    lengths = [shot.n_frames for shot in plan.shots]
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with (
        av.open(str(path), "w", format="mp4", options=options) as film,
        av.open(str(fragments[0])) as first,
        av.open(str(sound)) as heard,
    ):
        video = film.add_stream_from_template(first.streams.video[0])
        audio = film.add_stream_from_template(heard.streams.audio[0])
        video.time_base = 1 / plan.options.rate
        film.set_chapters(_chapters(plan.chapters, plan.timeline.duration_s))
        _interleave(
            film,
            _picture_packets(zip(fragments, lengths, strict=True), video, plan.options.rate),
            _sound_packets(heard, audio),
        )


def _interleave(
    film: OutputContainer,
    pictures: Iterator[Packet[VideoStream]],
    sounds: Iterator[Packet[AudioStream]],
) -> None:
    """Write two streams of packets in order of decoding time."""
    picture, sound = next(pictures, None), next(sounds, None)
    while picture is not None or sound is not None:
        if sound is None or (picture is not None and _dts_s(picture) <= _dts_s(sound)):
            assert picture is not None
            film.mux_one(picture)
            picture = next(pictures, None)
        else:
            film.mux_one(sound)
            sound = next(sounds, None)


def _dts_s(packet: Packet[VideoStream] | Packet[AudioStream]) -> float:
    assert packet.dts is not None
    assert packet.time_base is not None
    return float(packet.dts * packet.time_base)


def _picture_packets(
    fragments: Iterable[tuple[Path, int]], stream: VideoStream, rate: Fraction
) -> Iterator[Packet[VideoStream]]:
    start, header = 0, None
    for path, n_frames in fragments:
        with av.open(str(path)) as container:
            source = container.streams.video[0]
            own = bytes(source.codec_context.extradata or b"")
            if header not in (None, own):
                raise DamagedFragmentError(f"{path}: was encoded otherwise; run it again")
            header = own
            packets = [packet for packet in container.demux(source) if packet.size]
            if len(packets) != n_frames:
                raise DamagedFragmentError(
                    f"{path}: holds {len(packets)} of {n_frames} frames; run it again"
                )
            for number, packet in enumerate(packets):
                _retime(packet, start, number, rate)
                packet.stream = stream
                yield packet
            start += len(packets)


def _retime(packet: Packet[VideoStream], start: int, number: int, rate: Fraction) -> None:
    """Give the fragment's packet `number` its place in a film where it begins at `start`."""
    assert packet.pts is not None
    assert packet.time_base is not None
    packet.pts = start + round(packet.pts * packet.time_base * rate)
    packet.dts = start + number - REORDER_FRAMES
    packet.duration = 1
    packet.time_base = 1 / rate


def _sound_packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    for packet in container.demux(container.streams.audio[0]):
        if packet.size:
            packet.stream = stream
            yield packet


def _chapters(chapters: Sequence[Chapter], duration_s: float) -> list[av.container.Chapter]:
    ends_s = [*(chapter.start_s for chapter in chapters), duration_s][1:]
    return [
        {
            "id": number,
            "start": round(chapter.start_s * 1000),
            "end": round(end_s * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": chapter.title},
        }
        for number, (chapter, end_s) in enumerate(zip(chapters, ends_s, strict=True))
    ]
