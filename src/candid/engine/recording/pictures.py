"""Reading camera frames: an index of all packets, then decoding forward from a key frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from candid.engine.errors import MissingTrackError
from candid.engine.recording import media
from candid.engine.recording.fragments import StoredTrack
from candid.engine.recording.take import Take
from candid.engine.recording.track import Flaw
from candid.engine.timebase import Interval

# A file that states its length may end this much earlier without being torn.
_TORN_BEYOND_S = 1.0


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """One picture, captured at `take_s`.

    Turned clockwise by `rotation_deg` (0, 90, 180 or 270) it stands upright. The size is
    that of `picture` and may differ from frame to frame of one track.
    """

    take_s: float
    picture: VideoFrame
    rotation_deg: int


@dataclass(frozen=True, slots=True)
class Index:
    """Every packet of a picture stream in decoding order [shape=(n,) each].

    `shown` marks the packets whose picture may be shown: neither left out by an edit
    list nor captured in struck, paused or muted time.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    take_s: NDArray[np.float64]
    is_key: NDArray[np.bool_]
    shown: NDArray[np.bool_]

    def times_s(self) -> NDArray[np.float64]:
        """Return the capture times of what may be shown, rising, each once."""
        return np.unique(self.take_s[self.shown])

    def key_before(self, take_s: float) -> int:
        """Return the packet to decode from, for the picture that is on show at `take_s`."""
        on_show = self.shown & (self.take_s <= take_s)
        wanted_s = self.take_s[on_show].max() if on_show.any() else self.take_s.min()
        keys = np.flatnonzero(self.is_key & (self.take_s <= wanted_s))
        return int(keys[-1]) if len(keys) else 0


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the packets of a stream tells.

    Timestamp 0 of the stream is at `start_s` of `take_s`. `width` and `height` are the
    coded size that the stream announces.
    """

    index: Index
    start_s: float
    time_base: Fraction
    width: int
    height: int
    flaws: tuple[Flaw, ...]


class Reader(ABC):
    """Frames of one stream by time. Several `frames` may run at once, each on its own file."""

    def __init__(self, scan: Scan, threads: int) -> None:
        self.scan = scan
        self.bad: list[Flaw] = []
        self._threads = threads
        index = scan.index
        pts, take_s = index.pts[index.shown].tolist(), index.take_s[index.shown].tolist()
        self._shown_s: dict[int, float] = dict(zip(pts, take_s, strict=True))

    @abstractmethod
    def _packets(self, first: int) -> Iterator[av.Packet[VideoStream]]:
        """Yield packets in decoding order, from packet `first` of the index or before it."""

    @abstractmethod
    def close(self) -> None:
        """Close what is open."""

    def frames(self, start_s: float, end_s: float) -> Iterator[CameraFrame]:
        """Yield the frame on show at `start_s` and all later ones before `end_s`."""
        held: CameraFrame | None = None
        for frame in self._decoded(self.scan.index.key_before(start_s)):
            if frame.take_s > start_s and held is not None:
                yield held
                held = None
            if frame.take_s >= end_s:
                return
            if frame.take_s > start_s:
                yield frame
            else:
                held = frame
        if held is not None:
            yield held

    def _decoded(self, first: int) -> Iterator[CameraFrame]:
        for packet in self._packets(first):
            try:
                pictures = packet.decode()
            except av.error.FFmpegError:
                self._note(packet.pts, packet.time_base)
                continue
            for picture in pictures:
                assert isinstance(picture, VideoFrame)
                if picture.is_corrupt:
                    self._note(picture.pts, picture.time_base)
                elif picture.pts in self._shown_s:
                    # FFmpeg counts the turn that stands a picture up anticlockwise.
                    turn_deg = round(-picture.rotation / 90) * 90 % 360
                    yield CameraFrame(self._shown_s[picture.pts], picture, turn_deg)

    def _note(self, pts: int | None, time_base: object) -> None:
        at_s = 0.0 if pts is None else float(pts * time_base)  # type: ignore[operator]
        self.bad.append(Flaw("camera", "undecodable", at_s, 0.0, "a frame does not decode"))


class _FragmentReader(Reader):
    """Opens the fragments from the one that holds the key frame on."""

    def __init__(self, scan: Scan, threads: int, stored: StoredTrack) -> None:
        super().__init__(scan, threads)
        self._stored = stored

    def _packets(self, first: int) -> Iterator[av.Packet[VideoStream]]:
        start = int(self.scan.index.dts[first]) * self.scan.time_base * self._stored.track.rate
        starts = [each.fragment.start for each in self._stored.fragments]
        part = max(0, bisect_right(starts, start) - 1)
        paths = [self._stored.init, *(each.path for each in self._stored.fragments[part:])]
        with media.opened(paths, self._stored.init.parent) as container:
            stream = media.picture_stream(container, self._stored.init.parent)
            _set_threads(stream, self._threads)
            yield from container.demux(stream)

    def close(self) -> None:
        """Do nothing: each run of frames closes its own files."""


class _FileReader(Reader):
    """Seeks in the file that was indexed: a WebM without cues has its index by then."""

    def __init__(self, scan: Scan, threads: int, path: Path, container: InputContainer) -> None:
        super().__init__(scan, threads)
        self._path = path
        self._idle = [container]
        self._closed = False

    def _packets(self, first: int) -> Iterator[av.Packet[VideoStream]]:
        container = self._idle.pop() if self._idle else media.open_file(self._path)
        try:
            stream = media.picture_stream(container, self._path)
            _set_threads(stream, self._threads)
            yield from _from_key(container, stream, int(self.scan.index.pts[first]))
        finally:
            self._idle.append(container)
            if self._closed:
                self.close()

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()


def _from_key(
    container: InputContainer, stream: VideoStream, pts: int
) -> Iterator[av.Packet[VideoStream]]:
    """Seek until the key frame at `pts` is not overshot, then yield from there."""
    assert stream.time_base is not None
    second = int(1 / stream.time_base)
    for back in (0, 2 * second, 20 * second, None):
        container.seek(0 if back is None else max(0, pts - back), stream=stream, backward=True)
        packets = container.demux(stream)
        head = next(packets, None)
        if head is None or (head.pts is not None and head.pts > pts and back is not None):
            continue
        yield head
        yield from packets
        return


def _set_threads(stream: VideoStream, threads: int) -> None:
    if not stream.codec_context.is_open:
        stream.codec_context.thread_count = threads
        stream.codec_context.thread_type = "AUTO"


def read_fragments(
    take: Take, stored: StoredTrack, private: Sequence[Interval], threads: int
) -> Reader:
    """Index the intact fragments of a take's camera; nothing is shown in `private` time."""
    where = take.folder / "camera"
    with media.opened(stored.paths, where) as container:
        stream = media.picture_stream(container, where)
        scan = _scan(container, stream, take.take_s(stored.track.origin_us), private)
    return _FragmentReader(_not_empty(scan, where), threads, stored)


def read_file(path: Path, private: Sequence[Interval], threads: int) -> Reader:
    """Index the main picture stream of a media file; nothing is shown in `private` time."""
    container = media.open_file(path)
    stream = media.picture_stream(container, path)
    scan = _scan(container, stream, -media.start_s(container), private)
    return _FileReader(_not_empty(scan, path), threads, path, container)


def _not_empty(scan: Scan, where: Path) -> Scan:
    if not scan.index.is_key.any():
        raise MissingTrackError(where, "holds no picture that can be decoded")
    return scan


def _scan(
    container: InputContainer, stream: VideoStream, start_s: float, private: Sequence[Interval]
) -> Scan:
    rows: list[tuple[int, int, bool, bool]] = []
    torn = ""
    try:
        for packet in container.demux(stream):
            pts = packet.dts if packet.pts is None else packet.pts
            if pts is None or not packet.size:
                continue
            dts = pts if packet.dts is None else packet.dts
            rows.append((pts, dts, packet.is_keyframe, not packet.is_discard))
    except av.error.FFmpegError as error:
        torn = str(error.strerror)
    assert stream.time_base is not None
    index = _index(rows, float(stream.time_base), start_s, private)
    return Scan(
        index=index,
        start_s=start_s,
        time_base=stream.time_base,
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        flaws=tuple(_torn(container, stream, index, torn)),
    )


def _index(
    rows: Sequence[tuple[int, int, bool, bool]],
    unit_s: float,
    start_s: float,
    private: Sequence[Interval],
) -> Index:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    take_s = columns[0] * unit_s + start_s
    shown = columns[3] > 0
    for interval in private:
        shown &= ~((take_s >= interval.start_s) & (take_s < interval.end_s))
    return Index(columns[0], columns[1], take_s, columns[2] > 0, shown)


def _torn(
    container: InputContainer, stream: VideoStream, index: Index, torn: str
) -> Iterator[Flaw]:
    """Report a tail that an index promises and the file lacks."""
    assert stream.time_base is not None
    end_s = float(int(index.pts.max(initial=0)) * stream.time_base) - media.start_s(container)
    lost_s = max(0.0, media.stated_end_s(container, stream) - end_s)
    if torn or lost_s > _TORN_BEYOND_S:
        detail = torn or "the file ends before the length that it states"
        yield Flaw("camera", "torn", end_s, lost_s, f"cut off: {detail}")
