"""How fast one participant may send: two buckets each, of requests and of bytes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from candid.site.recording.limits import IngestLimits

_MOST_KNOWN = 10_000


@dataclass(slots=True)
class _Allowance:
    n_requests: float
    n_bytes: float
    at_s: float


class Rates:
    """Counts what each participant sends. Not for threads: the event loop alone calls it.

    A bucket may go below zero by one request, which then has to be waited for.
    """

    def __init__(self, limits: IngestLimits, now_s: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._now_s = now_s
        self._known: OrderedDict[str, _Allowance] = OrderedDict()

    def take(self, participant_id: str, n_bytes: int) -> float:
        """Count a request; return 0, or the seconds to wait where it is not allowed yet."""
        limits, left = self._limits, self._refilled(participant_id)
        if left.n_requests < 1:
            return (1 - left.n_requests) / limits.requests_per_s
        if left.n_bytes <= 0:
            return (1 - left.n_bytes) / limits.bytes_per_s
        left.n_requests -= 1
        left.n_bytes -= n_bytes
        return 0.0

    def _refilled(self, participant_id: str) -> _Allowance:
        limits, now_s = self._limits, self._now_s()
        fresh = _Allowance(limits.request_burst, limits.byte_burst, now_s)
        left = self._known.setdefault(participant_id, fresh)
        self._known.move_to_end(participant_id)
        # Nobody gets a place here without a valid token, so the oldest may be forgotten.
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        passed_s, left.at_s = now_s - left.at_s, now_s
        left.n_requests = min(
            limits.request_burst, left.n_requests + passed_s * limits.requests_per_s
        )
        left.n_bytes = min(limits.byte_burst, left.n_bytes + passed_s * limits.bytes_per_s)
        return left
