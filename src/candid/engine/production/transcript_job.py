"""Transcription by itself: one take folder or media file in, transcript.json out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.production.outputs import refuse_overwriting
from candid.engine.production.privacy import private_time
from candid.engine.production.takes import assemble_takes
from candid.engine.production.transcribing import (
    Listening,
    carried_corrections,
    read_words,
    transcribe_takes,
    with_words,
)
from candid.engine.production.workspace import WORK_FOLDER, Workspace
from candid.engine.progress import Progress, silent
from candid.engine.recording.source import open_sources
from candid.engine.timebase import ClockMap
from candid.engine.transcript.models import ModelSource
from candid.engine.transcript.store import write_transcript
from candid.engine.transcript.words import Transcript


@dataclass(frozen=True, slots=True)
class TranscriptRequest:
    """What to write down, and where; `words_file` is laid over it as corrections."""

    take: Path
    output: Path
    language: str | None = None
    words_file: Path | None = None


def transcribe_file(
    request: TranscriptRequest,
    find_model: Callable[[], ModelSource],
    progress: Progress = silent,
) -> Transcript:
    """Write the transcript of one take; its call clock is the take's own clock.

    Raises CandidError with one clear line.
    """
    refuse_overwriting([request.output], [request.take])
    if request.words_file is not None:
        read_words(request.words_file)
    workspace = Workspace(request.output.parent / WORK_FOLDER)
    takes = assemble_takes(open_sources([request.take]), workspace, progress)
    alone = TakeClock(takes[0].take_id, ClockMap.identity(), 0.0, ("alone",), "one take by itself")
    alignment = Alignment((alone,), ())
    listening = Listening(find_model, request.language)
    heard = transcribe_takes(takes, alignment, listening, workspace, progress)
    transcript = carried_corrections(heard, request.output, takes, alignment)
    if request.words_file is not None:
        transcript = with_words(transcript, request.words_file, {})
    write_transcript(request.output, transcript)
    workspace.prune(keep_unused=not private_time(takes, alignment))
    return transcript
