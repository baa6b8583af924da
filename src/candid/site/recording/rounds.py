"""The round that a running studio makes: what was promised of recordings is kept."""

from __future__ import annotations

import asyncio
import logging

from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from candid.site.recording.retention import keep_promises

logger = logging.getLogger(__name__)
EVERY_S = 3600.0


async def make_rounds(every_s: float = EVERY_S) -> None:
    """Make a round now and every hour, until it is cancelled."""
    while True:
        await sync_to_async(_make_one, thread_sensitive=False)()
        await asyncio.sleep(every_s)


def _make_one() -> None:
    try:
        keep_promises(timezone.now())
    except Exception:  # whatever it is, the rounds that follow are owed all the same
        logger.exception("a round was cut short; the next one does what is left")
    finally:
        connections.close_all()
