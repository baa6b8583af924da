"""Words of one microphone, chunk by chunk, each kept as soon as it is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from candid.engine.production.workspace import Step, Workspace
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import Interval
from candid.engine.transcript.transcription import (
    Chunk,
    Recogniser,
    Speaker,
    TranscriptionOptions,
    transcribe,
)
from candid.engine.transcript.words import Word

WORDS_STEP = "words"
"""The step's name, and its folder's."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is heard, by which model. `recogniser` loads the model when it is first needed.

    `foreign` (`track_s`) is where the microphone carries other people's voices.
    """

    sound: SoundTrack
    sound_key: str
    foreign: tuple[Interval, ...]
    speaker: Speaker
    model_key: str
    language: str | None
    recogniser: Callable[[], Recogniser]


def heard_chunks(hearing: Hearing, workspace: Workspace) -> Iterator[Chunk]:
    """Yield the chunks of a microphone in order, from an earlier run or heard now."""
    start_s, language = 0.0, hearing.language
    while start_s < hearing.sound.duration_s:
        chunk = _chunk(hearing, workspace, start_s, language)
        yield chunk
        start_s, language = chunk.interval.end_s, chunk.language


def _chunk(hearing: Hearing, workspace: Workspace, start_s: float, language: str | None) -> Chunk:
    def make(_: Path) -> dict[str, Any]:
        chunks = transcribe(
            hearing.sound,
            hearing.recogniser(),
            hearing.speaker,
            TranscriptionOptions(language=language),
            foreign=hearing.foreign,
            start_s=start_s,
        )
        return _document(next(chunks))

    inputs = {
        "sound": hearing.sound_key,
        "foreign": [[each.start_s, each.end_s] for each in hearing.foreign],
        "take": hearing.speaker.take_id,
        "model": hearing.model_key,
        "start_s": start_s,
        "language": language,
    }
    step = Step(WORDS_STEP, inputs, ("recording", "transcript", "production/chunks"))
    stored = workspace.finished(step, make).document
    words = tuple(_word(word, hearing.speaker) for word in stored["words"])
    return Chunk(Interval(*stored["interval"]), words, stored["language"])


def _document(chunk: Chunk) -> dict[str, Any]:
    return {
        "interval": [chunk.interval.start_s, chunk.interval.end_s],
        "language": chunk.language,
        "words": [
            {
                "id": word.word_id,
                "text": word.text,
                "interval": [word.interval.start_s, word.interval.end_s],
                "probability": word.probability,
                "flags": list(word.flags),
            }
            for word in chunk.words
        ],
    }


def _word(stored: dict[str, Any], speaker: Speaker) -> Word:
    return Word(
        word_id=stored["id"],
        participant_id=speaker.participant_id,
        take_id=speaker.take_id,
        text=stored["text"],
        interval=Interval(*stored["interval"]),
        probability=stored["probability"],
        flags=tuple(stored["flags"]),
    )
