"""Opening media with FFmpeg, with errors of one clear line; fragments read as one file."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from candid.engine.errors import BadInputError, MissingTrackError, NotMediaError

# Only local files: a playlist that calls itself a film must not fetch anything.
_OPTIONS = {"protocol_whitelist": "file"}
_BUFFER_BYTES = 1 << 18
# Names of demuxers that "read" text files, pictures and lists of other files.
_NO_MEDIA = (
    "tty",
    "image2",
    "_pipe",
    "hls",
    "dash",
    "concat",
    "gif",
    "lrc",
    "srt",
    "webvtt",
    "ass",
)


class JoinedFiles(io.RawIOBase):
    """Several files read as one, without a copy: an init segment and its fragments."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__()
        self._paths = list(paths)
        self._starts = [0, *accumulate(path.stat().st_size for path in paths)]
        self._at = 0
        self._open_number = -1
        self._open_file: BinaryIO | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes from the start of the first file."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a byte position of the whole and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes of one file; empty at the end of the last one."""
        if self._at >= self._starts[-1]:
            return b""
        number = bisect_right(self._starts, self._at) - 1
        file = self._file(number)
        file.seek(self._at - self._starts[number])
        data = file.read(size if size >= 0 else self._starts[number + 1] - self._at)
        self._at += len(data)
        return data

    def _file(self, number: int) -> BinaryIO:
        if self._open_file is None or self._open_number != number:
            self._shut()
            self._open_file = self._paths[number].open("rb")
            self._open_number = number
        return self._open_file

    def _shut(self) -> None:
        if self._open_file is not None:
            self._open_file.close()
            self._open_file = None

    def close(self) -> None:
        """Close the file that is open."""
        self._shut()
        super().close()


@contextmanager
def opened(media: Path | Sequence[Path], where: Path) -> Iterator[InputContainer]:
    """Open a media file, or several files that are one; `where` names it in errors.

    Raises BadInputError for a file that is missing, empty or unreadable, and
    NotMediaError for one that FFmpeg cannot read.
    """
    if isinstance(media, Path):
        with open_file(media) as container:
            yield container
    else:
        with closing(JoinedFiles(media)) as joined, _open(joined, where) as container:
            yield container


def open_file(path: Path) -> InputContainer:
    """Return the opened container of a media file, for the caller to close; see `opened`."""
    _refuse_unreadable(path)
    return _open(str(path), path)


def _open(file: str | JoinedFiles, where: Path) -> InputContainer:
    options = _OPTIONS if isinstance(file, str) else {}
    try:
        container = av.open(
            file, "r", options=options, metadata_errors="replace", buffer_size=_BUFFER_BYTES
        )
    except av.error.FFmpegError as error:
        raise NotMediaError(where, _why_unreadable(where)) from error
    if any(name in container.format.name for name in _NO_MEDIA):
        container.close()
        raise NotMediaError(where, "is no recording; give a sound or video file or a take folder")
    return container


def _refuse_unreadable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except FileNotFoundError as error:
        raise BadInputError(path, "is not there; check the path") from error
    except OSError as error:
        raise BadInputError(path, f"cannot be read ({error.strerror})") from error
    if not first:
        raise NotMediaError(path, "is empty; the recording was never written")


def _why_unreadable(where: Path) -> str:
    if where.is_file():
        with where.open("rb") as file:
            head = file.read(64)
        if head[4:8] == b"ftyp":
            return "was cut off before its index was written (no moov); it cannot be repaired here"
        if head[:4] == b"\x1aE\xdf\xa3":
            return "was cut off within its header; nothing in it can be decoded"
    return "holds no sound or picture that FFmpeg can read; give a media file or a take folder"


def sound_stream(container: InputContainer, where: Path) -> AudioStream:
    """Return the main sound stream. Raises MissingTrackError where there is none."""
    streams = container.streams.audio
    if not streams:
        raise MissingTrackError(where, "has no sound; give a recording with a microphone track")
    best = container.streams.best("audio")
    return best if isinstance(best, AudioStream) else streams[0]


def picture_stream(container: InputContainer, where: Path) -> VideoStream:
    """Return the main picture stream; a cover image is none. Raises MissingTrackError."""
    streams = moving_pictures(container)
    if not streams:
        raise MissingTrackError(where, "has no picture; give a recording with a camera track")
    best = container.streams.best("video")
    return best if isinstance(best, VideoStream) and best in streams else streams[0]


def moving_pictures(container: InputContainer) -> tuple[VideoStream, ...]:
    """Return the video streams that are no attached still image."""
    still = av.stream.Disposition.attached_pic
    return tuple(each for each in container.streams.video if not each.disposition & still)


def start_s(container: InputContainer) -> float:
    """Return the file's own start, in seconds of its timestamps: the file's `take_s` 0."""
    return 0.0 if container.start_time is None else container.start_time / av.time_base


def stated_end_s(container: InputContainer, stream: AudioStream | VideoStream) -> float:
    """Return when the file says that a stream ends, in seconds after the file's own start.

    0 where it does not say, and the length could only be guessed: FFmpeg's length of a
    fragmented file is no more than what it has read so far, counted from wherever it began.
    """
    whole = stream.frames > 0 if _states(container, "mp4") else _states(container, "flac")
    if whole and stream.duration and stream.time_base:
        end = stream.duration + (stream.start_time or 0)
        return float(end * stream.time_base) - start_s(container)
    if container.duration and _states(container, "matroska"):
        return container.duration / av.time_base
    return 0.0


def _states(container: InputContainer, *formats: str) -> bool:
    return any(name in container.format.name for name in formats)
