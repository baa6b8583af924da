"""The cut as an OpenTimelineIO timeline that an editing program opens, and back.

V1 holds the main person of every shot, V2 and on the others it shows, switched off so
that V1 plays as the film; A1 and on hold every person's own microphone, unbroken where
the sound of the film is. Clips refer to the original files with ranges in the files' own
time. Markers on V1 tell layout and reason. What an editor does to the clips of V1, in
order, length and number, is read back; so are the clips' metadata, where they survived.

The only importer of opentimelineio.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import opentimelineio as otio

from candid.engine import files
from candid.engine.alignment.result import Alignment
from candid.engine.cut import store
from candid.engine.cut.decisions import Cut, Shot
from candid.engine.cut.originals import (
    Original,
    Piece,
    Placement,
    pieces,
    placements,
)
from candid.engine.cut.timeline import FilmTimeline, PlacedShot, lay_out
from candid.engine.documents import Fields
from candid.engine.errors import BadInputError
from candid.engine.timebase import ClockMap, Interval, subtract_intervals

NAMESPACE = "candid"
SOUND_RATE_HZ = 48_000
# A trim is a whole frame; less is only another way to write the same time.
_UNMOVED_FRAMES = 0.25
_TOUCHING_S = 1e-3
_TAKEN_OUT = "Left out in the editing program."


def write_otio(
    path: Path, cut: Cut, originals: Sequence[Original], alignment: Alignment, rate: Fraction
) -> None:
    """Write a cut as an OpenTimelineIO file at `rate` video frames a second.

    A clip starts at the nearest video frame of its file, or audio sample at 48 kHz, and
    plays at the file's own speed, so it leaves the call clock by the drift over one clip:
    2 ms in 20 s at 100 ppm.

    Raises OutputError; ValueError for a shot too short for a frame.
    """
    timeline = otio_timeline(cut, originals, alignment, rate)
    files.write_text(path, otio.adapters.write_to_string(timeline, "otio_json") + "\n")


def otio_timeline(
    cut: Cut, originals: Sequence[Original], alignment: Alignment, rate: Fraction
) -> otio.schema.Timeline:
    """Return a cut as an OpenTimelineIO timeline. See `write_otio`."""
    placed = placements(cut, originals, alignment)
    film = lay_out(cut, rate)
    timeline = otio.schema.Timeline(name=cut.title or "Candid")
    timeline.metadata[NAMESPACE] = {"cut": store.cut_document(cut)}
    n_people = max(len(shot.people) for shot in cut.shots)
    for seat in range(max(1, n_people)):
        timeline.tracks.append(_picture_track(film, seat, placed))
    for seat, person in enumerate(cut.participants):
        timeline.tracks.append(_sound_track(film, seat, person.participant_id, placed))
    return timeline


def _picture_track(film: FilmTimeline, seat: int, placed: Sequence[Placement]) -> otio.schema.Track:
    track = otio.schema.Track(name=f"V{seat + 1}", kind=otio.schema.TrackKind.Video)
    for shot in film.shots:
        for item in _shot_items(shot, seat, placed):
            item.enabled = seat == 0
            track.append(item)
        if seat == 0:
            track.markers.append(_marker(shot))
    return track


def _shot_items(
    placed_shot: PlacedShot, seat: int, placed: Sequence[Placement]
) -> list[otio.core.Item]:
    """Return the clips or gaps that show the person of one seat for the length of a shot."""
    shot = placed_shot.shot
    person = shot.people[seat] if seat < len(shot.people) else ""
    parts = pieces(shot.interval, person, "camera", placed)
    items: list[otio.core.Item] = []
    for part, n_frames in _whole_frames(parts, placed_shot):
        item = _item(part, n_frames, placed_shot.rate, placed_shot.rate)
        item.name = f"{shot.shot_id} {person}".strip()
        item.metadata[NAMESPACE] = _shot_metadata(shot, part, item)
        items.append(item)
    return items


def _whole_frames(parts: Sequence[Piece], shot: PlacedShot) -> list[tuple[Piece, int]]:
    """Give each piece of a shot its frames; one that holds none joins its neighbour."""
    framed: list[tuple[Piece, int]] = []
    at, start_s = 0, shot.shot.interval.start_s
    for part in parts:
        is_last = part is parts[-1]
        to_end_s = float((shot.film_s(part.call.end_s) - shot.film.start_s) * shot.rate)
        end = shot.n_frames if is_last else min(shot.n_frames, math.ceil(to_end_s - 1e-6))
        if end > at:
            framed.append((Piece(Interval(start_s, part.call.end_s), part.placement), end - at))
            at, start_s = end, part.call.end_s
        elif is_last and framed:
            last, n_frames = framed[-1]
            whole = Interval(last.call.start_s, part.call.end_s)
            framed[-1] = (Piece(whole, last.placement), n_frames)
    return framed


def _item(part: Piece, n_frames: int, rate: Fraction, unit: Fraction) -> otio.core.Item:
    """Return a clip of a piece, or a gap where no file holds it, counted in `unit` a second."""
    duration = otio.opentime.RationalTime(round(n_frames / rate * unit), float(unit))
    if part.placement is None:
        start = otio.opentime.RationalTime(0, float(unit))
        return otio.schema.Gap(source_range=otio.opentime.TimeRange(start, duration))
    start_s = part.placement.media_s(part.call.start_s)
    start = otio.opentime.RationalTime(round(start_s * unit), float(unit))
    return otio.schema.Clip(
        media_reference=_reference(part.placement.original, unit),
        source_range=otio.opentime.TimeRange(start, duration),
    )


def _reference(original: Original, unit: Fraction) -> otio.schema.ExternalReference:
    path = original.path
    url = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    start, end = (
        otio.opentime.RationalTime(round(time_s * unit), float(unit))
        for time_s in (original.available.start_s, original.available.end_s)
    )
    reference = otio.schema.ExternalReference(
        target_url=url, available_range=otio.opentime.range_from_start_end_time(start, end)
    )
    reference.metadata[NAMESPACE] = {"take": original.take_id, "kind": original.kind}
    return reference


def _shot_metadata(shot: Shot, part: Piece, item: otio.core.Item) -> dict[str, Any]:
    """Return what is needed to read an item back exactly, if nobody touches it."""
    used = _media_range(item)
    return {
        "shot": shot.shot_id,
        "layout": shot.layout,
        "people": list(shot.people),
        "reason": shot.reason,
        "call_start_s": part.call.start_s,
        "call_end_s": part.call.end_s,
        "media_start_s": used.start_s,
        "media_end_s": used.end_s,
    }


def _marker(placed_shot: PlacedShot) -> otio.schema.Marker:
    rate, shot = float(placed_shot.rate), placed_shot.shot
    marker = otio.schema.Marker(
        name=f"{shot.shot_id} {shot.layout}",
        color=otio.schema.MarkerColor.CYAN,
        marked_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(placed_shot.start_frame, rate),
            otio.opentime.RationalTime(placed_shot.n_frames, rate),
        ),
    )
    marker.comment = shot.reason
    marker.metadata[NAMESPACE] = {"layout": shot.layout, "people": list(shot.people)}
    return marker


def _sound_track(
    film: FilmTimeline, seat: int, person: str, placed: Sequence[Placement]
) -> otio.schema.Track:
    track = otio.schema.Track(name=f"A{seat + 1}", kind=otio.schema.TrackKind.Audio)
    unit = Fraction(SOUND_RATE_HZ)
    for run in film.runs:
        first, last = run.shots[0], run.shots[-1]
        joined = replace(
            first.shot,
            interval=Interval(first.shot.interval.start_s, last.shot.interval.end_s),
        )
        whole = replace(first, shot=joined, n_frames=last.end_frame - first.start_frame)
        parts = pieces(joined.interval, person, "microphone", placed)
        for part, n_frames in _whole_frames(parts, whole):
            item = _item(part, n_frames, film.rate, unit)
            item.name = person
            track.append(item)
    return track


def read_otio(
    path: Path,
    originals: Sequence[Original],
    alignment: Alignment,
    *,
    base: Cut | None = None,
    limits: store.CutLimits | None = None,
) -> Cut:
    """Read an edited timeline back as a cut: order, length and number of the clips on V1.

    People, takes and texts come from the timeline's metadata, or from `base` where the
    editing program dropped them. A clip without metadata becomes a shot of its person
    alone. The other tracks are not read: the sound follows the picture.

    Raises BadInputError naming track and clip for what a cut cannot say (a gap, a
    transition, a change of speed, a file that is none of the originals), and as
    `check_cut` does.
    """
    timeline = _parsed(path)
    cut = _base_cut(timeline, base, path)
    reader = _Reader(path.name, placements(cut, originals, alignment))
    shots = _joined(
        [reader.shot(at, item) for at, item in enumerate(_first_picture(timeline, path))]
    )
    if shots != cut.shots:
        cut = replace(cut, shots=shots, left_out=_left_out(cut, shots))
    store.check_cut(cut, limits or store.CutLimits(), where=path.name)
    return cut


def _parsed(path: Path) -> otio.schema.Timeline:
    try:
        timeline = otio.adapters.read_from_string(path.read_text(encoding="utf-8"), "otio_json")
    except FileNotFoundError as error:
        raise BadInputError(path, "is not there") from error
    except OSError as error:
        raise BadInputError(path, f"cannot be read ({error.strerror})") from error
    except (ValueError, LookupError, TypeError, otio.exceptions.OTIOError) as error:
        what = f"is no OpenTimelineIO file ({' '.join(str(error).split())})"
        raise BadInputError(path, what) from error
    if not isinstance(timeline, otio.schema.Timeline):
        raise BadInputError(path, "holds no OpenTimelineIO timeline")
    return timeline


def _base_cut(timeline: otio.schema.Timeline, base: Cut | None, path: Path) -> Cut:
    document = _plain(timeline.metadata.get(NAMESPACE, {})).get("cut")
    if document is not None:
        return store.cut_from_document(document, path.name)
    if base is None:
        what = "has lost Candid's metadata; keep the cut.json it was made from beside it"
        raise BadInputError(path, what)
    return base


def _plain(value: Any) -> Any:
    """Return metadata as plain dicts and lists, as JSON would give them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value


def _first_picture(timeline: otio.schema.Timeline, path: Path) -> otio.schema.Track:
    tracks = [track for track in timeline.video_tracks() if len(track)]
    if not tracks:
        raise BadInputError(path, "has no video track with clips")
    return tracks[0]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the items of V1 into shots; `name` is that of the file, for errors."""

    name: str
    placed: tuple[Placement, ...]

    def shot(self, at: int, item: otio.core.Composable) -> Shot:
        """Return what an item of V1 says as a shot. Raises BadInputError."""
        where = f"{self.name}: V1 item {at + 1}" + (f" ({item.name!r})" if item.name else "")
        if not isinstance(item, otio.schema.Clip | otio.schema.Gap):
            what = f"is a {type(item).__name__.lower()}; a cut holds plain clips only"
            raise BadInputError(where, what)
        if any(isinstance(effect, otio.schema.TimeEffect) for effect in item.effects):
            raise BadInputError(where, "changes the speed; a film plays at the speed of the talk")
        metadata = _plain(item.metadata.get(NAMESPACE, {}))
        if "shot" in metadata:
            return self._known(item, Fields(metadata, where))
        if isinstance(item, otio.schema.Gap):
            raise BadInputError(where, "is empty; close the gap, a film has no black")
        return self._new(at, item, where)

    def _known(self, item: otio.core.Item, fields: Fields) -> Shot:
        """Return a shot that Candid wrote, as it has been trimmed since."""
        clip = item if isinstance(item, otio.schema.Clip) else None
        clock = self._placement(clip, fields.where).clock if clip else ClockMap.identity()
        now, started_s = _media_range(item), fields.number("media_start_s")
        unmoved_s = _UNMOVED_FRAMES / item.trimmed_range().start_time.rate
        # Both edges are counted from the written start, so that the parts of a divided
        # clip meet; one that nobody moved is where it was, to the last digit.
        start_s, end_s = (
            fields.number(f"call_{edge}_s")
            if abs(media_s - fields.number(f"media_{edge}_s")) < unmoved_s
            else fields.number("call_start_s") + clock(media_s) - clock(started_s)
            for edge, media_s in (("start", now.start_s), ("end", now.end_s))
        )
        return Shot(
            shot_id=fields.text("shot"),
            interval=_interval(start_s, end_s, fields.where),
            layout=fields.text("layout"),
            people=fields.texts("people"),
            reason=fields.text("reason", ""),
        )

    def _new(self, at: int, clip: otio.schema.Clip, where: str) -> Shot:
        """Return a shot for a clip that Candid did not write."""
        placement = self._placement(clip, where)
        media = _media_range(clip)
        call = _interval(placement.clock(media.start_s), placement.clock(media.end_s), where)
        people = (placement.participant_id,)
        return Shot(f"e{at + 1:03d}", call, "solo", people, "Set in the editing program.")

    def _placement(self, clip: otio.schema.Clip, where: str) -> Placement:
        """Return which original a clip uses: by its metadata, or else by its file name."""
        reference = clip.media_reference
        told = _plain(reference.metadata.get(NAMESPACE, {})) if reference else {}
        url = unquote(getattr(reference, "target_url", None) or "")
        name = url.replace("\\", "/").rsplit("/", 1)[-1]
        key = (told.get("take"), told.get("kind"))
        for each in self.placed:
            if (each.original.take_id, each.original.kind) == key:
                return each
        for each in self.placed:
            if each.original.path.name == name:
                return each
        raise BadInputError(where, f"uses {url or 'no file'!r}, which is none of the takes' files")


def _media_range(item: otio.core.Item) -> Interval:
    """Return the stretch of its file's own time that an item uses, in seconds."""
    used = item.trimmed_range()
    start_s = used.start_time.to_seconds()
    return Interval(start_s, start_s + max(0.0, used.duration.to_seconds()))


def _interval(start_s: float, end_s: float, where: str) -> Interval:
    if end_s <= start_s:
        raise BadInputError(where, "has no length")
    return Interval(start_s, end_s)


def _joined(parts: Sequence[Shot]) -> tuple[Shot, ...]:
    """Join the pieces of one shot that still follow each other; give each shot its own id."""
    shots: list[Shot] = []
    for part in parts:
        last = shots[-1] if shots else None
        if last and last.shot_id == part.shot_id and _follows(last, part):
            whole = Interval(last.interval.start_s, part.interval.end_s)
            shots[-1] = replace(last, interval=whole)
        else:
            shots.append(part)
    return _with_own_ids(shots)


def _follows(last: Shot, part: Shot) -> bool:
    return abs(part.interval.start_s - last.interval.end_s) < _TOUCHING_S


def _with_own_ids(shots: Sequence[Shot]) -> tuple[Shot, ...]:
    taken = {shot.shot_id for shot in shots}
    seen: set[str] = set()
    named: list[Shot] = []
    for shot in shots:
        shot_id, count = shot.shot_id, 2
        while shot_id in seen or (shot_id != shot.shot_id and shot_id in taken):
            shot_id, count = f"{shot.shot_id}-{count}", count + 1
        seen.add(shot_id)
        named.append(replace(shot, shot_id=shot_id))
    return tuple(named)


def _left_out(before: Cut, shots: Sequence[Shot]) -> tuple[tuple[Interval, str], ...]:
    """Return what is left out after an edit: what was, less what came in, and what went."""
    kept = [shot.interval for shot in shots]
    were = [*before.left_out, *((shot.interval, _TAKEN_OUT) for shot in before.shots)]
    gone = [(rest, why) for whole, why in were for rest in subtract_intervals(whole, kept)]
    return tuple(sorted(gone, key=lambda each: each[0]))
