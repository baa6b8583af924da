"""Where a stretch of the call lies in the original files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from candid.engine.alignment.result import Alignment
from candid.engine.cut.decisions import Cut
from candid.engine.timebase import ClockMap, Interval, subtract_intervals

MediumKind = Literal["camera", "microphone"]


@dataclass(frozen=True, slots=True)
class Original:
    """One medium of a take as a file that an editing program can open.

    `available` is the stretch of the file's own time that holds media, in seconds;
    `clock` maps that time to `take_s`. A file with picture and sound is listed twice.
    """

    take_id: str
    kind: MediumKind
    path: Path
    available: Interval
    clock: ClockMap


@dataclass(frozen=True, slots=True)
class Placement:
    """An original on the call clock: `clock` maps the file's time to `call_s`."""

    original: Original
    participant_id: str
    clock: ClockMap

    def covered(self) -> tuple[Interval, ...]:
        """Return the stretches of the call that the file holds, without its holes."""
        whole = Interval(*(self.clock(time_s) for time_s in self._ends_s()))
        holes = [
            Interval(before_s, after_s)
            for (at_s, before_s), (next_s, after_s) in pairwise(self.clock.knots)
            if at_s == next_s
        ]
        return subtract_intervals(whole, holes)

    def _ends_s(self) -> tuple[float, float]:
        return self.original.available.start_s, self.original.available.end_s

    def media_s(self, call_s: float) -> float:
        """Return where in the file a moment of the call lies, in seconds."""
        return self.clock.inverse()(call_s)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the call and the file that holds it, or None where no file does."""

    call: Interval
    placement: Placement | None


def placements(
    cut: Cut, originals: Sequence[Original], alignment: Alignment
) -> tuple[Placement, ...]:
    """Place the originals of the cut's takes on the call clock.

    Raises KeyError if the alignment lacks one of the takes.
    """
    people = {take.take_id: take.participant_id for take in cut.takes}
    return tuple(
        Placement(each, people[each.take_id], alignment.take(each.take_id).clock.after(each.clock))
        for each in originals
        if each.take_id in people
    )


def pieces(
    call: Interval, person: str, kind: MediumKind, placed: Sequence[Placement]
) -> list[Piece]:
    """Divide a stretch of the call by the files that hold a person's picture or sound.

    The pieces tile the stretch; where two takes overlap, the one listed first is used.
    """
    found: list[Piece] = []
    left = [call]
    for each in placed:
        if (each.participant_id, each.original.kind) != (person, kind):
            continue
        covered = each.covered()
        parts = (part.intersection(stretch) for part in left for stretch in covered)
        found += [Piece(part, each) for part in parts if part is not None]
        left = [rest for part in left for rest in subtract_intervals(part, covered)]
    found += [Piece(part, None) for part in left]
    return sorted(found, key=lambda piece: piece.call)
