"""The clock of the server: what it reads, and a name that it keeps for as long as it runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

from candid.site.conversations import links

# Linux counts CLOCK_MONOTONIC since it started, plus an offset that a container may be given.
WHENCE = (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/timens_offsets"))


def now_us() -> int:
    """Return the server's monotonic clock in microseconds."""
    return time.monotonic_ns() // 1000


def name_clock(whence: Iterable[Path] = WHENCE) -> str:
    """Return a name of this clock, the same after a restart of the studio as before it.

    Another after one of the machine, which sets the clock to naught; and, where the machine does
    not tell one from the other, after every one. The browsers are told it: it is a hash.
    """
    told = [_read(path) for path in whence]
    if not told or not told[0]:
        return f"server-{links.make_id()}"
    return f"server-{hashlib.sha256(b' '.join(told)).hexdigest()[:16]}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


SERVER_CLOCK_ID = name_clock()
