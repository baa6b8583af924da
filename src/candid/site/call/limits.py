"""How much one browser may say, and one participant take back: all bounds of the live channel."""

from __future__ import annotations

from candid.site.people.limits import Pace, Tries

MESSAGES_PER_S = 50.0
MESSAGES_AT_ONCE = 500.0
# Every strike is written down and looked for in all takes. Nobody who means it says so more often
# than every ten seconds for long; whoever comes back with many has sixty at once.
# By participant, whatever the number of pages, and whichever way they come.
STRIKES = Tries(Pace(n_at_once=60, refill_s=10))
STRIKES_IN_ALL = 500
# So many strikes of one participant are known again by their ids, which have so many letters.
MOST_IDS = 200
LONGEST_ID = 64
# When to say again what could not be written down.
STRIKE_AGAIN_S = 30.0


class Allowance:
    """So many at once, and so many a second over time: a burst is fine, a flood is not."""

    __slots__ = ("_at_once", "_left", "_per_s", "_seen_s")

    def __init__(self, per_s: float, at_once: float, now_s: float) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._left = at_once
        self._seen_s = now_s

    def take(self, now_s: float) -> float:
        """Use up one; return 0, or the seconds to wait where none is left."""
        earned = (now_s - self._seen_s) * self._per_s
        self._left = min(self._left + earned, self._at_once)
        self._seen_s = now_s
        if self._left < 1:
            return (1 - self._left) / self._per_s
        self._left -= 1
        return 0.0
