"""How much one browser may say."""

from __future__ import annotations

PER_SECOND = 50.0
OVER_S = 10.0


class Allowance:
    """Fifty messages a second over ten seconds: a burst is fine, a flood is not."""

    __slots__ = ("_left", "_seen_s")

    def __init__(self, now_s: float) -> None:
        self._left = PER_SECOND * OVER_S
        self._seen_s = now_s

    def take(self, now_s: float) -> bool:
        """Use up one message; False where none is left."""
        earned = (now_s - self._seen_s) * PER_SECOND
        self._left = min(self._left + earned, PER_SECOND * OVER_S) - 1
        self._seen_s = now_s
        return self._left >= 0
