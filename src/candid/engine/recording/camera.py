"""Pictures of a take folder or media file, each at the time it was captured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from candid.engine.errors import MissingTrackError
from candid.engine.recording import pictures
from candid.engine.recording.fragments import inspect_track
from candid.engine.recording.pictures import CameraFrame, Reader
from candid.engine.recording.silence import PRIVATE_REASONS
from candid.engine.recording.source import Source
from candid.engine.recording.take import Gap
from candid.engine.recording.track import Flaw
from candid.engine.timebase import Interval, merge_intervals, subtract_intervals

__all__ = ["CameraFrame", "CameraTrack", "open_camera"]

# Cameras slow down in the dark, to some five frames a second; beyond this one stood still.
_LONGEST_FRAME_S = 1.0


@dataclass
class CameraTrack:
    """A camera track: the times of all its frames, and the frames themselves on demand.

    `times_s` [shape=(n,)] are the capture times in `take_s` of all frames that may be
    shown, rising; struck, paused and muted time has none. `width` and `height` are the
    coded size that the file announces; frames may differ. `gaps` are in `take_s`,
    `flaws` on the track's media clock. Close it, or use it in a `with` block.
    """

    times_s: NDArray[np.float64] = field(repr=False)
    width: int
    height: int
    gaps: tuple[Gap, ...]
    flaws: tuple[Flaw, ...]
    _reader: Reader = field(repr=False)

    def frames(self, start_s: float, end_s: float) -> Iterator[CameraFrame]:
        """Yield what is on show from `start_s` until `end_s` (exclusive), in `take_s`.

        The first frame is the latest one captured at or before `start_s`, where there
        is one; then follows every frame captured before `end_s`. Decoding begins at the
        key frame before and goes forward once. A frame that does not decode is left
        out (the one before it stays on show) and counted in `undecodable`.
        """
        return self._reader.frames(start_s, end_s)

    @property
    def undecodable(self) -> tuple[Flaw, ...]:
        """The frames met so far that did not decode, on the track's media clock."""
        return tuple(self._reader.bad)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def __enter__(self) -> CameraTrack:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_camera(source: Source, *, threads: int = 1) -> CameraTrack:
    """Index the camera track of a source: one pass over its packets, nothing is decoded.

    `threads` is the number of decoding threads (0: FFmpeg's choice). Raises
    MissingTrackError where there is no picture or nothing is left of it, NotMediaError
    where it cannot be read.
    """
    known = tuple(gap for gap in source.take.gaps if gap.kind in (None, "camera"))
    private = merge_intervals(gap.interval for gap in known if gap.reason in PRIVATE_REASONS)
    lost: tuple[Interval, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    if source.is_folder:
        track = source.take.track("camera")
        if track is None:
            raise MissingTrackError(source.path, "has no picture; it lists no camera track")
        stored = inspect_track(source.take, track)
        origin_s = source.take.take_s(track.origin_us)
        reader = pictures.read_fragments(source.take, stored, private, threads)
        lost = tuple(Interval(i.start_s + origin_s, i.end_s + origin_s) for i in stored.lost)
        flaws = stored.flaws
    else:
        reader = pictures.read_file(source.path, private, threads)
    times_s = reader.scan.index.times_s()
    return CameraTrack(
        times_s=times_s,
        width=reader.scan.width,
        height=reader.scan.height,
        gaps=_gaps(known, lost, times_s),
        flaws=(*flaws, *reader.scan.flaws),
        _reader=reader,
    )


def _gaps(
    known: Sequence[Gap], lost: Sequence[Interval], times_s: NDArray[np.float64]
) -> tuple[Gap, ...]:
    """Return the manifest's gaps, and those found: lost fragments, then a camera at rest."""
    told = [gap.interval for gap in known]
    found = [Gap("missing", piece, "camera") for whole in lost for piece in _rest(whole, told)]
    told += [gap.interval for gap in found]
    for before_s, after_s in pairwise(times_s.tolist()):
        if after_s - before_s > _LONGEST_FRAME_S:
            rest = _rest(Interval(before_s, after_s), told)
            found += [
                Gap("stalled", piece, "camera")
                for piece in rest
                if piece.duration_s > _LONGEST_FRAME_S
            ]
    return tuple(sorted([*known, *found], key=lambda gap: gap.interval))


def _rest(whole: Interval, told: Sequence[Interval]) -> list[Interval]:
    return [piece for piece in subtract_intervals(whole, told) if piece.duration_s > 0.001]
