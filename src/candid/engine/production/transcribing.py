"""From aligned takes to one transcript on the call clock."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from candid.engine.alignment.result import Alignment
from candid.engine.errors import BadInputError
from candid.engine.production.chunks import Hearing, heard_chunks
from candid.engine.production.takes import StudioTake, call_span
from candid.engine.production.workspace import Workspace
from candid.engine.progress import Progress
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.activity import Envelope, envelope_on, measure_sound
from candid.engine.transcript.imports import import_corrections
from candid.engine.transcript.models import ModelSource
from candid.engine.transcript.own_voice import foreign_stretches
from candid.engine.transcript.segments import make_transcript, place_words
from candid.engine.transcript.store import read_transcript
from candid.engine.transcript.transcription import Recogniser, Speaker
from candid.engine.transcript.whisper import load_recogniser
from candid.engine.transcript.words import Transcript, Word

_STEP = "writing down what was said"


@dataclass(frozen=True, slots=True)
class Listening:
    """How to listen: `find_model` is asked once, and only if something is not heard yet."""

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

    Where a microphone carries somebody else's voice it is not listened to. Raises
    ModelMissingError where no weights are found.
    """
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
        hearing = _hearing(take, foreign, source, listening.language, recogniser)
        heard: list[Word] = []
        for chunk in heard_chunks(hearing, workspace):
            heard += chunk.words
            languages += [chunk.language] if chunk.language else []
            progress(_STEP, done_s + chunk.interval.end_s, total_s)
        words += place_words(heard, clocks[take.take_id])
        done_s += take.microphone.duration_s
    language = max(sorted(set(languages)), key=languages.count, default=listening.language or "en")
    return make_transcript(words, language=language, model=source.name)


def carry_corrections(heard: Transcript, path: Path) -> Transcript:
    """Lay the corrections of an earlier transcript at `path` over what was heard now.

    Those over words that are not there any more are named in `left_out`.
    """
    if not path.exists():
        return heard
    known = {word.word_id for word in heard.words}
    old = read_transcript(path).corrections
    kept = tuple(each for each in old if known.issuperset(each.word_ids))
    lost = tuple(
        f"the correction {each.text!r} lay over words that were not heard again"
        for each in old
        if each not in kept
    )
    return replace(heard, corrections=kept, left_out=(*heard.left_out, *lost))


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


def _hearing(
    take: StudioTake,
    foreign: tuple[Interval, ...],
    source: ModelSource,
    language: str | None,
    recogniser: Callable[[], Recogniser],
) -> Hearing:
    return Hearing(
        sound=take.microphone,
        sound_key=take.source.sha256,
        foreign=foreign,
        speaker=Speaker(take.participant_id, take.take_id),
        model_key=source.sha256 or str([path.stat().st_mtime_ns for path in source.weights]),
        language=language,
        recogniser=recogniser,
    )


def with_words(transcript: Transcript, path: Path, names: Mapping[str, str]) -> Transcript:
    """Lay an SRT, VTT or plain text file over the words as corrections.

    `names` maps participant ids to names as the file may have them. Raises BadInputError
    naming the line that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInputError(path, "is not there") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(path, f"cannot be read as UTF-8 text ({error})") from error
    imported = import_corrections(transcript, text, names, where=path.name)
    left_out = (*transcript.left_out, *imported.left_out)
    return replace(transcript, corrections=imported.corrections, left_out=left_out)
