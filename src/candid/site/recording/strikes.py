"""Striking: a stretch of the conversation that a participant takes back is removed everywhere.

`struck.json` in the call's folder lists the stretches, and what was removed of each take. It is
written before anything is removed. A fragment whose number stands in it is refused, also one that
was under way. One that comes later and that no manifest lists tells its time itself: it goes with
the next manifest, with the next round, and before the take leaves the studio, whichever is first.
Fragments that straddle an edge are removed whole.
"""

from __future__ import annotations

import errno
import functools
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from candid.engine.errors import BadInputError
from candid.engine.recording.take import TRACK_KINDS, Take, TrackKind, parse_take
from candid.site.recording.derived import begin_forgetting, end_forgetting
from candid.site.recording.holdings import kept_receipt, number_of, takes_below
from candid.site.recording.places import RECEIPT_NAME, fragment_path, manifest_path
from candid.site.recording.stores import Stamp, Store
from candid.site.recording.stretches import (
    MARGIN_US,
    StoredBytes,
    Stretch,
    numbers_within,
    on_clock,
    own_stretches,
)

logger = logging.getLogger(__name__)

STRUCK_NAME = "struck.json"
SCHEMA = "candid.struck/1.0"


@dataclass(frozen=True, slots=True)
class StruckTake:
    """What was removed of one take; `n_unplaced` stretches are not found on its clock yet.

    Where `is_guide_gone`, all of what this take heard is struck, whatever number it has.
    """

    numbers: Mapping[TrackKind, tuple[int, ...]] = field(default_factory=dict)
    n_unplaced: int = 0
    is_guide_gone: bool = False

    def has(self, kind: TrackKind, number: int | None) -> bool:
        """Whether this fragment was struck; an init segment is with its whole track alone."""
        if kind == "heard" and self.is_guide_gone:
            return True
        return number is not None and number in self.numbers.get(kind, ())


@dataclass(frozen=True, slots=True)
class Struck:
    """All that was struck or erased in one call.

    `erased` holds, by participant, the receipt of what is gone; `heard` in it is None for
    somebody whose voice no device can have recorded.
    """

    stretches: tuple[Stretch, ...] = ()
    takes: Mapping[str, StruckTake] = field(default_factory=dict)
    erased: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of_take(self, take_id: str) -> StruckTake:
        """Return what was removed of one take; nothing, as a rule."""
        found = self.takes.get(take_id, StruckTake())
        return replace(found, is_guide_gone=self.is_guide_gone)

    @property
    def is_guide_gone(self) -> bool:
        """Whether nothing may stay of what the devices heard: a voice in it was erased."""
        return any(receipt.get("heard", {}) is not None for receipt in self.erased.values())


_NOTHING = Struck()
_known: OrderedDict[Stamp, Struck] = OrderedDict()
_known_lock = threading.Lock()


def read_struck(store: Store, folder: PurePosixPath) -> Struck:
    """Return what was struck in a call; read again only where the file has changed.

    Raises OSError, also where what is written there makes no sense.
    """
    key = folder / STRUCK_NAME
    stamp = store.stamp(key)
    if stamp is None:
        return _NOTHING
    with _known_lock:
        if stamp in _known:
            return _known[stamp]
    try:
        struck = _from_document(json.loads(store.read(key)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{STRUCK_NAME}, the list of what was struck, makes no sense"
        raise OSError(errno.EIO, what) from error
    _learn(stamp, struck)
    return struck


def _learn(stamp: Stamp, struck: Struck) -> None:
    with _known_lock:
        _known[stamp] = struck
        if len(_known) > 1000:
            _known.popitem(last=False)


def strike(store: Store, folder: PurePosixPath, stretch: Stretch) -> Struck:
    """Remove a stretch from all takes of a call, and keep it from ever arriving again.

    A film that was made of them goes too, whatever is in it.
    Takes that cannot be placed on that clock yet are done when their manifest comes.
    Returns what has been struck in this call. Raises OSError once all else is done; called
    again, it goes on.
    """
    with store.hold(folder):
        # First of all: a film that is gone before its strike is known can be made again.
        begin_forgetting(store.local / folder)
        struck = read_struck(store, folder)
        if stretch not in struck.stretches:
            struck = replace(struck, stretches=(*struck.stretches, stretch))
            write_struck(store, folder, struck)
        try:
            return _strike_all(store, folder, struck)
        finally:
            end_forgetting(store.local / folder)


def end_strikes(store: Store, folder: PurePosixPath, *, in_doubt: bool = True) -> None:
    """Do in all takes of a call what was struck, as far as it is not done yet. Raises OSError.

    `in_doubt` is as of `strike_arrived`.
    """
    with store.hold(folder):
        try:
            _strike_all(store, folder, read_struck(store, folder), in_doubt=in_doubt)
        finally:
            end_forgetting(store.local / folder)


def _strike_all(
    store: Store, folder: PurePosixPath, struck: Struck, *, in_doubt: bool = False
) -> Struck:
    failed: Exception | None = None
    for take_folder in takes_below(store, folder):
        try:
            struck = _strike_take(store, take_folder, struck, in_doubt=in_doubt)
        except Exception as error:  # whatever it is, the other takes are owed the strike
            logger.exception("a take could not be struck; it is tried again")
            failed = error
    if failed is not None:
        raise failed
    return struck


def strike_arrived(store: Store, take_folder: PurePosixPath, *, in_doubt: bool = False) -> None:
    """Do to a take, after more of it has come, what was struck before. Raises OSError.

    A track that its manifest does not name yet waits for the next one, which places it. Where that
    is `in_doubt`, all that is stored of it goes, for nobody knows of what time it is; but of a take
    that began after all that was struck, nothing is in doubt.
    """
    with store.hold(take_folder.parent.parent):
        strike_arrived_held(store, take_folder, in_doubt=in_doubt)


def strike_arrived_held(
    store: Store, take_folder: PurePosixPath, *, in_doubt: bool = False
) -> None:
    """Do the same where the caller holds the call's folder."""
    struck = read_struck(store, take_folder.parent.parent)
    _strike_take(store, take_folder, struck, in_doubt=in_doubt)


def read_stored(store: Store, take_folder: PurePosixPath) -> Take | None:
    """Return a take by its stored manifest, or None where none has come that can be read."""
    key = manifest_path(take_folder)
    try:
        return parse_take(Path(take_folder), store.read(key)) if store.stamp(key) else None
    except BadInputError:  # spoiled on the disk, or kept by a version that looked less closely
        return None


def _strike_take(
    store: Store, take_folder: PurePosixPath, struck: Struck, *, in_doubt: bool = False
) -> Struck:
    take = read_stored(store, take_folder)
    mine = on_clock(take, struck.stretches)
    own = [] if take is None else own_stretches(take)
    unplaced = len(struck.stretches) - len(mine)
    before = struck.of_take(take_folder.name)
    numbers: dict[TrackKind, set[int]] = {}
    for kind in TRACK_KINDS:
        list_stored = _stored_bytes(store, take_folder / kind)
        within = set(numbers_within(take, kind, [*mine, *own], list_stored))
        if in_doubt and take is not None and take.track(kind) is None and _may_hold(take, mine):
            within = set(list_stored())
        numbers[kind] = within.union(before.numbers.get(kind, ()))
    found = {kind: tuple(sorted(some)) for kind, some in numbers.items() if some}
    after = replace(before, numbers=found, n_unplaced=unplaced)
    if after != before:
        struck = note_struck(store, take_folder, struck, after)
    _drop_receipt(store, take_folder, after)
    if take is not None and mine:
        _tell_manifest(store, take_folder, mine)
    _remove(store, take_folder, after)
    return struck


def _may_hold(take: Take, stretches: list[Stretch]) -> bool:
    """Tell whether anything of the stretches, on its clock, is as late as the take's beginning."""
    return any(each.end_us + MARGIN_US > take.started_us for each in stretches)


def note_struck(
    store: Store, take_folder: PurePosixPath, struck: Struck, after: StruckTake
) -> Struck:
    """Keep what was removed of one take. The caller holds the call's folder locked."""
    struck = replace(struck, takes={**struck.takes, take_folder.name: after})
    write_struck(store, take_folder.parent.parent, struck)
    return struck


def _stored_bytes(store: Store, folder: PurePosixPath) -> Callable[[], StoredBytes]:
    """Return what lists the stored fragments of a track, each with what reads its beginning."""
    return lambda: {
        number: functools.partial(_beginning, store, file.key)
        for file in store.files(folder)
        if (number := number_of(file.key.name)) >= 0
    }


def _beginning(store: Store, key: PurePosixPath) -> bytes:
    """Return the first block, where a fragment tells its time."""
    return next(iter(store.blocks(key)), b"")


def _remove(store: Store, take_folder: PurePosixPath, struck: StruckTake) -> None:
    gone = [
        fragment_path(take_folder, kind, number)
        for kind, numbers in struck.numbers.items()
        for number in numbers
    ]
    if gone:
        store.remove(gone)


def _drop_receipt(store: Store, take_folder: PurePosixPath, struck: StruckTake) -> None:
    """Remove a receipt that does not tell what is struck, also where it is not found yet."""
    receipt = kept_receipt(store, take_folder) or {}
    told = (receipt.get("struck"), receipt.get("unplaced_strikes"))
    if told != ({kind: list(some) for kind, some in struck.numbers.items()}, struck.n_unplaced):
        store.remove([take_folder / RECEIPT_NAME])


def _tell_manifest(store: Store, take_folder: PurePosixPath, stretches: list[Stretch]) -> None:
    """Add what was struck to the gaps of the stored manifest, which films are made from."""
    key = manifest_path(take_folder)
    document = json.loads(store.read(key))
    gaps = document.get("gaps") or []
    new = [
        gap
        for each in stretches
        if (gap := {"reason": "struck", "start_us": each.start_us, "end_us": each.end_us})
        not in gaps
    ]
    if new:
        store.replace(key, json.dumps({**document, "gaps": [*gaps, *new]}).encode())


def write_struck(store: Store, folder: PurePosixPath, struck: Struck) -> None:
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
    store.replace(folder / STRUCK_NAME, json.dumps(document, indent=1).encode())
    if stamp := store.stamp(folder / STRUCK_NAME):
        _learn(stamp, struck)


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
