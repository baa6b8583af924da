"""Every write of the room `agreements`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable
from typing import Literal

from django.db import connection, transaction

from candid.site.agreements import ledger
from candid.site.agreements.first_text import FIRST_BODY
from candid.site.agreements.models import AgreementText, LedgerEntry, current_text, next_version

SIGNED, DECLINED = "agreement.signed", "agreement.declined"
# Any number that nothing else in the database locks by.
_LEDGER_LOCK = 0x63616E646964

Standing = Literal["open", "signed", "declined"]


def append_entry(
    kind: str, subject: str, facts: dict[str, str | int], at: dt.datetime | None = None
) -> LedgerEntry:
    """Write the next entry of the ledger. Of two who write at once, one comes after the other."""
    with transaction.atomic():
        _wait_for_turn()
        last = LedgerEntry.objects.order_by("-sequence").first()
        link = ledger.Link(
            sequence=last.sequence + 1 if last else 1,
            at=(at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).isoformat(),
            kind=kind,
            subject=subject,
            facts=ledger.write_facts(facts),
            previous_sha256=last.sha256 if last else ledger.FIRST_PREVIOUS,
            sha256="",
        )
        link = dataclasses.replace(link, sha256=ledger.hash_link(link))
        return LedgerEntry.objects.create(**dataclasses.asdict(link))


def count_entries(kind: str, subject: str) -> int:
    """Return how many entries of a kind the ledger has of somebody."""
    return LedgerEntry.objects.filter(subject=subject, kind=kind).count()


def _wait_for_turn() -> None:
    """Hold others off until this transaction ends; SQLite's transactions do that by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LEDGER_LOCK])


def sign(
    participant_id: str, typed_name: str, text: AgreementText, keep_days: int | None = None
) -> LedgerEntry:
    """Record that a participant signed by typing their name. Signing twice is signing once."""
    return sign_once(participant_id, typed_name, text, keep_days)[0]


def sign_once(
    participant_id: str, typed_name: str, text: AgreementText, keep_days: int | None = None
) -> tuple[LedgerEntry, bool]:
    """Return the signature of a participant, and whether this typed name made it.

    `keep_days` is for how long they were told that recordings are kept.
    """
    facts: dict[str, str | int] = {
        "name": typed_name,
        "version": text.version,
        "language": text.language,
        "text_sha256": text.sha256,
    }
    if keep_days is not None:
        facts["keep_days"] = keep_days
    with transaction.atomic():
        _wait_for_turn()
        signed = signature_of(participant_id)
        if signed is not None:
            return signed, False
        return append_entry(SIGNED, participant_id, facts), True


def decline(participant_id: str, text: AgreementText) -> LedgerEntry:
    """Record that a participant would rather not; they may still change their mind.

    Saying so again writes nothing more. Of somebody who has signed, as in another window, it
    returns the signature, which stays.
    """
    facts: dict[str, str | int] = {"version": text.version, "text_sha256": text.sha256}
    with transaction.atomic():
        _wait_for_turn()
        latest = _latest(participant_id)
        is_said = latest is not None and latest.facts == ledger.write_facts(facts)
        if latest is not None and (latest.kind == SIGNED or is_said):
            return latest
        return append_entry(DECLINED, participant_id, facts)


def standing_of(participant_id: str) -> Standing:
    """Tell whether a participant has signed, declined, or done neither yet."""
    latest = _latest(participant_id)
    if latest is None:
        return "open"
    return "signed" if latest.kind == SIGNED else "declined"


def signature_of(participant_id: str) -> LedgerEntry | None:
    """Return the entry with which a participant agreed, if that is where they stand."""
    latest = _latest(participant_id)
    return latest if latest is not None and latest.kind == SIGNED else None


def promised_days(participant_ids: Iterable[str]) -> int | None:
    """Return the fewest days that any of these people was told when they signed."""
    signed = LedgerEntry.objects.filter(subject__in=list(participant_ids), kind=SIGNED)
    told = [json.loads(entry.facts).get("keep_days") for entry in signed]
    return min((days for days in told if days is not None), default=None)


def _latest(participant_id: str) -> LedgerEntry | None:
    steps = LedgerEntry.objects.filter(subject=participant_id, kind__in=[SIGNED, DECLINED])
    return steps.order_by("-sequence").first()


def verify_ledger(head_sha256: str | None = None) -> list[ledger.Fault]:
    """Read the whole ledger and return every fault in it; see `ledger.find_faults`."""
    fields = [field.name for field in dataclasses.fields(ledger.Link)]
    rows = LedgerEntry.objects.order_by("sequence").values(*fields).iterator(chunk_size=1000)
    return ledger.find_faults((ledger.Link(**row) for row in rows), head_sha256)


def publish_text(body: str, language: str = "en") -> AgreementText:
    """Write the next version of the agreement; what was signed before stays as it was."""
    return AgreementText.objects.create(
        version=next_version(language),
        language=language,
        body=body.replace("\r\n", "\n").strip(),
    )


def load_first_text() -> AgreementText:
    """Return the current agreement; a fresh studio begins with ours."""
    return current_text("en") or publish_text(FIRST_BODY)
