"""Joining fragments and sound into the film by copying packets; nothing is coded again."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from candid.engine.cut.timeline import Chapter
from candid.engine.errors import CandidError
from candid.engine.film.plan import FilmPlan

# With its default of three B-frames x264 decodes a picture at most two frames early.
REORDER_FRAMES = 2


class DamagedFragmentError(CandidError, RuntimeError):
    """A fragment in the cache was changed while the film was being joined."""


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
        pictures = _picture_packets(zip(fragments, lengths, strict=True), video, plan.options.rate)
        for packet in heapq.merge(pictures, _sound_packets(heard, audio), key=_dts_s):
            film.mux_one(packet)


def _dts_s(packet: Packet[Any]) -> float:
    assert packet.dts is not None
    assert packet.time_base is not None
    return packet.dts * packet.time_base.numerator / packet.time_base.denominator


def _picture_packets(
    fragments: Iterable[tuple[Path, int]], stream: VideoStream, rate: Fraction
) -> Iterator[Packet[Any]]:
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
            ticks = rate * packets[0].time_base if packets else rate
            for number, packet in enumerate(packets):
                assert packet.pts is not None
                packet.pts = start + round(packet.pts * ticks)
                packet.dts = start + number - REORDER_FRAMES
                packet.duration, packet.time_base = 1, 1 / rate
                packet.stream = stream
                yield packet
            start += len(packets)


def _sound_packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[Any]]:
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
