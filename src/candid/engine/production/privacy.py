"""Time that nobody may hear or see: what a participant struck, and what was paused.

A strike is one person's word, but the other end heard it too: the loudspeaker carries it into
the other microphone, and the answers tell of it. So it is taken out of every take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from candid.engine.alignment.result import Alignment
from candid.engine.production.takes import StudioTake
from candid.engine.recording.take import Gap
from candid.engine.timebase import Interval

_WHY = {
    "struck": "Struck by the participant; it never enters a film.",
    "paused": "The participant had paused the recording.",
}


@dataclass(frozen=True, slots=True)
class PrivateTime:
    """A stretch of the call clock that enters nothing, and why in a sentence."""

    interval: Interval
    why: str


def private_time(takes: Sequence[StudioTake], alignment: Alignment) -> tuple[PrivateTime, ...]:
    """Return the private time of all takes on the call clock, in order.

    What was lost or muted is silence of one person and no reason to leave out the other; a
    camera that was paused is a card.
    """
    found = []
    for take in takes:
        clock = alignment.take(take.take_id).clock
        for gap in take.source.take.gaps:
            if _is_private(gap):
                on_call = Interval(clock(gap.interval.start_s), clock(gap.interval.end_s))
                found.append(PrivateTime(on_call, _WHY[gap.reason]))
    return tuple(sorted(found, key=lambda each: each.interval))


def _is_private(gap: Gap) -> bool:
    return gap.reason == "struck" or (gap.reason == "paused" and gap.kind in (None, "microphone"))


def on_take(
    private: Sequence[PrivateTime], take_id: str, alignment: Alignment
) -> tuple[Interval, ...]:
    """Return private time on one take's own clock, in `take_s`."""
    back = alignment.take(take_id).clock.inverse()
    return tuple(
        Interval(back(each.interval.start_s), back(each.interval.end_s)) for each in private
    )
