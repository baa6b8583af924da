"""What became of a take: every fragment with its hash, every hole with its place and length.

"Complete" is said here alone, from what lies on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from candid.engine.recording.take import Gap, InitSegment, Take, Track, TrackKind
from candid.site.recording.holdings import HeldTrack, held_tracks
from candid.site.recording.stores import HeldFile, Store
from candid.site.recording.strikes import read_stored, read_struck

SCHEMA = "candid.receipt/1.0"
TakeState = Literal["recording", "incomplete", "complete"]
HoleReason = Literal["missing", "changed"]


@dataclass(frozen=True, slots=True)
class Hole:
    """A fragment that should be there: `number` is None for the init segment.

    `start_s` and `duration_s` are of the take's own time, and None where no manifest has
    told them yet. `changed` means that other bytes lie there than the manifest names.
    """

    kind: TrackKind
    number: int | None
    reason: HoleReason
    start_s: float | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class TakeStatus:
    """All that the server knows of one take.

    `struck` are the numbers removed on a participant's word. `n_unplaced` counts what was
    struck and could not be found on this take's clock yet; while there is any, the take
    is not complete. `stalled` is when the device captured nothing: no fragment is missing
    for it, and none can come. `unlisted` are the numbers of what is kept and stands in no
    manifest, so that no film uses it: it came last, and the device may never come back.
    """

    state: TakeState
    tracks: tuple[HeldTrack, ...]
    holes: tuple[Hole, ...]
    struck: Mapping[TrackKind, tuple[int, ...]]
    n_unplaced: int
    stalled: tuple[Gap, ...] = ()
    unlisted: Mapping[TrackKind, tuple[int, ...]] = field(default_factory=dict)


def take_status(store: Store, take_folder: PurePosixPath) -> TakeStatus:
    """Look at what lies in a take folder. Raises OSError."""
    take = read_stored(store, take_folder)
    tracks = held_tracks(store, take_folder)
    struck = read_struck(store, take_folder.parent.parent).of_take(take_folder.name)
    is_ended = take is not None and take.state != "recording"
    holes = tuple(
        hole
        for hole in _holes(take, tracks, is_ended=is_ended)
        if not struck.has(hole.kind, hole.number)
    )
    state: TakeState = "recording"
    if is_ended:
        state = "incomplete" if holes or struck.n_unplaced else "complete"
    stalled = tuple(gap for gap in take.gaps if gap.reason == "stalled") if take else ()
    unlisted = _unlisted(take, tracks)
    return TakeStatus(state, tracks, holes, struck.numbers, struck.n_unplaced, stalled, unlisted)


def _unlisted(
    take: Take | None, held: tuple[HeldTrack, ...]
) -> Mapping[TrackKind, tuple[int, ...]]:
    listed = {
        track.kind: {each.number for each in track.fragments}
        for track in (take.tracks if take else ())
    }
    beyond = {track.kind: set(track.fragments) - listed.get(track.kind, set()) for track in held}
    return {kind: tuple(sorted(numbers)) for kind, numbers in beyond.items() if numbers}


def _holes(take: Take | None, held: tuple[HeldTrack, ...], *, is_ended: bool) -> Iterator[Hole]:
    by_kind = {track.kind: track for track in held}
    listed = {track.kind: track for track in take.tracks} if take else {}
    for kind in sorted({*by_kind, *listed}):
        there = by_kind.get(kind, HeldTrack(kind, None, {}))
        track = listed.get(kind)
        if take is not None and track is not None:
            yield from _against_manifest(take, track, there)
        elif there.init is None and not is_ended:
            yield Hole(kind, None, "missing")
        if not is_ended:
            yield from _between(there, track)


def _against_manifest(take: Take, track: Track, there: HeldTrack) -> Iterator[Hole]:
    if reason := _fault(there.init, track.init):
        yield Hole(track.kind, None, reason)
    begins_s = take.take_s(track.origin_us)
    for each in track.fragments:
        wanted = InitSegment(each.sha256, each.n_bytes)
        if reason := _fault(there.fragments.get(each.number), wanted):
            start_s = round(begins_s + each.start / track.rate, 6)
            duration_s = round(each.duration / track.rate, 6)
            yield Hole(track.kind, each.number, reason, start_s, duration_s)


def _fault(there: HeldFile | None, wanted: InitSegment) -> HoleReason | None:
    if there is None:
        return "missing"
    return None if there.sha256 == wanted.sha256 else "changed"


def _between(there: HeldTrack, track: Track | None) -> Iterator[Hole]:
    """Yield what is missing below the highest number and stands in no manifest yet."""
    listed = {each.number for each in track.fragments} if track else set()
    for number in range(max(there.fragments, default=-1)):
        if number not in there.fragments and number not in listed:
            yield Hole(there.kind, number, "missing")


def state_document(status: TakeStatus) -> dict[str, Any]:
    """Return what a browser resumes from."""
    return {
        "state": status.state,
        "tracks": {
            track.kind: {
                "init": track.init is not None,
                "numbers": [list(run) for run in track.runs],
                "bytes": track.n_bytes,
            }
            for track in status.tracks
        },
        "holes": [_hole_document(hole) for hole in status.holes],
        "struck": {kind: list(numbers) for kind, numbers in status.struck.items()},
    }


def receipt_document(take_folder: PurePosixPath, status: TakeStatus) -> dict[str, Any]:
    """Return the receipt: every fragment and its hash, every hole, all that was struck."""
    return {
        "schema": SCHEMA,
        "call_id": take_folder.parent.parent.name,
        "participant_id": take_folder.parent.name,
        "take_id": take_folder.name,
        "state": status.state,
        "tracks": {track.kind: _track_document(track) for track in status.tracks},
        "holes": [_hole_document(hole) for hole in status.holes],
        "struck": {kind: list(numbers) for kind, numbers in status.struck.items()},
        "unplaced_strikes": status.n_unplaced,
        "stalled": [_stall_document(gap) for gap in status.stalled],
        "unlisted": {kind: list(numbers) for kind, numbers in status.unlisted.items()},
    }


def _track_document(track: HeldTrack) -> dict[str, Any]:
    return {
        "init": _file_document(track.init) if track.init else None,
        "fragments": [
            {"number": number, **_file_document(track.fragments[number])}
            for number in sorted(track.fragments)
        ],
        "bytes": track.n_bytes,
    }


def _file_document(file: HeldFile) -> dict[str, Any]:
    return {"sha256": file.sha256, "bytes": file.n_bytes}


def _stall_document(gap: Gap) -> dict[str, Any]:
    start_s, duration_s = round(gap.interval.start_s, 6), round(gap.interval.duration_s, 6)
    return {"track": gap.kind, "start_s": start_s, "duration_s": duration_s}


def _hole_document(hole: Hole) -> dict[str, Any]:
    return {
        "track": hole.kind,
        "number": "init" if hole.number is None else hole.number,
        "reason": hole.reason,
        "start_s": hole.start_s,
        "duration_s": hole.duration_s,
    }
