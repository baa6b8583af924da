"""The take folder's manifest as values: what one browser left behind. See docs/take.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from candid.engine import documents
from candid.engine.documents import Fields
from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval

SCHEMA = "candid.take"
SCHEMA_MAJOR = 1
SCHEMA_VERSION = f"{SCHEMA}/{SCHEMA_MAJOR}.0"
MANIFEST_NAME = "manifest.json"

TrackKind = Literal["microphone", "camera", "heard"]
TRACK_KINDS: tuple[TrackKind, ...] = get_args(TrackKind)
GapReason = Literal["missing", "paused", "struck", "stalled", "muted"]
GAP_REASONS: tuple[GapReason, ...] = get_args(GapReason)
TAKE_STATES = ("recording", "complete", "interrupted")

_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The sample number of a sound track (>= 0) that was captured at `monotonic_us`."""

    sample: int
    monotonic_us: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One numbered upload of a track; `start` and `duration` count units of the track's rate."""

    number: int
    sha256: str
    n_bytes: int
    start: int
    duration: int


@dataclass(frozen=True, slots=True)
class InitSegment:
    """The bytes that make a track's fragments decodable."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Track:
    """One medium of a take.

    `rate` is units a second of the track's media clock: samples for microphone and
    heard, ticks for the camera. `origin_us` is the recorder clock at media time 0;
    sound tracks carry `anchors`, which are finer and win over it.
    """

    kind: TrackKind
    codec: str
    rate: int
    origin_us: int
    init: InitSegment
    fragments: tuple[Fragment, ...]
    anchors: tuple[Anchor, ...] = ()

    def init_path(self, folder: Path) -> Path:
        """Return where the init segment lies in the take folder."""
        return folder / self.kind / "init.mp4"

    def fragment_path(self, folder: Path, number: int) -> Path:
        """Return where fragment `number` lies in the take folder."""
        return folder / self.kind / f"{number:06d}.m4s"


@dataclass(frozen=True, slots=True)
class Beacon:
    """One exchange of clock readings, as in NTP, all in microseconds.

    Sent at `t1_us` on this take's clock, received by the peer at `t2_us` and answered
    at `t3_us` on the peer's clock, received back at `t4_us` on this take's clock. The
    peer is a take (`peer_take_id`) or the server (`peer_take_id` is None).
    """

    peer_take_id: str | None
    peer_clock_id: str
    t1_us: int
    t2_us: int
    t3_us: int
    t4_us: int

    @property
    def round_trip_s(self) -> float:
        """Time on the path, without the peer's own pause, in seconds."""
        return ((self.t4_us - self.t1_us) - (self.t3_us - self.t2_us)) / 1e6


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a take without media, in `take_s`, and why.

    `kind` is the track it concerns, or None for the whole take. Struck time can
    never enter a film.
    """

    reason: GapReason
    interval: Interval
    kind: TrackKind | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """One participant's unbroken local recording in a call, as its manifest tells it.

    `take_s` is seconds of the recorder's clock since `started_us`; `clock_id` names
    that clock, two takes with the same one need no alignment.
    """

    folder: Path
    call_id: str
    participant_id: str
    take_id: str
    clock_id: str
    state: str
    started_us: int
    name: str | None
    tracks: tuple[Track, ...]
    beacons: tuple[Beacon, ...]
    gaps: tuple[Gap, ...]

    def track(self, kind: TrackKind) -> Track | None:
        """Return the track of this kind, or None."""
        return next((track for track in self.tracks if track.kind == kind), None)

    def take_s(self, monotonic_us: float) -> float:
        """Return the recorder clock reading as seconds since the take's start."""
        return (monotonic_us - self.started_us) / 1e6


def read_take(folder: Path) -> Take:
    """Read and check `folder/manifest.json`; the media are not opened.

    Raises BadInputError with file and field, NewerSchemaError for a newer major version.
    """
    path = folder / MANIFEST_NAME
    return _take(folder, documents.read_document(path, SCHEMA, major=SCHEMA_MAJOR))


def parse_take(folder: Path, data: bytes) -> Take:
    """Read the bytes of a manifest, wherever they lie. Raises as `read_take`."""
    path = folder / MANIFEST_NAME
    return _take(folder, documents.parse_document(data, path, SCHEMA, major=SCHEMA_MAJOR))


def _take(folder: Path, top: Fields) -> Take:
    top = Fields(top.values, f"{folder.name}/{MANIFEST_NAME}")
    started_us = top.integer("started_us")
    take = Take(
        folder=folder,
        call_id=_plain_id(top, "call_id"),
        participant_id=_plain_id(top, "participant_id"),
        take_id=_plain_id(top, "take_id"),
        clock_id=top.text("clock_id", top.text("take_id")),
        state=top.one_of("state", TAKE_STATES),
        started_us=started_us,
        name=top.optional_text("name"),
        tracks=tuple(_track(fields) for fields in top.each("tracks")),
        beacons=tuple(_beacon(fields) for fields in top.each("beacons", [])),
        gaps=tuple(_gap(fields, started_us) for fields in top.each("gaps", [])),
    )
    kinds = [track.kind for track in take.tracks]
    if len(set(kinds)) != len(kinds):
        raise top.refuse("tracks", "holds two tracks of one kind")
    return take


def _plain_id(fields: Fields, name: str) -> str:
    value = fields.text(name)
    if not _PLAIN_ID.fullmatch(value):
        raise fields.refuse(name, "must be 1 to 128 letters, digits, dots, dashes or underscores")
    return value


def _hash(fields: Fields) -> str:
    value = fields.text("sha256")
    if not _SHA256.fullmatch(value):
        raise fields.refuse("sha256", "must be 64 lower-case hexadecimal digits")
    return value


def _kind(fields: Fields, name: str) -> TrackKind:
    word = fields.one_of(name, TRACK_KINDS)
    return next(kind for kind in TRACK_KINDS if kind == word)


def _track(fields: Fields) -> Track:
    init = fields.fields("init")
    return Track(
        kind=_kind(fields, "kind"),
        codec=fields.text("codec"),
        rate=fields.integer("rate", at_least=1),
        origin_us=fields.integer("origin_us"),
        init=InitSegment(_hash(init), init.integer("bytes", at_least=0)),
        fragments=tuple(_fragment(each) for each in fields.each("fragments")),
        anchors=tuple(_anchors(fields)),
    )


def _fragment(fields: Fields) -> Fragment:
    return Fragment(
        number=fields.integer("number", at_least=0),
        sha256=_hash(fields),
        n_bytes=fields.integer("bytes", at_least=0),
        start=fields.integer("start", at_least=0),
        duration=fields.integer("duration", at_least=0),
    )


def _anchors(fields: Fields) -> Iterable[Anchor]:
    for each in fields.each("anchors", []):
        yield Anchor(each.integer("sample", at_least=0), each.integer("monotonic_us"))


def _beacon(fields: Fields) -> Beacon:
    return Beacon(
        peer_take_id=fields.optional_text("peer_take_id"),
        peer_clock_id=fields.text("peer_clock_id"),
        t1_us=fields.integer("t1_us"),
        t2_us=fields.integer("t2_us"),
        t3_us=fields.integer("t3_us"),
        t4_us=fields.integer("t4_us"),
    )


def _gap(fields: Fields, started_us: int) -> Gap:
    reason = fields.one_of("reason", GAP_REASONS)
    start_us = fields.integer("start_us")
    end_us = fields.integer("end_us")
    if end_us < start_us:
        raise fields.refuse("end_us", "lies before start_us")
    kind = None if fields.values.get("kind") is None else _kind(fields, "kind")
    return Gap(
        reason=next(known for known in GAP_REASONS if known == reason),
        interval=Interval((start_us - started_us) / 1e6, (end_us - started_us) / 1e6),
        kind=kind,
    )


def manifest_document(take: Take) -> dict[str, Any]:
    """Return the manifest of a take as the JSON value that `read_take` reads."""
    document: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "call_id": take.call_id,
        "participant_id": take.participant_id,
        "take_id": take.take_id,
        "clock_id": take.clock_id,
        "state": take.state,
        "started_us": take.started_us,
        "tracks": [_track_document(track) for track in take.tracks],
        "beacons": [_beacon_document(beacon) for beacon in take.beacons],
        "gaps": [_gap_document(gap, take.started_us) for gap in take.gaps],
    }
    if take.name is not None:
        document["name"] = take.name
    return document


def _track_document(track: Track) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": track.kind,
        "codec": track.codec,
        "rate": track.rate,
        "origin_us": track.origin_us,
        "init": {"sha256": track.init.sha256, "bytes": track.init.n_bytes},
        "fragments": [
            {
                "number": fragment.number,
                "sha256": fragment.sha256,
                "bytes": fragment.n_bytes,
                "start": fragment.start,
                "duration": fragment.duration,
            }
            for fragment in track.fragments
        ],
    }
    if track.anchors:
        document["anchors"] = [
            {"sample": anchor.sample, "monotonic_us": anchor.monotonic_us}
            for anchor in track.anchors
        ]
    return document


def _beacon_document(beacon: Beacon) -> dict[str, Any]:
    document: dict[str, Any] = {
        "peer_clock_id": beacon.peer_clock_id,
        "t1_us": beacon.t1_us,
        "t2_us": beacon.t2_us,
        "t3_us": beacon.t3_us,
        "t4_us": beacon.t4_us,
    }
    if beacon.peer_take_id is not None:
        document["peer_take_id"] = beacon.peer_take_id
    return document


def _gap_document(gap: Gap, started_us: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "reason": gap.reason,
        "start_us": started_us + round(gap.interval.start_s * 1e6),
        "end_us": started_us + round(gap.interval.end_s * 1e6),
    }
    if gap.kind is not None:
        document["kind"] = gap.kind
    return document


def refuse_folder(folder: Path) -> BadInputError:
    """Return the error for a folder that is no take."""
    return BadInputError(folder, f"holds no {MANIFEST_NAME}; give a take folder or a media file")
