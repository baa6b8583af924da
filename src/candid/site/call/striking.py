""" "Strike that": said on the live channel, done to every take of the call."""

from __future__ import annotations

from candid.site.agreements.actions import append_entry, count_entries
from candid.site.call.limits import STRIKES_IN_ALL
from candid.site.call.signals import stretch_struck

STRUCK = "recording.struck"
# A stretch is widened by this, for the time that a press of a key takes.
MARGIN_S = 1.0
LONGEST_S = 6 * 3600.0
# Whoever struck while the studio was not reached may come back long after.
LONGEST_AGO_S = 366 * 24 * 3600.0


class TooManyStrikesError(Exception):
    """A participant has struck all that one may."""


def strike_last(participant_id: str, call_id: str, seconds: float, clock: tuple[str, int]) -> None:
    """Take back the last seconds before a moment; `clock` is its name and its reading in us.

    The ledger notes who did it and how long it was, and nothing of what was said. Raises
    TooManyStrikesError, OSError, DatabaseError.
    """
    if count_entries(STRUCK, participant_id) >= STRIKES_IN_ALL:
        raise TooManyStrikesError
    clock_id, end_us = clock
    start_us = end_us - round((seconds + MARGIN_S) * 1e6)
    stretch_struck.send(
        sender=None, call_id=call_id, clock_id=clock_id, start_us=start_us, end_us=end_us
    )
    # Behind it: what fails is said again and again, and is to be noted once.
    append_entry(STRUCK, participant_id, {"call_id": call_id, "seconds": round(seconds)})
