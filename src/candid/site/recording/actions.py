"""Every write of the room `recording` to the database; the storage writes the files."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from candid.site.agreements.actions import append_entry, signature_of
from candid.site.agreements.deeds import DOWNLOADED, ERASED
from candid.site.conversations.models import Conversation
from candid.site.recording import shelf
from candid.site.recording.models import Erasure
from candid.site.recording.places import Uploader
from candid.site.recording.refusals import RefusedError

logger = logging.getLogger(__name__)


def note_download(take: shelf.ShelvedTake, by: str) -> None:
    """Write into the ledger who takes a copy of a recording; the participant can read it."""
    facts: dict[str, str | int] = {"take_id": take.take_id, "by": by}
    append_entry(DOWNLOADED, take.participant_id, facts)


def erase_recordings(
    call_id: str, participant_ids: Iterable[str], reason: str, by: str = ""
) -> int:
    """Erase all recordings of these people and whatever of them comes later.

    Returns of how many takes receipts were kept. Cut short, it is ended by `finish_erasures`.
    Raises OSError.
    """
    # First of all, or this would pass for the erasure of whoever erased their own meanwhile.
    erasures = _own_erasures(call_id)
    wanted = set(participant_ids).difference(one.participant_id for one in erasures)
    takes = [take for take in shelf.takes_of(call_id) if take.participant_id in wanted]
    for participant_id in sorted(wanted):
        receipts = [_receipt(take) for take in takes if take.participant_id == participant_id]
        defaults = {"call_id": call_id, "reason": reason, "by": by, "receipts": receipts}
        erasure, is_new = Erasure.objects.get_or_create(
            participant_id=participant_id, defaults=defaults
        )
        if is_new or erasure.done_at is None:
            erasures.append(erasure)
    _finish_all(erasures)
    return len(takes)


def _finish_all(erasures: Iterable[Erasure]) -> None:
    """End each, whatever befalls the others; raise what befell the last of them."""
    failed: Exception | None = None
    for erasure in erasures:
        try:
            _finish(erasure)
        except Exception as error:  # a disk, a database: the others are owed theirs
            logger.exception("an erasure could not be ended; it is tried again")
            failed = error
    if failed is not None:
        raise failed


def _receipt(take: shelf.ShelvedTake) -> dict[str, Any]:
    try:
        return shelf.receipt_of(take)
    except RefusedError:
        return {"take_id": take.take_id}
    except Exception:  # whatever is wrong with a take, it can be erased
        logger.exception("a recording is erased without a receipt of what it held")
        return {"take_id": take.take_id}


def finish_erasures() -> None:
    """End what was begun and cut short. Raises OSError once all others are ended."""
    _finish_all(Erasure.objects.filter(done_at=None))


def note_own_erasures(call_id: str) -> None:
    """Write into the ledger what participants erased themselves, which the receiver did."""
    _finish_all(_own_erasures(call_id))


def _own_erasures(call_id: str) -> list[Erasure]:
    """Return what participants erased themselves and stands in no ledger yet, to be finished."""
    erased = shelf.erased_of(call_id)
    known = Erasure.objects.filter(participant_id__in=list(erased))
    unknown = set(erased).difference(known.values_list("participant_id", flat=True))
    found = []
    for participant_id in sorted(unknown):
        receipts = [dict(erased[participant_id])]
        defaults = {"call_id": call_id, "reason": "asked", "receipts": receipts}
        # A round may note the same at the same time.
        found.append(
            Erasure.objects.get_or_create(participant_id=participant_id, defaults=defaults)[0]
        )
    return found


def _was_heard(erasure: Erasure) -> bool:
    """Tell whether the others' devices may have recorded the voice; in doubt they have.

    Not of somebody who was taken out before they agreed, or before anything was recorded: what
    the others will hear of each other stays.
    """
    if erasure.reason != "removed":
        return True
    planned = Conversation.objects.filter(call_id=erasure.call_id, held_questions__isnull=True)
    return signature_of(erasure.participant_id) is not None and not planned.exists()


def _finish(erasure: Erasure) -> None:
    uploader = Uploader(erasure.participant_id, erasure.call_id)
    shelf.erase_of(uploader, was_heard=_was_heard(erasure))
    with transaction.atomic():
        open_one = Erasure.objects.filter(pk=erasure.pk, done_at=None)
        # Of two servers that end the same one, one writes the ledger.
        if not open_one.update(done_at=timezone.now()):
            return
        facts: dict[str, str | int] = {
            "call_id": erasure.call_id,
            "takes": len(erasure.receipts),
            "reason": erasure.reason,
        }
        if erasure.by:
            facts["by"] = erasure.by
        append_entry(ERASED, erasure.participant_id, facts)
