"""From aligned takes to one transcript on the call clock."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from candid.engine.alignment.result import Alignment
from candid.engine.errors import BadInputError
from candid.engine.production.chunks import Hearing, heard_chunks
from candid.engine.production.privacy import PrivateTime, private_time
from candid.engine.production.takes import StudioTake, call_span
from candid.engine.production.workspace import Workspace
from candid.engine.progress import Progress
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.activity import Envelope, envelope_on, measure_sound
from candid.engine.transcript.corrections import merge_corrections
from candid.engine.transcript.doubles import without_doubles
from candid.engine.transcript.imports import import_corrections
from candid.engine.transcript.models import ModelSource
from candid.engine.transcript.own_voice import foreign_stretches
from candid.engine.transcript.relay import relay_corrections
from candid.engine.transcript.segments import make_transcript, place_words
from candid.engine.transcript.store import read_transcript
from candid.engine.transcript.transcription import Recogniser, Speaker
from candid.engine.transcript.whisper import load_recogniser
from candid.engine.transcript.words import Transcript, Word

_STEP = "writing down what was said"


@dataclass(frozen=True, slots=True)
class Listening:
    """How to listen: `find_model` is asked once; the model is loaded when it is first needed."""

    find_model: Callable[[], ModelSource]
    language: str | None = None


def transcribe_takes(
    takes: Sequence[StudioTake],
    alignment: Alignment,
    listening: Listening,
    workspace: Workspace,
    progress: Progress,
) -> Transcript:
    """Return everything that was said, on the call clock, machine words only.

    Where a microphone carries somebody else's voice, and in private time, it is not
    listened to. Raises ModelMissingError where no weights are found.
    """
    private = private_time(takes, alignment)
    source = listening.find_model()
    recogniser = functools.cache(lambda: load_recogniser(source))
    clocks = {take.take_id: _track_clock(take, alignment) for take in takes}
    envelopes = {take.take_id: measure_sound(take.microphone) for take in takes}
    total_s = sum(take.microphone.duration_s for take in takes)
    done_s = 0.0
    words: list[Word] = []
    languages: list[str] = []
    progress(_STEP, 0, total_s)
    for take in takes:
        foreign = _foreign(take, takes, clocks, envelopes, call_span(takes, alignment))
        foreign += _private(private, clocks[take.take_id])
        hearing = _hearing(take, foreign, source, listening.language, recogniser)
        heard: list[Word] = []
        for chunk in heard_chunks(hearing, workspace):
            heard += chunk.words
            languages += [chunk.language] if chunk.language else []
            progress(_STEP, done_s + chunk.interval.end_s, total_s)
        words += place_words(heard, clocks[take.take_id])
        done_s += take.microphone.duration_s
    language = max(sorted(set(languages)), key=languages.count, default=listening.language or "en")
    words = list(without_doubles(words))
    return make_transcript(words, language=language, model=source.name)


def carried_corrections(
    heard: Transcript, path: Path, takes: Sequence[StudioTake], alignment: Alignment
) -> Transcript:
    """Lay the corrections of an earlier transcript at `path` over what was heard now.

    Those over private time are dropped; of the others none is lost. Raises BadInputError
    where that file cannot be read.
    """
    if not path.exists():
        return heard
    private = [each.interval for each in private_time(takes, alignment)]
    return relay_corrections(read_transcript(path), heard, forbidden=private)


def _track_clock(take: StudioTake, alignment: Alignment) -> ClockMap:
    """Return the map from the microphone's `track_s` to `call_s`."""
    return alignment.take(take.take_id).clock.after(take.microphone.clock)


def _foreign(
    take: StudioTake,
    takes: Sequence[StudioTake],
    clocks: dict[str, ClockMap],
    envelopes: dict[str, Envelope],
    span: Interval,
) -> tuple[Interval, ...]:
    """Return where a microphone carries other people, in its own `track_s`."""
    others = [other for other in takes if other.participant_id != take.participant_id]
    on_call = [envelope_on(envelopes[t.take_id], clocks[t.take_id], span) for t in (take, *others)]
    back = clocks[take.take_id].inverse()
    found = foreign_stretches(on_call[0], on_call[1:])
    return tuple(Interval(back(each.start_s), back(each.end_s)) for each in found)


def _private(private: Sequence[PrivateTime], clock: ClockMap) -> tuple[Interval, ...]:
    """Return private time in a microphone's own `track_s`."""
    back = clock.inverse()
    return tuple(
        Interval(back(each.interval.start_s), back(each.interval.end_s)) for each in private
    )


def _hearing(
    take: StudioTake,
    foreign: tuple[Interval, ...],
    source: ModelSource,
    language: str | None,
    recogniser: Callable[[], Recogniser],
) -> Hearing:
    return Hearing(
        sound=take.microphone,
        sound_key=take.content_key,
        foreign=foreign,
        speaker=Speaker(take.participant_id, take.take_id),
        model_key=source.sha256 or str([path.stat().st_mtime_ns for path in source.weights]),
        language=language,
        recogniser=recogniser,
    )


def read_words(path: Path) -> str:
    """Return the text of a caption or text file. Raises BadInputError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInputError(path, "is not there") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(path, f"cannot be read as UTF-8 text ({error})") from error


def with_words(transcript: Transcript, path: Path, names: Mapping[str, str]) -> Transcript:
    """Lay an SRT, VTT or plain text file under the corrections that are there already.

    `names` maps participant ids to names as the file may have them. Raises BadInputError
    naming the line that cannot be read.
    """
    imported = import_corrections(transcript, read_words(path), names, where=path.name)
    merged = merge_corrections(transcript, imported.corrections)
    return replace(merged, left_out=(*merged.left_out, *imported.left_out))
