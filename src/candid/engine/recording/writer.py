"""Writing a take folder as a browser would: for samples, simulations and tests.

The same input gives the same bytes: encoders run on one thread and nothing written
depends on the time or the machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from candid.engine import files
from candid.engine.recording.boxes import fragment_span, whole_box_bytes
from candid.engine.recording.take import (
    MANIFEST_NAME,
    Anchor,
    Beacon,
    Fragment,
    Gap,
    InitSegment,
    Take,
    Track,
    TrackKind,
    manifest_document,
)

SoundCodec = Literal["flac", "ipcm", "opus"]
_ENCODERS: dict[SoundCodec, str] = {"flac": "flac", "ipcm": "pcm_s16le", "opus": "libopus"}
# Ticks of the camera's media clock: capture times are microseconds.
CAMERA_RATE = 1_000_000


@dataclass(frozen=True, slots=True)
class TakeIdentity:
    """Who recorded what, for the manifest; `clock_id` is the `take_id` where it is None."""

    call_id: str
    participant_id: str
    take_id: str
    started_us: int
    clock_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """How the media are encoded. `crf` and `preset` are x264's."""

    fragment_s: float = 1.0
    opus_bit_rate: int = 32_000
    crf: int = 23
    preset: str = "veryfast"


class TakeWriter:
    """Writes one take folder, a track at a time; `finish` writes the manifest.

    Nothing is held beyond one fragment, so tracks can be given as generators. Raises
    OutputError where the disk refuses, ValueError for a track given twice.
    """

    def __init__(
        self, folder: Path, identity: TakeIdentity, options: WriterOptions | None = None
    ) -> None:
        self._options = options or WriterOptions()
        self._take = Take(
            folder=folder,
            call_id=identity.call_id,
            participant_id=identity.participant_id,
            take_id=identity.take_id,
            clock_id=identity.clock_id or identity.take_id,
            state="recording",
            started_us=identity.started_us,
            name=identity.name,
            tracks=(),
            beacons=(),
            gaps=(),
        )

    def add_sound(
        self,
        kind: TrackKind,
        blocks: Iterable[NDArray[np.int16]],
        *,
        codec: SoundCodec = "flac",
        rate_hz: int = 48_000,
        origin_us: int | None = None,
        anchors: Sequence[Anchor] | None = None,
    ) -> None:
        """Encode mono samples, given in blocks [shape=(n,)] of any length.

        `origin_us` is the recorder clock at sample 0 (the take's start where it is
        None). Without `anchors`, one a second is written as by a perfect sound card.
        Opus rounds up to whole packets of 20 ms and wants 48 kHz.
        """
        origin_us = self._take.started_us if origin_us is None else origin_us
        sink = self._sink(kind)
        with _muxer(sink, self._options.fragment_s) as container:
            stream = container.add_stream(_ENCODERS[codec], rate=rate_hz, layout="mono")
            assert isinstance(stream, AudioStream)
            stream.codec_context.thread_count = 1
            if codec == "opus":
                stream.codec_context.bit_rate = self._options.opus_bit_rate
            n_samples = 0
            for frame in _sound_frames(blocks, rate_hz):
                n_samples += frame.samples
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        if anchors is None:
            anchors = steady_anchors(n_samples, rate_hz, origin_us)
        self._add(sink.track(codec, rate_hz, origin_us, anchors))

    def add_camera(
        self,
        frames: Iterable[tuple[int, VideoFrame | NDArray[np.uint8]]],
    ) -> None:
        """Encode pictures as H.264, given as (capture time on the recorder clock in us, picture).

        A picture is a VideoFrame or RGB [shape=(height, width, 3)] with even sides; the
        times rise. Each fragment starts with a key frame; media time 0 is the first frame.
        """
        sink = self._sink("camera")
        with _muxer(sink, None) as container:
            origin_us = _encode_camera(container, frames, self._options)
        self._add(sink.track(sink.avc_codec(), CAMERA_RATE, origin_us, ()))

    def finish(
        self,
        *,
        state: str = "complete",
        beacons: Sequence[Beacon] = (),
        gaps: Sequence[Gap] = (),
    ) -> Take:
        """Write the manifest and return the take. `gaps` are in `take_s`."""
        take = replace(self._take, state=state, beacons=tuple(beacons), gaps=tuple(gaps))
        files.write_json(take.folder / MANIFEST_NAME, manifest_document(take))
        return take

    def _sink(self, kind: TrackKind) -> _FragmentSink:
        if self._take.track(kind) is not None:
            raise ValueError(f"the {kind} track was written already")
        return _FragmentSink(self._take.folder, kind)

    def _add(self, track: Track) -> None:
        self._take = replace(self._take, tracks=(*self._take.tracks, track))


def steady_anchors(n_samples: int, rate_hz: int, origin_us: int) -> tuple[Anchor, ...]:
    """Return an anchor a second, as of a sound card without drift or stall."""
    return tuple(
        Anchor(sample, origin_us + round(sample * 1_000_000 / rate_hz))
        for sample in range(0, n_samples, rate_hz)
    )


def _muxer(sink: _FragmentSink, fragment_s: float | None) -> OutputContainer:
    """Open a muxer that hands whole fragments to `sink`: by length, or one a key frame."""
    flags = "empty_moov+default_base_moof+skip_trailer"
    options = {"fflags": "+bitexact", "video_track_timescale": str(CAMERA_RATE)}
    if fragment_s is None:
        flags += "+frag_keyframe"
    else:
        options["frag_duration"] = str(round(fragment_s * 1e6))
    return av.open(sink, "w", format="mp4", options={**options, "movflags": flags})


def _sound_frames(blocks: Iterable[NDArray[np.int16]], rate_hz: int) -> Iterator[AudioFrame]:
    at = 0
    for block in blocks:
        if not len(block):
            continue
        samples = np.ascontiguousarray(block, dtype="<i2").reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), at
        at += len(block)
        yield frame


def _encode_camera(
    container: OutputContainer,
    frames: Iterable[tuple[int, VideoFrame | NDArray[np.uint8]]],
    options: WriterOptions,
) -> int:
    """Encode and mux all frames; return when the first was captured."""
    stream = None
    origin_us = next_key_us = 0
    for at_us, picture in frames:
        frame = picture if isinstance(picture, VideoFrame) else VideoFrame.from_ndarray(picture)
        if stream is None:
            origin_us = next_key_us = at_us
            stream = container.add_stream("libx264", options=_x264(options))
            stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
            stream.codec_context.time_base = Fraction(1, CAMERA_RATE)
            stream.codec_context.thread_count = 1
        frame.pts, frame.time_base = at_us - origin_us, Fraction(1, CAMERA_RATE)
        frame.pict_type = PictureType.NONE
        if at_us >= next_key_us:
            frame.pict_type = PictureType.I
            next_key_us = at_us + round(options.fragment_s * 1e6)
        container.mux(stream.encode(frame))
    if stream is None:
        raise ValueError("a camera track needs at least one frame")
    container.mux(stream.encode(None))
    return origin_us


def _x264(options: WriterOptions) -> dict[str, str]:
    return {
        "preset": options.preset,
        "crf": str(options.crf),
        "bf": "0",
        "g": "100000",
        "sc_threshold": "0",
        "forced-idr": "1",
    }


class _FragmentSink:
    """A file for the muxer to write to, cut into `init.mp4` and numbered fragments."""

    def __init__(self, folder: Path, kind: TrackKind) -> None:
        self._folder = folder / kind
        self._kind: TrackKind = kind
        self._pending = bytearray()
        self._head = bytearray()
        self._init: InitSegment | None = None
        self._profile = ""
        self._spans: list[tuple[str, int, int, int]] = []

    def write(self, data: bytes) -> int:
        """Take bytes of the muxed stream and write out what is whole."""
        self._pending += data
        while (size := whole_box_bytes(self._pending)) > 0:
            box = bytes(self._pending[:size])
            del self._pending[:size]
            self._take_box(box)
        return len(data)

    def _take_box(self, box: bytes) -> None:
        self._head += box
        kind = box[4:8]
        if kind not in (b"moov", b"mdat"):
            return
        data, self._head = bytes(self._head), bytearray()
        sha256 = hashlib.sha256(data).hexdigest()
        if kind == b"moov":
            self._init = InitSegment(sha256, len(data))
            # ISO/IEC 14496-15: avcC holds version, profile, compatibility, level.
            self._profile = data.partition(b"avcC")[2][1:4].hex()
            files.write_bytes(self._folder / "init.mp4", data)
        else:
            files.write_bytes(self._folder / f"{len(self._spans):06d}.m4s", data)
            self._spans.append((sha256, len(data), *fragment_span(data)))

    def avc_codec(self) -> str:
        """Return the codec as in a MIME type (RFC 6381)."""
        return f"avc1.{self._profile}"

    def track(self, codec: str, rate: int, origin_us: int, anchors: Sequence[Anchor]) -> Track:
        """Return what was written; a fragment lasts until the next one starts."""
        assert self._init is not None
        starts = [start for _, _, start, _ in self._spans]
        ends = [*starts[1:], sum(self._spans[-1][2:]) if self._spans else 0]
        fragments = tuple(
            Fragment(number, sha256, n_bytes, start, ends[number] - start)
            for number, (sha256, n_bytes, start, _) in enumerate(self._spans)
        )
        return Track(self._kind, codec, rate, origin_us, self._init, fragments, tuple(anchors))
