"""A take folder's tracks as ordinary files, for programs that read no take folders."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from candid.engine.errors import MissingTrackError
from candid.engine.files import replacing
from candid.engine.recording import media
from candid.engine.recording.fragments import inspect_track
from candid.engine.recording.silence import PRIVATE_REASONS
from candid.engine.recording.source import Source
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import Interval

_COPY_SAMPLES = 1 << 20

VideoPacket: TypeAlias = "av.Packet[VideoStream]"


@dataclass(frozen=True, slots=True)
class ExportedCamera:
    """A camera track as a file, `available` in the file's own time, whose 0 is `start_take_s`."""

    path: Path
    available: Interval
    start_take_s: float


def export_camera(source: Source, path: Path, private: Sequence[Interval] = ()) -> ExportedCamera:
    """Copy the camera packets of a take folder into one MP4 file; nothing is coded anew.

    A missing fragment is a jump of the timestamps. Every group of pictures that touches
    struck, paused or muted time is left out whole, since its packets need each other; so
    is what touches `private` (`take_s`), such as another take's struck time.
    Raises MissingTrackError where nothing is left, and OutputError.
    """
    take = source.take
    track = take.track("camera")
    if track is None:
        raise MissingTrackError(source.path, "has no picture; it lists no camera track")
    origin_s = take.take_s(track.origin_us)
    own = [
        gap.interval
        for gap in take.gaps
        if gap.reason in PRIVATE_REASONS and gap.kind in (None, "camera")
    ]
    hidden = [Interval(i.start_s - origin_s, i.end_s - origin_s) for i in (*own, *private)]
    stored = inspect_track(take, track)
    with media.opened(stored.paths, source.path) as container, replacing(path) as draft:
        stream = media.picture_stream(container, source.path)
        groups = _public_groups(_groups(container, stream), hidden)
        start_s, end_s = _copy(stream, groups, draft, source.path)
    return ExportedCamera(path, Interval(0.0, end_s - start_s), origin_s + start_s)


def _groups(container: InputContainer, stream: VideoStream) -> Iterator[list[VideoPacket]]:
    """Yield the packets of each group of pictures, which starts with a key frame."""
    group: list[VideoPacket] = []
    for packet in container.demux(stream):
        if packet.pts is None or packet.dts is None:
            continue
        if packet.is_keyframe and group:
            yield group
            group = []
        if group or packet.is_keyframe:
            group.append(packet)
    if group:
        yield group


def _public_groups(
    groups: Iterator[list[VideoPacket]], private: Sequence[Interval]
) -> Iterator[list[VideoPacket]]:
    for group in groups:
        times_s = [_time_s(packet) for packet in group]
        span = Interval(min(times_s), max(times_s) + 1e-3)
        if not any(span.overlap_s(each) for each in private):
            yield group


def _time_s(packet: VideoPacket) -> float:
    assert packet.pts is not None
    assert packet.time_base is not None
    return float(packet.pts * packet.time_base)


def _end_s(packet: VideoPacket) -> float:
    assert packet.time_base is not None
    return _time_s(packet) + float((packet.duration or 0) * packet.time_base)


def _copy(
    stream: VideoStream, groups: Iterator[list[VideoPacket]], draft: Path, where: Path
) -> tuple[float, float]:
    """Write the groups to `draft`, from time 0 on; return start and end as they were."""
    first: int | None = None
    start_s = end_s = 0.0
    with av.open(str(draft), "w", format="mp4", options={"fflags": "+bitexact"}) as out:
        copied = out.add_stream_from_template(stream)
        for group in groups:
            for packet in group:
                assert packet.pts is not None
                assert packet.dts is not None
                if first is None:
                    first, start_s = packet.pts, _time_s(packet)
                end_s = max(end_s, _end_s(packet))
                packet.pts, packet.dts = packet.pts - first, packet.dts - first
                packet.stream = copied
                out.mux(packet)
        if first is None:
            raise MissingTrackError(where, "holds no picture outside struck time")
    return start_s, end_s


def export_sound(track: SoundTrack, path: Path, private: Sequence[Interval] = ()) -> Interval:
    """Write an assembled track as a WAV file; return its time, from 0.

    The file's time is the track's `track_s`. Holes are silence, and so is `private`
    (`take_s`). Raises OutputError.
    """
    back = track.clock.inverse()
    hidden = [
        (round(back(i.start_s) * track.rate_hz), round(back(i.end_s) * track.rate_hz))
        for i in private
    ]
    with replacing(path) as draft, wave.open(str(draft), "wb") as out, track.pcm.open("rb") as pcm:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(track.rate_hz)
        for start in range(0, track.n_samples, _COPY_SAMPLES):
            samples = bytearray(pcm.read(2 * _COPY_SAMPLES))
            for first, last in hidden:
                quiet = range(
                    max(0, first - start) * 2, min(max(0, last - start) * 2, len(samples))
                )
                samples[quiet.start : quiet.stop] = bytes(len(quiet))
            out.writeframes(samples)
    return Interval(0.0, track.duration_s)
