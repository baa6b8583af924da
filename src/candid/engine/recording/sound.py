"""Sound of a take folder or media file as one gap-aware track on the recorder's clock."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from candid.engine import files
from candid.engine.errors import MissingTrackError, NotMediaError
from candid.engine.recording import media, silence
from candid.engine.recording.fragments import StoredTrack, inspect_track
from candid.engine.recording.pcm import PcmWriter
from candid.engine.recording.silence import Recorded
from candid.engine.recording.source import Source
from candid.engine.recording.take import Take, Track, TrackKind
from candid.engine.recording.track import Flaw, SoundTrack
from candid.engine.timebase import Interval, merge_intervals

DEFAULT_RATE_HZ = 48_000
# A file that states its length may end this much earlier without being torn.
_TORN_BEYOND_S = 0.5


def assemble_sound(
    source: Source, kind: TrackKind, into: Path, rate_hz: int = DEFAULT_RATE_HZ
) -> SoundTrack:
    """Decode a sound track to `into`: mono 16-bit samples at `rate_hz`, holes as silence.

    What was lost stays in its place: missing and torn fragments, packets that do not
    decode, jumps of the timestamps, and stalls of the capture that the anchors show.
    Struck, paused and muted time is silence in the file already. Of a media file the
    main sound stream is taken, whatever `kind` it is to be. Memory does not grow with
    the length. Raises MissingTrackError (no such track, nothing left of it),
    NotMediaError (nothing decodes) and OutputError (the disk refuses).
    """
    with files.replacing(into) as draft:
        raw = draft.with_suffix(".raw")
        try:
            recorded = _decode(source, kind, raw, rate_hz)
            return silence.finish(recorded, source.take.gaps, draft, into)
        finally:
            raw.unlink(missing_ok=True)


def _decode(source: Source, kind: TrackKind, raw: Path, rate_hz: int) -> Recorded:
    if source.is_folder:
        track = source.take.track(kind)
        if track is None:
            raise MissingTrackError(source.path, f"has no {kind} track")
        return _decode_fragments(source.take, track, raw, rate_hz)
    return _decode_file(source, kind, raw, rate_hz)


@dataclass
class _Bad:
    """Packets that did not decode, in seconds of the stream's timestamps."""

    intervals: list[Interval] = field(default_factory=list)
    n_packets: int = 0
    torn: str = ""

    def add(self, packet: av.Packet[AudioStream]) -> None:
        self.n_packets += 1
        if packet.pts is not None and packet.time_base is not None:
            start_s = float(packet.pts * packet.time_base)
            length_s = float((packet.duration or 0) * packet.time_base)
            self.intervals.append(Interval(start_s, start_s + length_s))

    def flaws(self, kind: TrackKind, to_track_s: Callable[[float], float]) -> Iterator[Flaw]:
        for interval in merge_intervals(self.intervals, within_s=0.1):
            start_s = to_track_s(interval.start_s)
            detail = f"sound that does not decode ({self.n_packets} packets in all)"
            yield Flaw(kind, "undecodable", max(0.0, start_s), interval.duration_s, detail)


def _frames(container: InputContainer, stream: AudioStream, bad: _Bad) -> Iterator[AudioFrame]:
    """Yield what decodes; what does not is noted in `bad` and never ends the track."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError as error:
            bad.torn = str(error.strerror)
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            bad.add(packet)
            continue
        for frame in frames:
            assert isinstance(frame, AudioFrame)
            yield frame


def _decode_fragments(take: Take, track: Track, raw: Path, rate_hz: int) -> Recorded:
    """Place every frame by its media time; what lies between is silence."""
    stored = inspect_track(take, track)
    bad = _Bad()
    where = take.folder / track.kind
    with media.opened(stored.paths, where) as container, raw.open("wb") as file:
        stream = media.sound_stream(container, where)
        writer = PcmWriter(file, rate_hz)
        place = _Placement.of(stored, stream)
        for frame in _frames(container, stream, bad):
            place.put(writer, frame)
        place.pad_to_end(writer)
        writer.close()
    flaws = [*place.flaws(stored), *bad.flaws(track.kind, lambda time_s: time_s - place.origin_s)]
    sample_s, time_s = _anchors(take, track, place)
    lost = tuple(
        Interval(max(0.0, each.start_s - place.origin_s), each.end_s - place.origin_s)
        for each in stored.lost
        if each.end_s > place.origin_s
    )
    return Recorded(
        track.kind, raw, rate_hz, sample_s, time_s, lost, tuple(flaws), stamped_frames=False
    )


@dataclass(frozen=True, slots=True)
class _Placement:
    """Where media time 0 of the packets lies: sample `n` is media time `n + priming`."""

    rate_hz: int
    priming: int
    first: int
    count: int
    tolerance: int

    @classmethod
    def of(cls, stored: StoredTrack, stream: AudioStream) -> _Placement:
        rate_hz = stream.codec_context.sample_rate
        extra = stream.codec_context.extradata or b""
        priming = int.from_bytes(extra[10:12], "little") if extra[:8] == b"OpusHead" else 0
        first = round(stored.span.start_s * rate_hz)
        count = round(stored.span.end_s * rate_hz) - first - priming
        assert stream.time_base is not None
        return cls(rate_hz, priming, first, max(0, count), int(rate_hz * stream.time_base) - 1)

    @property
    def origin_s(self) -> float:
        """Media time of the track's first sample, in seconds."""
        return (self.first + self.priming) / self.rate_hz

    def put(self, writer: PcmWriter, frame: AudioFrame) -> None:
        fed = round(writer.fed_s * self.rate_hz)
        assert frame.pts is not None
        assert frame.time_base is not None
        at = round(frame.pts * frame.time_base * self.rate_hz) - self.first - self.priming
        if at - fed > self.tolerance:
            writer.silence_at(at - fed, self.rate_hz)
        skip = fed - at if fed - at > self.tolerance else 0
        if skip < frame.samples:
            writer.feed(frame, skip=skip)

    def pad_to_end(self, writer: PcmWriter) -> None:
        writer.silence_at(max(0, self.count - round(writer.fed_s * self.rate_hz)), self.rate_hz)

    def flaws(self, stored: StoredTrack) -> Iterator[Flaw]:
        for flaw in stored.flaws:
            start_s = max(0.0, flaw.start_s - self.origin_s)
            yield Flaw(flaw.track, flaw.kind, start_s, flaw.duration_s, flaw.detail)


def _anchors(
    take: Take, track: Track, place: _Placement
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # Sample numbers count from media time 0, the track from its first fragment.
    if not track.anchors:
        origin_s = take.take_s(track.origin_us) + place.first / place.rate_hz
        return np.zeros(1), np.array([origin_s])
    sample = np.array([anchor.sample for anchor in track.anchors], dtype=float)
    time_us = np.array([anchor.monotonic_us for anchor in track.anchors], dtype=float)
    return sample / track.rate - place.first / place.rate_hz, (time_us - take.started_us) / 1e6


def _decode_file(source: Source, kind: TrackKind, raw: Path, rate_hz: int) -> Recorded:
    """Write frame after frame; each frame's timestamp is a stamp of the clock."""
    bad = _Bad()
    sample_s, time_s = array("d"), array("d")
    with media.opened(source.path, source.path) as container, raw.open("wb") as file:
        stream = media.sound_stream(container, source.path)
        stream.codec_context.thread_count = 1
        writer = PcmWriter(file, rate_hz)
        origin_s = media.start_s(container)
        for frame in _frames(container, stream, bad):
            if frame.time is not None:
                sample_s.append(writer.fed_s)
                time_s.append(frame.time - origin_s)
            writer.feed(frame)
        writer.close()
        stated_end_s = media.stated_end_s(container, stream)
    if not writer.fed_s:
        raise NotMediaError(source.path, "holds no sound that can be decoded")
    if not len(sample_s):
        sample_s.append(0.0)
        time_s.append(0.0)
    stamps = np.array(sample_s), np.array(time_s)
    flaws = list(bad.flaws(kind, lambda at_s: float(np.interp(at_s - origin_s, *stamps[::-1]))))
    # Not the count of the samples: where timestamps jump, the file is longer than they are.
    held_end_s = time_s[-1] + writer.fed_s - sample_s[-1]
    flaws += _torn(kind, writer.fed_s, max(0.0, stated_end_s - held_end_s), bad)
    return Recorded(kind, raw, rate_hz, *stamps, (), tuple(flaws), stamped_frames=True)


def _torn(kind: TrackKind, held_s: float, lost_s: float, bad: _Bad) -> Iterator[Flaw]:
    if bad.torn or lost_s > _TORN_BEYOND_S:
        detail = bad.torn or "the file ends before the length that it states"
        yield Flaw(kind, "torn", held_s, lost_s, f"cut off: {detail}")
