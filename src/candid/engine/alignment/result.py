"""The result of an alignment as values and as `alignment.json`. See docs/time.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from candid.engine import documents
from candid.engine.documents import Fields
from candid.engine.timebase import ClockMap

SCHEMA = "candid.alignment"
SCHEMA_MAJOR = 1
SCHEMA_VERSION = f"{SCHEMA}/{SCHEMA_MAJOR}.0"

Evidence = Literal["clock", "beacons", "guides", "bleed", "offset", "alone"]
EVIDENCE: tuple[Evidence, ...] = ("clock", "beacons", "guides", "bleed", "offset", "alone")


@dataclass(frozen=True, slots=True)
class Hole:
    """Time that a take's recorder lost: at `at_s` of the take's own clock, `duration_s` long."""

    take_id: str
    at_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class TakeClock:
    """How one take's clock runs against the call clock.

    `clock` maps `take_s` to `call_s`. `error_s` bounds the error of that map against the
    reference take (0 for the reference), `evidence` is what it rests on, `estimate`
    says in a sentence how the error was estimated.
    """

    take_id: str
    clock: ClockMap
    error_s: float
    evidence: tuple[Evidence, ...]
    estimate: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Every take on one call clock: the clock of the first take given, from its start."""

    takes: tuple[TakeClock, ...]
    holes: tuple[Hole, ...]

    @property
    def error_s(self) -> float:
        """The largest stated error of any take, in seconds."""
        return max((take.error_s for take in self.takes), default=0.0)

    def take(self, take_id: str) -> TakeClock:
        """Return the clock of a take. Raises KeyError where it is unknown."""
        for take in self.takes:
            if take.take_id == take_id:
                return take
        raise KeyError(take_id)

    def between(self, first_id: str, second_id: str) -> ClockMap:
        """Return the map from the first take's clock to the second's."""
        return self.take(second_id).clock.inverse().after(self.take(first_id).clock)


def alignment_document(alignment: Alignment) -> dict[str, Any]:
    """Return `alignment.json` as a JSON value; with two takes it also holds `map`."""
    document: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "takes": [
            {
                "take": take.take_id,
                "knots": [[x, y] for x, y in take.clock.knots],
                "error_s": take.error_s,
                "evidence": list(take.evidence),
                "estimate": take.estimate,
            }
            for take in alignment.takes
        ],
        "holes": [
            {"take": hole.take_id, "at_s": hole.at_s, "duration_s": hole.duration_s}
            for hole in alignment.holes
        ],
        "error_s": alignment.error_s,
    }
    if len(alignment.takes) == 2:
        first, second = alignment.takes
        knots = alignment.between(first.take_id, second.take_id).knots
        document["map"] = [[x, y] for x, y in knots]
    return document


def read_alignment(path: Path) -> Alignment:
    """Read `alignment.json`. Raises BadInputError or NewerSchemaError."""
    top = documents.read_document(path, SCHEMA, major=SCHEMA_MAJOR)
    return Alignment(
        takes=tuple(_take_clock(fields) for fields in top.each("takes")),
        holes=tuple(
            Hole(fields.text("take"), fields.number("at_s"), fields.number("duration_s"))
            for fields in top.each("holes", [])
        ),
    )


def _take_clock(fields: Fields) -> TakeClock:
    words = fields.texts("evidence", ())
    try:
        clock = ClockMap(fields.pairs("knots"))
    except ValueError as error:
        raise fields.refuse("knots", str(error)) from error
    return TakeClock(
        take_id=fields.text("take"),
        clock=clock,
        error_s=fields.number("error_s", at_least=0),
        evidence=tuple(known for known in EVIDENCE if known in words),
        estimate=fields.text("estimate", ""),
    )
