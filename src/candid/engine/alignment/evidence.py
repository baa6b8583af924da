"""What alignment knows of each take, and what it concludes about two of them."""

from __future__ import annotations

from dataclasses import dataclass

from candid.engine.alignment.result import Evidence
from candid.engine.alignment.sound import SoundPrint
from candid.engine.recording.take import Beacon
from candid.engine.timebase import ClockMap, Interval


@dataclass(frozen=True, slots=True)
class TakeEvidence:
    """One take as alignment sees it: prints and readings, no media.

    `take_s` 0 is `started_us` of the clock `clock_id`; takes that share it need no
    alignment. A plain file has its own id for a clock and no beacons. `holes` are those
    that the recorder's own anchors showed, in `take_s`; the prints' clocks know of them
    already.
    """

    take_id: str
    participant_id: str
    clock_id: str
    duration_s: float
    microphone: SoundPrint | None
    heard: SoundPrint | None = None
    beacons: tuple[Beacon, ...] = ()
    holes: tuple[Interval, ...] = ()
    started_us: int = 0


@dataclass(frozen=True, slots=True)
class Jump:
    """Time that one of two clocks did not see, from `at_s` of the first one's clock on.

    A positive size is lost by the first clock, which stands at `at_s`; a negative one by
    the second, while the first runs on from there.
    """

    at_s: float
    size_s: float


@dataclass(frozen=True, slots=True)
class Link:
    """How the second of two takes runs against the first: `clock` maps first to second.

    `error_s`, `evidence` and `estimate` are as in `TakeClock`.
    """

    first_id: str
    second_id: str
    clock: ClockMap
    error_s: float
    evidence: tuple[Evidence, ...]
    estimate: str
    jumps: tuple[Jump, ...] = ()
