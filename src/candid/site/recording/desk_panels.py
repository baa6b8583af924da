"""What the room `recording` adds to a conversation's page: receipts, and how long it is kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component

from candid.site.agreements.deeds import deeds_of
from candid.site.call.progress import is_running
from candid.site.conversations.models import Conversation, Participant
from candid.site.recording import shelf
from candid.site.recording.desk import DOWNLOAD, ERASE, may_be_had
from candid.site.recording.models import Erasure
from candid.site.recording.receipt_words import Told, tell_receipt
from candid.site.recording.refusals import RefusedError
from candid.site.recording.retention import tell_due

logger = logging.getLogger(__name__)


class RecordingsPanel(Component):
    """The takes of every participant with their receipts, and what was done with them."""

    template_name = "desk/recordings.html"

    def __init__(self, conversation: Conversation, reader: Any) -> None:
        self._conversation = conversation
        self._reader = reader

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Return each participant with takes and deeds, and what this reader may do.

        The page opens also where the disk or the bucket cannot be read.
        """
        try:
            return {"request": parent_context["request"], **self._describe_kept()}
        except OSError:
            logger.exception("what is kept of a conversation cannot be read")
            return {"is_unreadable": True}

    def _describe_kept(self) -> dict[str, Any]:
        call_id = self._conversation.call_id
        takes = list(self._describe_all(shelf.takes_of(call_id)))
        return {
            "conversation": self._conversation,
            "people": [self._gather(one, takes) for one in self._conversation.participants.all()],
            "is_running": is_running(call_id),
            "has_takes": bool(takes),
            "was_erased": bool(shelf.erased_of(call_id)),
            "due": tell_due(self._conversation) if takes else "",
            "may_download": self._reader.has_perm(DOWNLOAD),
            "may_erase": self._reader.has_perm(ERASE),
        }

    def _describe_all(self, takes: list[shelf.ShelvedTake]) -> Iterator[dict[str, Any]]:
        for take in takes:
            with suppress(RefusedError):  # erased since it was listed
                yield self._describe(take)

    def _describe(self, take: shelf.ShelvedTake) -> dict[str, Any]:
        told = {"participant_id": take.participant_id, "take_id": take.take_id}
        try:
            receipt = shelf.receipt_of(take)
        except OSError:
            logger.exception("a take cannot be read")
            return {**told, "told": _tell_unreadable(), "may_be_had": False}
        call_id, is_ended = self._conversation.call_id, self._conversation.ended_at is not None
        may = may_be_had(call_id, receipt, is_ended=is_ended)
        words = tell_receipt(receipt, is_running=is_running(call_id))
        return {**told, "told": words, "may_be_had": may}

    def _gather(self, one: Participant, takes: list[dict[str, Any]]) -> dict[str, Any]:
        erased = shelf.erased_of(self._conversation.call_id)
        return {
            "name": one.name,
            "takes": [take for take in takes if take["participant_id"] == one.participant_id],
            "deeds": deeds_of([one.participant_id]),
            "erasure": Erasure.objects.filter(participant_id=one.participant_id).first(),
            "is_erased": one.participant_id in erased,
        }


def _tell_unreadable() -> Told:
    """Say that a file of a take could not be read; the log says which, and why."""
    words = _("Whoever runs the server finds the reason in its log.")
    return Told(_("Cannot be read at present."), words, [], [])
