"""What the room `recording` adds to a conversation's page: receipts, and how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from wagtail.admin.ui.components import Component

from candid.site.agreements.deeds import deeds_of
from candid.site.call.progress import is_running
from candid.site.conversations.models import Conversation, Participant
from candid.site.recording import shelf
from candid.site.recording.desk import DOWNLOAD, ERASE, may_be_had
from candid.site.recording.models import Erasure
from candid.site.recording.receipt_words import tell_receipt
from candid.site.recording.refusals import RefusedError
from candid.site.recording.retention import tell_due


class RecordingsPanel(Component):
    """The takes of every participant with their receipts, and what was done with them."""

    template_name = "desk/recordings.html"

    def __init__(self, conversation: Conversation, reader: Any) -> None:
        self._conversation = conversation
        self._reader = reader

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Return each participant with takes and deeds, and what this reader may do."""
        call_id = self._conversation.call_id
        takes = list(self._describe_all(shelf.takes_of(call_id)))
        return {
            "request": parent_context["request"],
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
        receipt = shelf.receipt_of(take)
        is_ended = self._conversation.ended_at is not None
        return {
            "participant_id": take.participant_id,
            "take_id": take.take_id,
            "told": tell_receipt(receipt),
            "may_be_had": may_be_had(self._conversation.call_id, receipt, is_ended=is_ended),
        }

    def _gather(self, one: Participant, takes: list[dict[str, Any]]) -> dict[str, Any]:
        erased = shelf.erased_of(self._conversation.call_id)
        return {
            "name": one.name,
            "takes": [take for take in takes if take["participant_id"] == one.participant_id],
            "deeds": deeds_of([one.participant_id]),
            "erasure": Erasure.objects.filter(participant_id=one.participant_id).first(),
            "is_erased": one.participant_id in erased,
        }
