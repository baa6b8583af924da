"""Whether the ledger of a studio is as it was written, entry by entry."""

from __future__ import annotations

import os

from candid.commands.findings import Finding, ill, well

_MOST_TOLD = 3


def read_ledger(noted: str | None = None) -> Finding:
    """Read the whole ledger of the studio that the environment names.

    `noted` is the hash of an entry that somebody has elsewhere, as in a participant's copy: only
    with one is it found that the end of the ledger was cut off.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")
    import django

    django.setup()
    from django.db import DatabaseError

    from candid.site.agreements.actions import verify_ledger
    from candid.site.agreements.models import LedgerEntry

    try:
        faults = verify_ledger(noted.strip().lower() if noted else None)
        n_entries = LedgerEntry.objects.count()
    except DatabaseError as error:
        mend = "start the studio once, which brings its tables up to date"
        return ill("ledger", " ".join(str(error).split()), mend)
    if not faults:
        told = f"{n_entries} entries, each as it was written"
        return well("ledger", f"{told}, the noted one among them" if noted else told)
    words = [f"entry {fault.sequence}: {fault.reason}" for fault in faults[:_MOST_TOLD]]
    if len(faults) > _MOST_TOLD:
        words.append(f"and {len(faults) - _MOST_TOLD} more")
    mend = "keep the database as it is, and compare it with your backups"
    return ill("ledger", "; ".join(words), mend)
