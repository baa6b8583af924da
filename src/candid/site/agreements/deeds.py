"""What was done with somebody's recording, as the ledger tells it: to them and to the desk."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from candid.site.agreements.models import LedgerEntry

DOWNLOADED, ERASED = "recording.downloaded", "recording.erased"

# Whoever takes recordings out by the command has no name that the studio knows.
BY_SERVER = "candid takes"


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed. `by` is the person at the desk, or "" where it was nobody there."""

    kind: str
    participant_id: str
    at: dt.datetime
    by: str
    reason: str

    @property
    def is_by_server(self) -> bool:
        """Whether whoever runs the server made a copy, past the desk."""
        return self.kind == DOWNLOADED and self.by == BY_SERVER


def deeds_of(participant_ids: Iterable[str]) -> list[Deed]:
    """Return the downloads and erasures of these people's recordings, the oldest first."""
    entries = LedgerEntry.objects.filter(
        subject__in=list(participant_ids), kind__in=[DOWNLOADED, ERASED]
    ).order_by("sequence")
    return [_read(entry) for entry in entries]


def _read(entry: LedgerEntry) -> Deed:
    facts = json.loads(entry.facts)
    at = dt.datetime.fromisoformat(entry.at)
    return Deed(entry.kind, entry.subject, at, facts.get("by", ""), facts.get("reason", ""))
