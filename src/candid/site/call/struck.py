"""What each participant struck last, by whatever page: what is said again is done once.

It lies in this process alone, as the rooms do. Every function may be called from any thread.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from candid.site.call.clocks import SERVER_CLOCK_ID, now_us
from candid.site.call.limits import MOST_IDS, STRIKE_AGAIN_S, STRIKES
from candid.site.call.messages import Strike
from candid.site.call.rooms import Room
from candid.site.call.striking import strike_last

_MOST_KNOWN = 10_000
# So long a strike waits for another of the same participant; it holds a thread meanwhile.
LONGEST_WAIT_S = 5.0


class TooOftenError(Exception):
    """A participant strikes faster than one may; says after how many seconds the next one can."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"in {wait_s:.1f} s")
        self.wait_s = wait_s


@dataclass(slots=True)
class _Said:
    """What one participant said last: when each strike ended, by its id, as it was told first."""

    ends_us: dict[str, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def first_end_us(self, strike_id: str | None, told_us: int) -> int:
        """Return the end that was told first: the same stretch, though it is said anew."""
        if strike_id is None:
            return told_us
        end_us = self.ends_us.setdefault(strike_id, told_us)
        if len(self.ends_us) > MOST_IDS:
            oldest = next(iter(self.ends_us))
            del self.ends_us[oldest]
            self.done.discard(oldest)
        return end_us


_known: OrderedDict[str, _Said] = OrderedDict()
_known_lock = threading.Lock()


def _said_by(participant_id: str) -> _Said:
    with _known_lock:
        said = _known.setdefault(participant_id, _Said())
        _known.move_to_end(participant_id)
        if len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)
        return said


def strike_once(
    participant_id: str, call_id: str, strike: Strike, received_us: int
) -> tuple[int, bool]:
    """Do a strike that is not done; what is said while it is being done waits some seconds for it.

    Returns when it ended, on the server's clock in us, and whether it was done just now. Raises
    TooOftenError, TooManyStrikesError, OSError, DatabaseError.
    """
    said = _said_by(participant_id)
    # Before anything is waited for: nobody makes more of these wait than may strike at once.
    wait_s = 0.0 if strike.id in said.done else STRIKES.take(participant_id)
    if wait_s:
        raise TooOftenError(wait_s)
    if not said.lock.acquire(timeout=LONGEST_WAIT_S):
        raise TooOftenError(STRIKE_AGAIN_S)
    try:
        if strike.id in said.done:
            return said.ends_us[strike.id], False
        end_us = said.first_end_us(strike.id, strike.end_us(received_us))
        strike_last(participant_id, call_id, strike.seconds, (SERVER_CLOCK_ID, end_us))
        if strike.id is not None:
            said.done.add(strike.id)
        return end_us, True
    finally:
        said.lock.release()


async def tell_others(room: Room, participant_id: str, strike: Strike, end_us: int) -> None:
    """Tell everybody else who is here of a strike, whichever way it came."""
    # It took its time, and each of them counts back from when it hears of it.
    ago = (now_us() - end_us) / 1e6
    told = {"from": participant_id, "seconds": strike.seconds, "ago": ago}
    await room.tell_others(participant_id, {"type": "strike", **told})
