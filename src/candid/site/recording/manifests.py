"""Manifests as they arrive: read as the engine reads them, then kept beside their fragments."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from candid.engine.errors import BadInputError
from candid.engine.recording.take import MANIFEST_NAME, Take, read_take
from candid.site.recording.drafts import PART, locked, write_durably
from candid.site.recording.limits import IngestLimits
from candid.site.recording.places import manifest_path
from candid.site.recording.refusals import Refusal, RefusedError
from candid.site.recording.strikes import read_struck, strike_arrived

FEWER = Refusal(409, "fewer", "A newer manifest of this take is stored already.")


def accept_manifest(take_folder: Path, data: bytes, limits: IngestLimits) -> tuple[Take, bool]:
    """Check a manifest and keep it durably; return it, and False where the very same was there.

    What was struck before is removed of the take as far as this manifest tells where it
    lies. Raises RefusedError with 422 for a manifest that the engine would not read or that
    belongs elsewhere and with 409 for one that is older than what is stored; OSError.
    """
    take = _read(take_folder, data)
    _refuse_foreign(take, take_folder, limits)
    with locked(take_folder):
        is_new = _replace(take_folder, take, data)
    # Looked at after it is stored: a strike that comes later looks at it itself.
    is_told = any(gap.reason == "struck" for gap in take.gaps)
    if is_told or read_struck(take_folder.parent.parent).stretches:
        strike_arrived(take_folder)
    return take, is_new


def _read(take_folder: Path, data: bytes) -> Take:
    """Read a manifest with the engine's own reader, from a folder beside the real one."""
    draft = take_folder / f".manifest.{secrets.token_hex(4)}{PART}"
    draft.mkdir()
    try:
        with locked(draft):
            (draft / MANIFEST_NAME).write_bytes(data)
            return read_take(draft)
    except BadInputError as error:
        raise RefusedError(_refuse(error.what)) from error
    except (RecursionError, UnicodeDecodeError, OverflowError) as error:
        raise RefusedError(_refuse("cannot be read")) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_foreign(take: Take, take_folder: Path, limits: IngestLimits) -> None:
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


def _replace(take_folder: Path, take: Take, data: bytes) -> bool:
    path = manifest_path(take_folder)
    if path.is_file():
        if path.read_bytes() == data:
            return False
        if _is_older(take, read_take(take_folder)):
            raise RefusedError(FEWER)
    write_durably(path, data)
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
