"""`cut.json`: reading, writing and checking the decision list. See docs/cut.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from candid.engine import documents, files
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, LayoutLimits, Shot
from candid.engine.documents import Fields
from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval

SCHEMA = "candid.cut"
SCHEMA_MAJOR = 1
SCHEMA_VERSION = f"{SCHEMA}/{SCHEMA_MAJOR}.0"

SHORTEST_SHOT_S = 0.1
_TOLERANCE_S = 1e-6


@dataclass(frozen=True, slots=True)
class CutLimits:
    """What a cut is checked against; a limit that is None or empty is not checked.

    `layouts` are those that the film room offers, `take_ids` those of the alignment,
    `call` is the stretch of the call clock that any take covers, `struck` is time that
    can never enter a film.
    """

    layouts: tuple[LayoutLimits, ...] = ()
    take_ids: tuple[str, ...] = ()
    call: Interval | None = None
    struck: tuple[Interval, ...] = ()


def write_cut(path: Path, cut: Cut) -> None:
    """Write `cut.json`, whole or not at all. Raises OutputError."""
    files.write_json(path, cut_document(cut))


def read_cut(path: Path, limits: CutLimits | None = None) -> Cut:
    """Read and check `cut.json`.

    Raises BadInputError naming the file and the field, e.g. `cut.json.shots[3].layout`,
    and NewerSchemaError for a newer major version.
    """
    top = documents.read_document(path, SCHEMA, major=SCHEMA_MAJOR)
    cut = _cut(top)
    check_cut(cut, limits or CutLimits(), where=path.name)
    return cut


def cut_from_document(document: Any, where: str) -> Cut:
    """Return the cut of a JSON value, as `read_cut` does, without checking it.

    Raises BadInputError naming `where` and the field, and NewerSchemaError.
    """
    return _cut(documents.check_schema(document, where, SCHEMA, major=SCHEMA_MAJOR))


def check_sources(cut: Cut, folder: Path, *, where: str = "cut.json") -> None:
    """Refuse a cut with a take whose media are gone; `source` is relative to `folder`.

    Raises BadInputError naming the field.
    """
    for at, take in enumerate(cut.takes):
        if not (folder / take.source).exists():
            what = f"take {take.take_id!r} is not there: {folder / take.source}"
            raise BadInputError(f"{where}.takes[{at}].source", what)


def check_cut(cut: Cut, limits: CutLimits, *, where: str = "cut.json") -> None:
    """Refuse a cut that cannot become a film, with one line naming the field.

    Every take and person that is named must be there once, every shot must have a known
    layout with as many people as it can show, and must last `SHORTEST_SHOT_S` at least
    within the call, outside struck time. No moment may stand in two shots. The order of
    shots is free: it is the editor's.

    Raises BadInputError.
    """
    _check_people(cut, limits, where)
    if not cut.shots:
        raise BadInputError(f"{where}.shots", "is empty; a film needs at least one shot")
    _check_unique((shot.shot_id for shot in cut.shots), f"{where}.shots", "shot")
    people = {person.participant_id for person in cut.participants}
    for at, shot in enumerate(cut.shots):
        _check_shown(shot, people, limits, f"{where}.shots[{at}]")
        _check_time(shot, limits, f"{where}.shots[{at}]")
    _check_overlaps(cut, where)


def _check_people(cut: Cut, limits: CutLimits, where: str) -> None:
    people = [person.participant_id for person in cut.participants]
    _check_unique(people, f"{where}.participants", "participant")
    _check_unique((take.take_id for take in cut.takes), f"{where}.takes", "take")
    if not cut.takes:
        raise BadInputError(f"{where}.takes", "is empty; a film needs at least one take")
    for at, take in enumerate(cut.takes):
        if take.participant_id not in people:
            what = f"is {take.participant_id!r}, who is not among the participants"
            raise BadInputError(f"{where}.takes[{at}].participant", what)
        if limits.take_ids and take.take_id not in limits.take_ids:
            known = ", ".join(limits.take_ids)
            what = f"is {take.take_id!r}, which the alignment does not know; it knows {known}"
            raise BadInputError(f"{where}.takes[{at}].take", what)
    for at, person in enumerate(people):
        if person not in {take.participant_id for take in cut.takes}:
            what = f"is {person!r}, of whom there is no take"
            raise BadInputError(f"{where}.participants[{at}].participant", what)


def _check_unique(names: Iterable[str], where: str, field: str) -> None:
    seen: set[str] = set()
    for at, name in enumerate(names):
        if name in seen:
            raise BadInputError(f"{where}[{at}].{field}", f"is {name!r}, which stands there twice")
        seen.add(name)


def _check_shown(shot: Shot, people: set[str], limits: CutLimits, where: str) -> None:
    for at, person in enumerate(shot.people):
        if person not in people:
            known = ", ".join(sorted(people))
            what = f"is {person!r}, unknown; the participants are {known}"
            raise BadInputError(f"{where}.people[{at}]", what)
    if len(set(shot.people)) != len(shot.people):
        raise BadInputError(f"{where}.people", "shows somebody twice")
    if not limits.layouts:
        return
    layout = next((known for known in limits.layouts if known.name == shot.layout), None)
    if layout is None:
        names = ", ".join(known.name for known in limits.layouts)
        raise BadInputError(f"{where}.layout", f"is {shot.layout!r}, unknown; known are {names}")
    if not layout.min_people <= len(shot.people) <= layout.max_people:
        span = f"{layout.min_people} to {layout.max_people}"
        what = f"holds {len(shot.people)} people; the layout {layout.name} shows {span}"
        raise BadInputError(f"{where}.people", what)


def _check_time(shot: Shot, limits: CutLimits, where: str) -> None:
    interval, call = shot.interval, limits.call
    if interval.duration_s < SHORTEST_SHOT_S - _TOLERANCE_S:
        what = f"is only {interval.duration_s:.3f} s after start_s; the least is {SHORTEST_SHOT_S}"
        raise BadInputError(f"{where}.end_s", what)
    if call is not None:
        span = f"outside the call, which runs from {call.start_s:.3f} to {call.end_s:.3f} s"
        if interval.start_s < call.start_s - _TOLERANCE_S:
            raise BadInputError(f"{where}.start_s", f"is {interval.start_s:.3f}, {span}")
        if interval.end_s > call.end_s + _TOLERANCE_S:
            raise BadInputError(f"{where}.end_s", f"is {interval.end_s:.3f}, {span}")
    for struck in limits.struck:
        if interval.overlap_s(struck) > _TOLERANCE_S:
            span = f"{struck.start_s:.3f} to {struck.end_s:.3f} s"
            raise BadInputError(where, f"enters struck time ({span}), which no film may show")


def _check_overlaps(cut: Cut, where: str) -> None:
    in_time = sorted(enumerate(cut.shots), key=lambda pair: pair[1].interval)
    for (first_at, first), (at, shot) in pairwise(in_time):
        shared_s = first.interval.overlap_s(shot.interval)
        if shared_s > _TOLERANCE_S:
            what = f"overlaps shots[{first_at}] by {shared_s:.3f} s; a moment can stand only once"
            raise BadInputError(f"{where}.shots[{at}].start_s", what)


def cut_document(cut: Cut) -> dict[str, Any]:
    """Return a cut as the JSON value that `read_cut` reads."""
    return {
        "schema": SCHEMA_VERSION,
        "title": cut.title,
        "signpost": cut.signpost,
        "target_s": cut.target_s,
        "alignment": cut.alignment,
        "transcript": cut.transcript,
        "takes": [
            {
                "take": take.take_id,
                "participant": take.participant_id,
                "source": take.source,
                "sha256": take.sha256,
            }
            for take in cut.takes
        ],
        "participants": [
            {"participant": person.participant_id, "name": person.name}
            for person in cut.participants
        ],
        "shots": [_shot_document(shot) for shot in cut.shots],
        "left_out": [
            {"start_s": interval.start_s, "end_s": interval.end_s, "reason": reason}
            for interval, reason in cut.left_out
        ],
    }


def _shot_document(shot: Shot) -> dict[str, Any]:
    return {
        "shot": shot.shot_id,
        "start_s": shot.interval.start_s,
        "end_s": shot.interval.end_s,
        "layout": shot.layout,
        "people": list(shot.people),
        "reason": shot.reason,
    }


def _cut(top: Fields) -> Cut:
    target_s = top.values.get("target_s")
    return Cut(
        title=top.optional_text("title"),
        signpost=top.text("signpost", ""),
        target_s=None if target_s is None else top.number("target_s", at_least=1),
        takes=tuple(_take(fields) for fields in top.each("takes")),
        participants=tuple(
            CutParticipant(_name(fields, "participant"), fields.optional_text("name"))
            for fields in top.each("participants")
        ),
        shots=tuple(_shot(fields) for fields in top.each("shots")),
        left_out=tuple(
            (_interval(fields), fields.text("reason", "")) for fields in top.each("left_out", [])
        ),
        alignment=top.text("alignment", "alignment.json"),
        transcript=top.text("transcript", "transcript.json"),
    )


def _take(fields: Fields) -> CutTake:
    return CutTake(
        take_id=_name(fields, "take"),
        participant_id=_name(fields, "participant"),
        source=_name(fields, "source"),
        sha256=fields.text("sha256", ""),
    )


def _shot(fields: Fields) -> Shot:
    return Shot(
        shot_id=_name(fields, "shot"),
        interval=_interval(fields),
        layout=_name(fields, "layout"),
        people=fields.texts("people"),
        reason=fields.text("reason", ""),
    )


def _name(fields: Fields, name: str) -> str:
    value = fields.text(name)
    if not value.strip():
        raise fields.refuse(name, "is empty")
    return value


def _interval(fields: Fields) -> Interval:
    start_s, end_s = fields.number("start_s"), fields.number("end_s")
    if end_s < start_s:
        raise fields.refuse("end_s", f"is {end_s:g}, before start_s ({start_s:g})")
    return Interval(start_s, end_s)
