"""The round that a running studio makes: what is due is kept, ended and forgotten."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from candid.site.people.actions import end_stale_sign_ins
from candid.site.recording.retention import keep_promises

logger = logging.getLogger(__name__)
EVERY_S = 3600.0


async def make_rounds(every_s: float = EVERY_S) -> None:
    """Make a round now and every hour, until it is cancelled."""
    while True:
        await sync_to_async(make_round, thread_sensitive=False)()
        await asyncio.sleep(every_s)


def make_round() -> None:
    """Do all that is due, each part whatever befalls the others."""
    try:
        _carry_out(lambda: keep_promises(timezone.now()))
        _carry_out(end_stale_sign_ins)
    finally:
        connections.close_all()


def _carry_out(part: Callable[[], None]) -> None:
    try:
        part()
    except Exception:  # whatever it is, all the rest is owed all the same
        logger.exception("a round was cut short; the next one does what is left")
