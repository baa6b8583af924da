"""The decision list: which stretches of the call make the film, as values. See docs/cut.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from candid.engine.timebase import Interval

LayoutName = str
CardName = Literal["title", "end"]


@dataclass(frozen=True, slots=True)
class CutTake:
    """One take that the film may use, and where its media lie.

    `source` is a path relative to the folder of `cut.json`, or absolute. `sha256` is
    the manifest's for a take folder and the file's for a media file.
    """

    take_id: str
    participant_id: str
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CutParticipant:
    """A person in the film and the name on the lower third (None: no lower third)."""

    participant_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class LayoutLimits:
    """The name of a layout and how many people it can show (both bounds inclusive)."""

    name: LayoutName
    min_people: int
    max_people: int


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of the call clock shown in one layout.

    `people` are the participants shown, in the layout's order. Two shots whose
    intervals touch are continuous sound; anything else is a cut in the sound.
    """

    shot_id: str
    interval: Interval
    layout: LayoutName
    people: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The whole film as decisions: cards, shots in order, people, takes.

    `alignment` and `transcript` name the files of those rooms, relative to `cut.json`.
    `left_out` says which stretches of the call are not in the film, and why.
    """

    title: str | None
    signpost: str
    target_s: float | None
    takes: tuple[CutTake, ...]
    participants: tuple[CutParticipant, ...]
    shots: tuple[Shot, ...]
    left_out: tuple[tuple[Interval, str], ...]
    alignment: str = "alignment.json"
    transcript: str = "transcript.json"

    @property
    def duration_s(self) -> float:
        """Length of all shots together, without the cards, in seconds."""
        return sum(shot.interval.duration_s for shot in self.shots)
