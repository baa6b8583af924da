"""Whom an upload token belongs to, as the conversations tell; asked at most once a second each."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from candid.site.conversations import links, models
from candid.site.recording.places import Uploader

# So long may an upload still be taken after its link was revoked.
KNOWN_FOR_S = 1.0
_MOST_KNOWN = 10_000


class LinkTokens:
    """Checks upload tokens; a callable as the receiver wants one.

    The MAC and the time are checked on every call, without the database; what the
    database says of a participant is kept for `KNOWN_FOR_S`.
    """

    def __init__(
        self,
        wall_s: Callable[[], float] = time.time,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall_s = wall_s
        self._now_s = now_s
        self._known: OrderedDict[str, tuple[float, int | None, str | None]] = OrderedDict()

    async def __call__(self, token: str) -> Uploader | None:
        """Return whose token this is; None where it is forged, expired or revoked."""
        claims = links.read_upload_token(token, self._wall_s())
        if claims is None:
            return None
        _, version, call_id = await self._look_up(claims.participant_id)
        if version != claims.link_version or call_id is None:
            return None
        return Uploader(claims.participant_id, call_id)

    async def _look_up(self, participant_id: str) -> tuple[float, int | None, str | None]:
        known = self._known.get(participant_id)
        if known is None or known[0] <= self._now_s():
            version, call_id = await sync_to_async(_ask)(participant_id)
            known = (self._now_s() + KNOWN_FOR_S, version, call_id)
            self._known[participant_id] = known
            # Only genuine tokens come here, so that there is no more to forget than people.
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return known


def _ask(participant_id: str) -> tuple[int | None, str | None]:
    close_old_connections()
    try:
        return models.link_version_of(participant_id), models.call_id_of(participant_id)
    finally:
        close_old_connections()
