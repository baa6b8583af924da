"""How often somebody may knock: tries by address, by account and by browser, in memory alone.

Nothing here is written down: after a restart all counts are empty, as those of the ingest are.
An address is kept as it came, an account as a hash. Whoever holds a valid link is never counted,
so that a family behind one address is not locked out by one of them.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """So many tries at once, and one more every `refill_s` seconds."""

    n_at_once: int
    refill_s: float


@dataclass
class Tries:
    """Counts tries by key; may be called from any thread. At most 10,000 keys are kept."""

    pace: Pace
    now_s: Callable[[], float] = time.monotonic
    _known: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str) -> float:
        """Count a try; return 0, or the seconds to wait where it is one too many."""
        with self._lock:
            left = self._left(key)
            if left < 1:
                return (1 - left) * self.pace.refill_s
            self._keep(key, left - 1)
            return 0.0

    def give_back(self, key: str) -> None:
        """Uncount a try that turned out to be right."""
        with self._lock:
            self._keep(key, min(self._left(key) + 1, self.pace.n_at_once))

    def forget(self) -> None:
        """Uncount everything."""
        with self._lock:
            self._known.clear()

    def _left(self, key: str) -> float:
        left, at_s = self._known.get(key, (float(self.pace.n_at_once), self.now_s()))
        return min(left + (self.now_s() - at_s) / self.pace.refill_s, self.pace.n_at_once)

    def _keep(self, key: str, left: float) -> None:
        self._known[key] = (left, self.now_s())
        self._known.move_to_end(key)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


# Guessed links and one-time sign-ins, by address.
GUESSES = Tries(Pace(n_at_once=30, refill_s=4))
# Passwords and codes: by address, by account from browsers that never signed in to it, and by
# browser that has. Strangers use up the second, and leave the owner the third.
ADDRESSES = Tries(Pace(n_at_once=20, refill_s=15))
ACCOUNTS = Tries(Pace(n_at_once=10, refill_s=60))
BROWSERS = Tries(Pace(n_at_once=10, refill_s=60))
# E-mails that are asked for.
MAILS = Tries(Pace(n_at_once=3, refill_s=600))


def too_often(request: HttpRequest, wait_s: float) -> HttpResponse:
    """Say that this was tried too often, and for how long to wait."""
    wait = max(1, round(wait_s + 0.5))
    page = render(request, "people/too_often.html", {"wait_s": wait}, status=429)
    page["Retry-After"] = str(wait)
    return page


def address_of(request: HttpRequest) -> str:
    """Return whom to count a request for; see `read_address`."""
    return read_address(request.META.get("REMOTE_ADDR") or "")


def read_address(text: str) -> str:
    """Return an address as it is counted: in IPv6 the network, of which one has 2**64 addresses."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def account_key(name: str) -> str:
    """Return the key of an account by its name, whether there is such an account or not."""
    return hashlib.sha256(name.strip().casefold().encode()).hexdigest()


def forget_all() -> None:
    """Uncount everything, as a restart does."""
    for tries in (GUESSES, ADDRESSES, ACCOUNTS, BROWSERS, MAILS):
        tries.forget()
