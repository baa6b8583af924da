"""Manifests as they arrive: read as the engine reads them, then kept beside their fragments."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from candid.engine.errors import BadInputError
from candid.engine.recording.take import Take, parse_take
from candid.site.recording.guides import strike_guides
from candid.site.recording.limits import IngestLimits
from candid.site.recording.places import RECEIPT_NAME, manifest_path
from candid.site.recording.refusals import ERASED, Refusal, RefusedError
from candid.site.recording.stores import Store
from candid.site.recording.strikes import read_stored, read_struck, strike_arrived_held

FEWER = Refusal(409, "fewer", "A newer manifest of this take is stored already.")


def accept_manifest(
    store: Store, take_folder: PurePosixPath, data: bytes, limits: IngestLimits
) -> tuple[Take, bool]:
    """Check a manifest and keep it durably; return it, and False where the very same was there.

    What was struck before is removed of the take as far as this manifest tells where it
    lies. Raises RefusedError with 422 for a manifest that the engine would not read or that
    belongs elsewhere, with 409 for one that is older than what is stored and with 410 where its
    participant has been erased; OSError.
    """
    take = _read(take_folder, data)
    _refuse_foreign(take, take_folder, limits)
    # The call, as a strike holds it, which writes what it struck into the stored manifest.
    with store.hold(take_folder.parent.parent):
        _refuse_erased(store, take_folder)
        is_new = _replace(store, take_folder, take, data)
        # Not let go in between: somebody would find it complete with what was struck in it.
        is_told = any(gap.reason == "struck" for gap in take.gaps)
        if is_told or read_struck(store, take_folder.parent.parent).stretches:
            strike_arrived_held(store, take_folder)
    strike_guides(store, take_folder.parent.parent)
    return take, is_new


def _read(take_folder: PurePosixPath, data: bytes) -> Take:
    try:
        return parse_take(Path(take_folder), data)
    except BadInputError as error:
        raise RefusedError(_refuse(error.what)) from error


def _refuse_foreign(take: Take, take_folder: PurePosixPath, limits: IngestLimits) -> None:
    told = (take.call_id, take.participant_id, take.take_id)
    place = (take_folder.parent.parent.name, take_folder.parent.name, take_folder.name)
    if told != place:
        raise RefusedError(_refuse("names another call, participant or take"))
    for track in take.tracks:
        numbers = [each.number for each in track.fragments]
        if len(numbers) > limits.fragments_per_track:
            raise RefusedError(_refuse("names too many fragments"))
        if max(numbers, default=0) >= limits.fragments_per_track:
            raise RefusedError(_refuse("names a fragment of too high a number"))


def _refuse_erased(store: Store, take_folder: PurePosixPath) -> None:
    """Look once more, held as an erasure holds it: nothing is made again after one."""
    if take_folder.parent.name in read_struck(store, take_folder.parent.parent).erased:
        raise RefusedError(ERASED)


def _replace(store: Store, take_folder: PurePosixPath, take: Take, data: bytes) -> bool:
    key = manifest_path(take_folder)
    if store.stamp(key) and store.read(key) == data:
        return False
    before = read_stored(store, take_folder)
    if before is not None and _is_older(take, before):
        raise RefusedError(FEWER)
    # First of all: a receipt that is gone is made again, and one of an older manifest would stay.
    store.remove([take_folder / RECEIPT_NAME])
    store.replace(key, data)
    return True


def _is_older(take: Take, than: Take) -> bool:
    """Tell whether a manifest was overtaken on its way: fewer fragments, or not ended any more."""
    now = {track.kind: len(track.fragments) for track in take.tracks}
    before = {track.kind: len(track.fragments) for track in than.tracks}
    if any(now.get(kind, -1) < count for kind, count in before.items()):
        return True
    return take.state == "recording" and than.state != "recording" and now == before


def _refuse(what: str) -> Refusal:
    return Refusal(422, "manifest", f"The manifest cannot be used: {what}.")
