"""From a transcript to the decision list: a proposal, or the one that a person edited."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import Alignment
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, LayoutLimits
from candid.engine.cut.direction import Stage
from candid.engine.cut.otio import read_otio, write_otio
from candid.engine.cut.proposal import Conversation, propose_cut
from candid.engine.cut.store import CutLimits, cut_document
from candid.engine.errors import BadInputError
from candid.engine.files import json_sha256, write_json
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.layouts import LAYOUTS
from candid.engine.production.options import DEFAULT_SIGNPOST, FilmLook
from candid.engine.production.originals import originals_of
from candid.engine.production.privacy import PrivateTime, private_time
from candid.engine.production.takes import StudioTake, call_span
from candid.engine.recording.grouping import Participant
from candid.engine.timebase import Interval
from candid.engine.transcript.corrections import apply_corrections
from candid.engine.transcript.words import Transcript

CUT_NAME = "cut.json"
OTIO_NAME = "cut.otio"
PREVIOUS_CUT = "cut.previous.json"
_PROPOSAL = "proposal_sha256"

OFFERED_LAYOUTS = tuple(
    LayoutLimits(layout.name, layout.min_people, layout.max_people) for layout in LAYOUTS
)


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything known of a conversation once it is aligned and written down."""

    participants: tuple[Participant, ...]
    takes: tuple[StudioTake, ...]
    alignment: Alignment
    transcript: Transcript

    @property
    def span(self) -> Interval:
        """The stretch of the call clock that any take covers."""
        return call_span(self.takes, self.alignment)

    def limits(self) -> CutLimits:
        """Return what any cut of this conversation is checked against."""
        return CutLimits(
            layouts=OFFERED_LAYOUTS,
            take_ids=tuple(take.take_id for take in self.takes),
            call=self.span,
            struck=tuple(each.interval for each in self.private()),
        )

    def private(self) -> tuple[PrivateTime, ...]:
        """Return the stretches of the call that cannot enter anything, and why."""
        return private_time(self.takes, self.alignment)


def propose(studio: Studio, target_s: float, look: FilmLook, folder: Path) -> Cut:
    """Propose a cut whose sources are named relative to `folder`."""
    conversation = Conversation(
        words=apply_corrections(studio.transcript),
        call=studio.span,
        takes=cut_takes(studio, folder),
        participants=cut_participants(studio.participants, look.names),
        forbidden=tuple((each.interval, each.why) for each in studio.private()),
        language=studio.transcript.language,
    )
    signpost = DEFAULT_SIGNPOST if look.signpost is None else look.signpost
    spoken_s = target_s - _cards_s(look.title, signpost)
    if spoken_s <= 0:
        raise BadInputError("--target", f"{target_s:g} s is no longer than the cards of the film")
    is_shorter = studio.span.duration_s <= target_s
    cut = propose_cut(
        conversation,
        target_s=target_s if is_shorter else spoken_s,
        stage=_stage(studio, look),
        title=look.title,
        signpost=signpost,
    )
    return replace(cut, target_s=target_s)


def _cards_s(title: str | None, signpost: str) -> float:
    """Return how long the cards last: the target is the length of the whole film."""
    options = FilmOptions()
    return (options.title_s if title else 0.0) + (options.end_s if signpost else 0.0)


def cut_takes(studio: Studio, folder: Path) -> tuple[CutTake, ...]:
    """Return the takes as a cut names them."""
    return tuple(
        CutTake(
            take_id=take.take_id,
            participant_id=take.participant_id,
            source=os.path.relpath(take.source.path.resolve(), folder.resolve()),
            sha256=take.source.sha256,
        )
        for take in studio.takes
    )


def cut_participants(
    participants: Sequence[Participant], names: Sequence[str]
) -> tuple[CutParticipant, ...]:
    """Return the people of the film; a name given by hand wins over the manifest's."""
    by_hand = [*names, *[""] * len(participants)]
    return tuple(
        CutParticipant(participant.participant_id, by_hand[at] or participant.name)
        for at, participant in enumerate(participants)
    )


def with_look(cut: Cut, look: FilmLook) -> Cut:
    """Return a cut with the words that were given for this film laid over its own."""
    participants = tuple(
        replace(person, name=look.names[at]) if at < len(look.names) else person
        for at, person in enumerate(cut.participants)
    )
    return replace(
        cut,
        title=cut.title if look.title is None else look.title or None,
        signpost=cut.signpost if look.signpost is None else look.signpost,
        participants=participants,
    )


def _stage(studio: Studio, look: FilmLook) -> Stage:
    people = tuple(participant.participant_id for participant in studio.participants)
    pictured = {take.participant_id for take in studio.takes if take.source.has("camera")}
    return Stage(
        people=people,
        layouts=OFFERED_LAYOUTS,
        without_picture=frozenset(people) - pictured,
        is_tall=look.aspects[0] == "9:16",
    )


def was_edited(folder: Path) -> bool:
    """Whether `folder` holds a cut.json that is not a proposal as it was made."""
    path = folder / CUT_NAME
    if not path.exists():
        return False
    document = _stored(path)
    return document is None or document.pop(_PROPOSAL, None) != json_sha256(document)


def _stored(path: Path) -> dict[str, Any] | None:
    """Return the document of a file, or None where it holds none: a person may edit it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def write_decisions(cut: Cut, studio: Studio, folder: Path, *, is_proposal: bool) -> None:
    """Write cut.json and cut.otio; a cut.json that was edited stays as cut.previous.json.

    A proposal carries a hash of itself, so that an edit shows. Raises OutputError.
    """
    path = folder / CUT_NAME
    document = cut_document(cut)
    if is_proposal:
        document[_PROPOSAL] = json_sha256(document)
    if was_edited(folder) and _stored(path) != document:
        path.replace(folder / PREVIOUS_CUT)
    write_json(path, document)
    write_timeline(cut, studio, folder)


def write_timeline(cut: Cut, studio: Studio, folder: Path) -> None:
    """Write cut.otio with the media that it refers to. Raises OutputError."""
    originals = originals_of(studio.takes, studio.alignment, folder)
    write_otio(folder / OTIO_NAME, cut, originals, studio.alignment, FilmOptions().rate)


def read_timeline(path: Path, studio: Studio, folder: Path, base: Cut | None = None) -> Cut:
    """Read an edited .otio back. Raises BadInputError naming track and clip."""
    originals = originals_of(studio.takes, studio.alignment, folder)
    return read_otio(path, originals, studio.alignment, base=base, limits=studio.limits())
