"""The fragments of one track as they really lie on disk, checked against the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from candid.engine import files
from candid.engine.errors import BadInputError, MissingTrackError
from candid.engine.recording.take import Fragment, Take, Track
from candid.engine.recording.track import Flaw, FlawKind
from candid.engine.timebase import Interval, merge_intervals, subtract_intervals

# No conversation is longer; a manifest that claims more would fill the disk with silence.
LONGEST_TAKE_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StoredFragment:
    """A fragment whose bytes are there and are the right ones."""

    fragment: Fragment
    path: Path


@dataclass(frozen=True, slots=True)
class StoredTrack:
    """What is left of a track, in order of media time.

    `span` is everything that the manifest lists, `lost` the parts of it that no intact
    fragment holds; both in seconds of the media clock, as the flaws are.
    """

    track: Track
    init: Path
    fragments: tuple[StoredFragment, ...]
    span: Interval
    lost: tuple[Interval, ...]
    flaws: tuple[Flaw, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that together decode as one, the init segment first."""
        return (self.init, *(stored.path for stored in self.fragments))


def inspect_track(take: Take, track: Track) -> StoredTrack:
    """Compare a track's files with its manifest: every hash is computed.

    Intact fragments are found by their hash, wherever they were put. Raises
    MissingTrackError if the init segment is missing or no fragment is intact, and
    BadInputError if the manifest claims an impossible length.
    """
    flaws: list[Flaw] = []
    init = _checked_init(take, track, flaws)
    _report_order(track, flaws)
    span = _span(take, track)
    stored = tuple(_intact(take, track, flaws))
    if not stored:
        where = take.folder / track.kind
        raise MissingTrackError(where, "has no intact fragment; this track is lost")
    held = [interval_of(track, each.fragment) for each in stored]
    flaws.sort(key=lambda flaw: flaw.start_s)
    return StoredTrack(track, init, stored, span, subtract_intervals(span, held), tuple(flaws))


def interval_of(track: Track, fragment: Fragment) -> Interval:
    """Return the media time that a fragment covers, in seconds."""
    end = fragment.start + fragment.duration
    return Interval(fragment.start / track.rate, end / track.rate)


def _checked_init(take: Take, track: Track, flaws: list[Flaw]) -> Path:
    path = track.init_path(take.folder)
    if not path.is_file():
        raise MissingTrackError(path, "is missing; without it the track cannot be decoded")
    if files.file_sha256(path) != track.init.sha256:
        detail = "the init segment is not the one that the manifest lists"
        flaws.append(Flaw(track.kind, "torn", 0.0, 0.0, detail))
    return path


def _span(take: Take, track: Track) -> Interval:
    whole = merge_intervals(
        (interval_of(track, each) for each in track.fragments), within_s=LONGEST_TAKE_S
    )
    if len(whole) != 1 or whole[0].duration_s > LONGEST_TAKE_S:
        what = "claims more than 24 hours" if whole else "lists no fragment; nothing was recorded"
        raise BadInputError(take.folder / track.kind, what)
    return whole[0]


def _report_order(track: Track, flaws: list[Flaw]) -> None:
    furthest = -1
    for fragment in track.fragments:
        if fragment.start < furthest:
            detail = f"fragment {fragment.number} was listed after later ones; put back in order"
            flaws.append(_flaw(track, fragment, "reordered", detail))
        furthest = max(furthest, fragment.start)


def _intact(take: Take, track: Track, flaws: list[Flaw]) -> Iterator[StoredFragment]:
    """Yield one intact fragment for each media time, in order, and report the rest."""
    on_disk = _FragmentFiles.of(take, track)
    by_start = sorted(track.fragments, key=lambda each: (each.start, each.number))
    for _, same_time in groupby(by_start, key=lambda each: each.start):
        rivals = list(same_time)
        chosen = next((each for each in rivals if on_disk.find(each)), rivals[0])
        for other in rivals:
            if other is not chosen:
                detail = f"fragment {other.number} holds the same time as another; used once"
                flaws.append(_flaw(track, other, "duplicate", detail))
        path = on_disk.find(chosen)
        if path is None:
            flaws.append(_lost(track, chosen, on_disk.own(chosen)))
            continue
        if path != on_disk.own(chosen):
            detail = f"fragment {chosen.number} lay in {path.name}; put back in its place"
            flaws.append(_flaw(track, chosen, "reordered", detail))
        yield StoredFragment(chosen, path)


@dataclass(frozen=True, slots=True)
class _FragmentFiles:
    """The files of a track by name and by content."""

    take: Take
    track: Track
    sha256: dict[Path, str]
    by_sha256: dict[str, Path]

    @classmethod
    def of(cls, take: Take, track: Track) -> _FragmentFiles:
        paths = sorted((take.folder / track.kind).glob("*.m4s"))
        sha256 = {path: files.file_sha256(path) for path in paths}
        return cls(take, track, sha256, {sha256[path]: path for path in reversed(paths)})

    def own(self, fragment: Fragment) -> Path:
        return self.track.fragment_path(self.take.folder, fragment.number)

    def find(self, fragment: Fragment) -> Path | None:
        """Return the file with the bytes of this fragment, its own name first."""
        own = self.own(fragment)
        if self.sha256.get(own) == fragment.sha256:
            return own
        return self.by_sha256.get(fragment.sha256)


def _flaw(track: Track, fragment: Fragment, kind: FlawKind, detail: str) -> Flaw:
    interval = interval_of(track, fragment)
    lost_s = interval.duration_s if kind in ("missing", "torn") else 0.0
    return Flaw(track.kind, kind, interval.start_s, lost_s, detail)


def _lost(track: Track, fragment: Fragment, path: Path) -> Flaw:
    if not path.is_file():
        return _flaw(track, fragment, "missing", f"fragment {fragment.number} is not there")
    n_bytes = path.stat().st_size
    detail = f"has {n_bytes} of {fragment.n_bytes} bytes"
    if n_bytes == fragment.n_bytes:
        detail = "its bytes were changed"
    return _flaw(track, fragment, "torn", f"fragment {fragment.number} is torn: {detail}")
