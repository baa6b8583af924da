"""Alignment of takes: from a film job's assembled sound, or from files, by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from candid.engine.alignment.align import align_takes
from candid.engine.alignment.evidence import TakeEvidence
from candid.engine.alignment.result import Alignment
from candid.engine.alignment.sound import SoundPrint, prepare_sound
from candid.engine.errors import MissingTrackError
from candid.engine.production.options import resolved_offsets
from candid.engine.production.takes import HEARD_RATE_HZ, StudioTake
from candid.engine.progress import Progress, silent
from candid.engine.recording.grouping import group_takes
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import Source, open_source, open_sources
from candid.engine.recording.take import TrackKind
from candid.engine.recording.track import SoundTrack

_STEP = "putting the recordings on one clock"


@dataclass(frozen=True, slots=True)
class AlignRequest:
    """What to align; `heard` are guide files of the first two, for plain files.

    `offsets` are (take id, seconds) pairs given by hand.
    """

    takes: tuple[Path, ...]
    heard: tuple[Path | None, ...] = ()
    offsets: tuple[tuple[str, float], ...] = ()


def align_files(request: AlignRequest, work: Path, progress: Progress = silent) -> Alignment:
    """Align takes by their paths; `work` is a folder for decoded sound, empty again at the end.

    Raises BadInputError, MissingTrackError, UnalignableError and OutputError.
    """
    sources = open_sources(request.takes)
    group_takes(sources)
    evidence: list[TakeEvidence] = []
    for at, source in enumerate(sources):
        progress(_STEP, at, len(sources) + 1)
        guide = request.heard[at] if at < len(request.heard) else None
        evidence.append(_evidence(source, open_source(guide) if guide else None, work))
    progress(_STEP, len(sources), len(sources) + 1)
    offsets_s = dict(resolved_offsets(request.offsets, sources))
    alignment = align_takes(evidence, offsets_s=offsets_s)
    progress(_STEP, len(sources) + 1, len(sources) + 1)
    return alignment


def _evidence(source: Source, guide: Source | None, work: Path) -> TakeEvidence:
    if not source.has("microphone"):
        raise MissingTrackError(source.path, "has no sound; there is nothing to align it by")
    microphone, sound = _track_and_print(source, "microphone", work)
    evidence = _evidence_of(source, microphone, sound)
    if guide is not None:
        return replace(evidence, heard=_track_and_print(guide, "microphone", work)[1])
    # A guide that was struck whole is listed still: beacons and the microphones do without it.
    with contextlib.suppress(MissingTrackError):
        if source.has("heard"):
            return replace(evidence, heard=_track_and_print(source, "heard", work)[1])
    return evidence


def align_recordings(
    takes: Sequence[StudioTake], offsets: tuple[tuple[str, float], ...], progress: Progress
) -> Alignment:
    """Return the alignment of assembled takes. `offsets` are (take id, seconds) given by hand.

    Raises UnalignableError with what was tried, BadInputError for an offset of no take.
    """
    evidence: list[TakeEvidence] = []
    for at, take in enumerate(takes):
        progress(_STEP, at, len(takes) + 1)
        found = _evidence_of(take.source, take.microphone, _sound_print(take.microphone))
        evidence.append(replace(found, heard=_sound_print(take.heard) if take.heard else None))
    progress(_STEP, len(takes), len(takes) + 1)
    alignment = align_takes(evidence, offsets_s=dict(offsets))
    progress(_STEP, len(takes) + 1, len(takes) + 1)
    return alignment


def _evidence_of(source: Source, microphone: SoundTrack, sound: SoundPrint) -> TakeEvidence:
    """Return what alignment needs to know of a take, without its guide."""
    take = source.take
    return TakeEvidence(
        take_id=take.take_id,
        participant_id=take.participant_id,
        clock_id=take.clock_id,
        duration_s=microphone.clock(microphone.duration_s),
        microphone=sound,
        beacons=take.beacons,
        holes=tuple(gap.interval for gap in microphone.gaps if gap.reason == "stalled"),
        started_us=take.started_us,
    )


def _sound_print(track: SoundTrack) -> SoundPrint:
    """Return the print of an assembled track, read block by block."""
    return prepare_sound(track.blocks(), track.rate_hz, track.clock)


def _track_and_print(source: Source, kind: TrackKind, work: Path) -> tuple[SoundTrack, SoundPrint]:
    """Decode a track at the rate that alignment needs; its samples are gone again afterwards."""
    path = work / "track.pcm"
    track = assemble_sound(source, kind, path, rate_hz=HEARD_RATE_HZ)
    try:
        return track, _sound_print(track)
    finally:
        path.unlink()
