"""Striking: a stretch of the conversation that a participant takes back is removed everywhere.

`struck.json` in the call's folder lists the stretches, and what was removed of each take. It is
written before anything is removed and looked at after anything is stored, so that an upload
which was under way goes too. Fragments that straddle an edge are removed whole.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from candid.engine.errors import BadInputError
from candid.engine.recording.take import TRACK_KINDS, Take, TrackKind, read_take
from candid.site.recording.derived import forget_film
from candid.site.recording.drafts import locked, sync_folder, write_durably
from candid.site.recording.places import RECEIPT_NAME, fragment_path, manifest_path
from candid.site.recording.stretches import Stretch, numbers_within, on_clock, own_stretches

STRUCK_NAME = "struck.json"
SCHEMA = "candid.struck/1.0"


@dataclass(frozen=True, slots=True)
class StruckTake:
    """What was removed of one take; `n_unplaced` stretches are not found on its clock yet."""

    numbers: Mapping[TrackKind, tuple[int, ...]] = field(default_factory=dict)
    n_unplaced: int = 0

    def has(self, kind: TrackKind, number: int | None) -> bool:
        """Whether this fragment was struck; an init segment never is."""
        return number is not None and number in self.numbers.get(kind, ())


@dataclass(frozen=True, slots=True)
class Struck:
    """All that was struck or erased in one call.

    `erased` holds, by participant, the receipt of what is gone.
    """

    stretches: tuple[Stretch, ...] = ()
    takes: Mapping[str, StruckTake] = field(default_factory=dict)
    erased: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of_take(self, take_id: str) -> StruckTake:
        """Return what was removed of one take; nothing, as a rule."""
        return self.takes.get(take_id, StruckTake())


_NOTHING = Struck()
_known: OrderedDict[Path, tuple[tuple[int, int], Struck]] = OrderedDict()
_known_lock = threading.Lock()


def read_struck(call_folder: Path) -> Struck:
    """Return what was struck in a call; read again only where the file has changed."""
    path = call_folder / STRUCK_NAME
    try:
        found = path.stat()
    except FileNotFoundError:
        return _NOTHING
    key = (found.st_ino, found.st_mtime_ns)
    with _known_lock:
        if path in _known and _known[path][0] == key:
            return _known[path][1]
    struck = _from_document(json.loads(path.read_bytes()))
    with _known_lock:
        _known[path] = (key, struck)
        if len(_known) > 1000:
            _known.popitem(last=False)
    return struck


def strike(call_folder: Path, stretch: Stretch) -> Struck:
    """Remove a stretch from all takes of a call, and keep it from ever arriving again.

    A film that was made of them goes too, whatever is in it.
    Takes that cannot be placed on that clock yet are done when their manifest comes.
    Returns what has been struck in this call. Raises OSError; called again, it goes on.
    """
    with locked(call_folder):
        struck = read_struck(call_folder)
        if stretch not in struck.stretches:
            struck = replace(struck, stretches=(*struck.stretches, stretch))
            write_struck(call_folder, struck)
        forget_film(call_folder)
        for take_folder in sorted(call_folder.glob("*/*")):
            if take_folder.is_dir():
                struck = _strike_take(take_folder, struck)
    return struck


def strike_arrived(take_folder: Path) -> StruckTake:
    """Do to a take, after its manifest has come, what was struck before. Raises OSError."""
    call_folder = take_folder.parent.parent
    with locked(call_folder):
        return _strike_take(take_folder, read_struck(call_folder)).of_take(take_folder.name)


def _strike_take(take_folder: Path, struck: Struck) -> Struck:
    try:
        take = read_take(take_folder)
    except BadInputError:
        take = None
    mine = on_clock(take, struck.stretches)
    own = [] if take is None else own_stretches(take)
    unplaced = len(struck.stretches) - len(mine)
    before = struck.of_take(take_folder.name)
    numbers = {
        kind: tuple(
            sorted({*before.numbers.get(kind, ()), *numbers_within(take, kind, [*mine, *own])})
        )
        for kind in TRACK_KINDS
    }
    after = StruckTake({kind: found for kind, found in numbers.items() if found}, unplaced)
    if after != before:
        struck = replace(struck, takes={**struck.takes, take_folder.name: after})
        write_struck(take_folder.parent.parent, struck)
    if take is not None and mine:
        _tell_manifest(take, mine)
    _remove(take_folder, after)
    return struck


def _remove(take_folder: Path, struck: StruckTake) -> None:
    for kind, numbers in struck.numbers.items():
        for number in numbers:
            fragment_path(take_folder, kind, number).unlink(missing_ok=True)
        if (take_folder / kind).is_dir():
            sync_folder(take_folder / kind)
    if struck.numbers:
        (take_folder / RECEIPT_NAME).unlink(missing_ok=True)


def _tell_manifest(take: Take, stretches: list[Stretch]) -> None:
    """Add what was struck to the gaps of the stored manifest, which films are made from."""
    path = manifest_path(take.folder)
    document = json.loads(path.read_bytes())
    gaps = document.get("gaps") or []
    new = [
        gap
        for each in stretches
        if (gap := {"reason": "struck", "start_us": each.start_us, "end_us": each.end_us})
        not in gaps
    ]
    if new:
        write_durably(path, json.dumps({**document, "gaps": [*gaps, *new]}).encode())


def write_struck(call_folder: Path, struck: Struck) -> None:
    """Keep what was struck, durably. The caller holds the call's folder locked."""
    document = {
        "schema": SCHEMA,
        "stretches": [asdict(each) for each in struck.stretches],
        "takes": {
            take_id: {"numbers": dict(each.numbers), "unplaced": each.n_unplaced}
            for take_id, each in struck.takes.items()
        },
        "erased": dict(struck.erased),
    }
    write_durably(call_folder / STRUCK_NAME, json.dumps(document, indent=1).encode())


def _from_document(document: dict[str, Any]) -> Struck:
    return Struck(
        stretches=tuple(Stretch(**each) for each in document["stretches"]),
        takes={
            take_id: StruckTake(_numbers(each["numbers"]), each["unplaced"])
            for take_id, each in document["takes"].items()
        },
        erased=document["erased"],
    )


def _numbers(document: dict[str, list[int]]) -> dict[TrackKind, tuple[int, ...]]:
    return {kind: tuple(document[kind]) for kind in TRACK_KINDS if kind in document}
