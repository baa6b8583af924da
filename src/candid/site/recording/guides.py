"""Whoever erases their recording takes their voice out of what the others heard, too.

What a device hears of the others is a guide for alignment and nothing else: beacons do the same
without a voice. One track holds the voices of all, so it goes whole, of every take of the call.
`struck.json` says so from the moment somebody is erased in it; everything here does what it says,
and may be done again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from candid.engine.recording.take import TrackKind
from candid.site.recording.holdings import kept_receipt, number_of, takes_below
from candid.site.recording.places import RECEIPT_NAME
from candid.site.recording.stores import Store
from candid.site.recording.strikes import Struck, note_struck, read_stored, read_struck

logger = logging.getLogger(__name__)

GUIDE: TrackKind = "heard"


def strike_guides(store: Store, folder: PurePosixPath) -> None:
    """Remove what was heard in a call where somebody was erased. Raises OSError."""
    if read_struck(store, folder).is_guide_gone:
        with store.hold(folder):
            strike_guides_held(store, folder)


def strike_guides_held(store: Store, folder: PurePosixPath) -> None:
    """Do the same where the caller holds the call's folder."""
    struck = read_struck(store, folder)
    failed: Exception | None = None
    for take_folder in other_takes(store, folder, struck.erased) if struck.is_guide_gone else ():
        try:
            struck = _strike_guide(store, take_folder, struck)
        except Exception as error:  # whatever it is, the voice is still to go from the others
            logger.exception("what was heard could not be removed; it is tried again")
            failed = error
    if failed is not None:
        raise failed


def other_takes(store: Store, folder: PurePosixPath, erased: Iterable[str]) -> list[PurePosixPath]:
    """Return the folders of all takes of a call but those of these participants."""
    gone = set(erased)
    return [each for each in takes_below(store, folder) if each.parent.name not in gone]


def _strike_guide(store: Store, take_folder: PurePosixPath, struck: Struck) -> Struck:
    """Remove one guide: first it is written down, then the receipt says so, then it goes."""
    stored = store.files(take_folder / GUIDE)
    before = struck.of_take(take_folder.name)
    there = {number for file in stored if (number := number_of(file.key.name)) >= 0}
    known = before.numbers.get(GUIDE, ())
    numbers = tuple(sorted({*known, *_listed(store, take_folder), *there}))
    if numbers != known:
        after = replace(before, numbers={**before.numbers, GUIDE: numbers})
        struck = note_struck(store, take_folder, struck, after)
    _amend_receipt(store, take_folder, numbers)
    # Also where nothing is seen of it: a removal that failed half-way has put it out of the way.
    store.remove_folder(take_folder / GUIDE)
    return struck


def _listed(store: Store, take_folder: PurePosixPath) -> set[int]:
    """Return the numbers that the stored manifest promises of the guide."""
    try:
        take = read_stored(store, take_folder)
    except OSError:  # told in the receipt alone: the guide goes all the same
        logger.exception("a manifest cannot be read")
        return set()
    track = take and take.track(GUIDE)
    return {each.number for each in track.fragments} if track else set()


def _amend_receipt(store: Store, take_folder: PurePosixPath, numbers: tuple[int, ...]) -> None:
    """Say it in the receipt of a complete take, which stays complete."""
    key = take_folder / RECEIPT_NAME
    receipt = kept_receipt(store, take_folder)
    if receipt is None:
        store.remove([key])
        return
    tracks = {kind: track for kind, track in receipt["tracks"].items() if kind != GUIDE}
    struck = {**receipt["struck"], GUIDE: list(numbers)} if numbers else receipt["struck"]
    amended = {**receipt, "tracks": tracks, "struck": struck}
    if amended != receipt:
        store.replace(key, json.dumps(amended).encode())
