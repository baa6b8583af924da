"""Which takes belong to whom: several takes of one participant, and one call a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from candid.engine.errors import BadInputError
from candid.engine.recording.source import FILE_CALL_ID, Source

MOST_PARTICIPANTS = 4


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in the call and all takes of that person (at least one), as they were given.

    `name` is what the first take with a name says, None where none does.
    """

    participant_id: str
    name: str | None
    sources: tuple[Source, ...]


def group_takes(sources: Sequence[Source]) -> tuple[Participant, ...]:
    """Return the participants in order of their first take, each with all of their takes.

    A media file is a participant of its own and fits any call. Takes of one participant on
    one clock stand in order of their start. Raises BadInputError where a take is
    given twice, two takes share an id, takes come from different calls, or there are
    more than four participants.
    """
    _refuse_doubles(sources)
    _refuse_other_calls(sources)
    by_id: dict[str, list[Source]] = {}
    for source in sources:
        by_id.setdefault(source.take.participant_id, []).append(source)
    if len(by_id) > MOST_PARTICIPANTS:
        fifth = list(by_id.values())[MOST_PARTICIPANTS][0]
        what = f"is participant {MOST_PARTICIPANTS + 1}; a film holds {MOST_PARTICIPANTS} at most"
        raise BadInputError(fifth.path, what)
    return tuple(_participant(key, takes) for key, takes in by_id.items())


def _participant(participant_id: str, sources: list[Source]) -> Participant:
    name = next((source.take.name for source in sources if source.take.name), None)
    if len({source.take.clock_id for source in sources}) == 1:
        sources = sorted(sources, key=lambda source: source.take.started_us)
    return Participant(participant_id, name, tuple(sources))


def _refuse_doubles(sources: Sequence[Source]) -> None:
    by_hash: dict[str, Source] = {}
    by_id: dict[str, Source] = {}
    for source in sources:
        twin = by_hash.setdefault(source.sha256, source)
        if twin is not source:
            raise BadInputError(source.path, f"is the same take as {twin.path}; give each once")
        other = by_id.setdefault(source.take.take_id, source)
        if other is not source:
            what = f"has the take_id {source.take.take_id!r} of {other.path}; give one of them"
            raise BadInputError(source.path, what)


def _refuse_other_calls(sources: Sequence[Source]) -> None:
    calls = [source for source in sources if source.take.call_id != FILE_CALL_ID]
    for source in calls:
        if source.take.call_id != calls[0].take.call_id:
            what = (
                f"comes from call {source.take.call_id!r}, {calls[0].path} from call "
                f"{calls[0].take.call_id!r}; a film is made from one call"
            )
            raise BadInputError(source.path, what)
