"""The takes of a job, opened and assembled: what every later step works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from candid.engine.alignment.result import Alignment
from candid.engine.errors import MissingTrackError
from candid.engine.files import json_sha256
from candid.engine.production.sounds import assembled_sound
from candid.engine.production.workspace import Workspace
from candid.engine.progress import Progress
from candid.engine.recording.source import Source
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import Interval

MICROPHONE_RATE_HZ = 48_000
HEARD_RATE_HZ = 16_000
"""The guide serves alignment alone, which listens below 2 kHz."""


@dataclass(frozen=True, slots=True)
class StudioTake:
    """A take with its sound assembled; the camera is opened where it is needed.

    `content_key` changes with every file of the take, also when one arrives late. `notes`
    say which track the manifest lists and nothing is left of.
    """

    source: Source
    content_key: str
    microphone: SoundTrack
    heard: SoundTrack | None
    notes: tuple[str, ...] = ()

    @property
    def take_id(self) -> str:
        """The take's id."""
        return self.source.take.take_id

    @property
    def participant_id(self) -> str:
        """Whose take it is."""
        return self.source.take.participant_id

    @property
    def duration_s(self) -> float:
        """Length of the microphone track on the take's clock, from take time 0."""
        return self.microphone.clock(self.microphone.duration_s)


def assemble_takes(
    sources: Sequence[Source], workspace: Workspace, progress: Progress
) -> tuple[StudioTake, ...]:
    """Assemble microphone and guide of every source, or find them from an earlier run.

    Raises MissingTrackError for a take without sound: nobody could be heard in it.
    """
    takes: list[StudioTake] = []
    for at, source in enumerate(sources):
        progress("reading the recordings", at, len(sources))
        takes.append(_assemble(source, workspace))
    progress("reading the recordings", len(sources), len(sources))
    return tuple(takes)


def content_key(source: Source) -> str:
    """Return a hash of what is there of a take now: a late fragment makes it another."""
    if not source.is_folder:
        return source.sha256
    files = sorted(path for path in source.path.rglob("*") if path.is_file())
    there = [(path.relative_to(source.path).as_posix(), path.stat()) for path in files]
    return json_sha256([source.sha256, [[n, s.st_size, s.st_mtime_ns] for n, s in there]])


def _assemble(source: Source, workspace: Workspace) -> StudioTake:
    if not source.has("microphone"):
        what = "has no sound; a take needs a microphone track to be part of a conversation"
        raise MissingTrackError(source.path, what)
    key = content_key(source)
    microphone = assembled_sound(source, key, "microphone", MICROPHONE_RATE_HZ, workspace)
    if not source.has("heard"):
        return StudioTake(source, key, microphone, None)
    try:
        heard = assembled_sound(source, key, "heard", HEARD_RATE_HZ, workspace)
    except MissingTrackError as error:
        return StudioTake(source, key, microphone, None, (f"without its guide track: {error}",))
    return StudioTake(source, key, microphone, heard)


def call_span(takes: Sequence[StudioTake], alignment: Alignment) -> Interval:
    """Return the stretch of the call clock from the first take's start to the last one's end."""
    clocks = {take.take_id: alignment.take(take.take_id).clock for take in takes}
    starts = [clocks[take.take_id](take.microphone.clock(0.0)) for take in takes]
    ends = [clocks[take.take_id](take.duration_s) for take in takes]
    return Interval(min(starts), max(ends))
