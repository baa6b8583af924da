"""The finished sample: the conversation of `sample/`, with its takes and its film.

Nothing of it is made up for the occasion. The takes go through the same door as those of a
browser, and are counted like them; the film is what `candid film` made of them. It comes in once:
whoever removes it is not given it again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from django.db import transaction

from candid.engine.recording.take import Take, TrackKind, manifest_document, read_take
from candid.site.agreements.actions import append_entry, load_first_text, sign
from candid.site.agreements.models import LedgerEntry
from candid.site.conversations.actions import (
    end_conversation,
    load_first_guide,
    save_conversation,
)
from candid.site.conversations.models import Conversation, Participant
from candid.site.production.actions import place_film
from candid.site.recording.places import Address, Uploader, call_folder, fragment_path
from candid.site.recording.storage import Fragment, TakeStorage
from candid.site.recording.strikes import read_struck
from candid.site.recording.wiring import site_storage

PLACED = "sample.placed"
SAMPLE_CALL_ID = "SampleRosaDaniel"
# The sample's own names of its takes' folders, and who that is here.
_IDS = {"rosa": "RosaInTheSample1", "daniel": "DanielInSample01"}
_TITLE = "It is lighter with two (a sample)"


def load_finished_sample(folder: Path) -> None:
    """Bring in the conversation that `make run` left in a folder: `sample/` and `film/`.

    A film that was made anew since takes the place of the older one, unless anything of the
    conversation was taken back. Raises BadInputError where they are not there, OSError.
    """
    takes = [_ours(read_take(folder / "sample" / name), name) for name in _IDS]
    if not LedgerEntry.objects.filter(kind=PLACED, subject=SAMPLE_CALL_ID).exists():
        for take in takes:
            _upload(take)
        _plan(takes)
    conversation = Conversation.objects.filter(call_id=SAMPLE_CALL_ID).first()
    if conversation is not None and not _is_taken_back():
        place_film(conversation, folder / "film")


def _ours(take: Take, name: str) -> Take:
    """Return a take under the ids that it has in a studio."""
    peers = {f"take-{each}": _take_id(each) for each in _IDS}
    beacons = tuple(
        dataclasses.replace(each, peer_take_id=peers.get(each.peer_take_id or ""))
        for each in take.beacons
    )
    return dataclasses.replace(
        take,
        call_id=SAMPLE_CALL_ID,
        participant_id=_IDS[name],
        take_id=_take_id(name),
        beacons=beacons,
    )


def _take_id(name: str) -> str:
    return f"{_IDS[name]}-00000001"


def _upload(take: Take) -> None:
    storage = site_storage()
    uploader = Uploader(take.participant_id, take.call_id)
    for track in take.tracks:
        numbers = [fragment.number for fragment in track.fragments]
        for number in (None, *numbers):
            path = fragment_path(take.folder, track.kind, number)
            if path.is_file():  # one never arrived, which is part of the sample
                _send(storage, uploader, take, track.kind, number)
    manifest = json.dumps(manifest_document(take)).encode()
    storage.put_manifest(uploader, Address(take.take_id, "manifest"), manifest)


def _send(
    storage: TakeStorage, uploader: Uploader, take: Take, kind: TrackKind, number: int | None
) -> None:
    data = fragment_path(take.folder, kind, number).read_bytes()
    address = Address(take.take_id, "fragment", kind, number)
    digest = hashlib.sha256(data).digest()
    storage.keep_whole(Fragment(uploader, address, digest, len(data)), [data])


def _plan(takes: list[Take]) -> None:
    """Write the conversation as it would stand at the desk, each signature saying whose it is."""
    with transaction.atomic():
        conversation = Conversation(
            call_id=SAMPLE_CALL_ID, title=_TITLE, guide=load_first_guide(), minutes=6
        )
        conversation.participants = [
            Participant(participant_id=take.participant_id, name=take.name, sort_order=order)
            for order, take in enumerate(takes)
        ]
        save_conversation(conversation)
        for take in takes:
            sign(take.participant_id, f"{take.name}, invented for the sample", load_first_text())
        end_conversation(conversation)
        append_entry(PLACED, SAMPLE_CALL_ID, {})


def _is_taken_back() -> bool:
    struck = read_struck(site_storage().store, call_folder(SAMPLE_CALL_ID))
    return bool(struck.erased or struck.stretches)
