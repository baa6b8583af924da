"""`transcript.json`: the machine's words and the corrections over them. See docs/transcript.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from candid.engine import documents, files
from candid.engine.documents import Fields
from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval
from candid.engine.transcript.corrections import check_corrections
from candid.engine.transcript.words import Correction, Segment, SetAside, Transcript, Word, WordFlag

SCHEMA = "candid.transcript"
SCHEMA_MAJOR = 1
SCHEMA_VERSION = f"{SCHEMA}/{SCHEMA_MAJOR}.0"

_FLAGS: tuple[WordFlag, ...] = get_args(WordFlag)


def transcript_document(transcript: Transcript) -> dict[str, Any]:
    """Return a transcript as the JSON value that `read_transcript` reads."""
    return {
        "schema": SCHEMA_VERSION,
        "language": transcript.language,
        "model": transcript.model,
        "segments": [_segment_document(segment) for segment in transcript.segments],
        "corrections": [
            {"words": list(each.word_ids), "text": each.text} for each in transcript.corrections
        ],
        "set_aside": [_set_aside_document(each) for each in transcript.set_aside],
        "read_by_a_person": transcript.is_read,
        "left_out": list(transcript.left_out),
    }


def write_transcript(path: Path, transcript: Transcript) -> None:
    """Write `transcript.json`, whole or not at all. Raises OutputError."""
    files.write_json(path, transcript_document(transcript))


def read_transcript(path: Path) -> Transcript:
    """Read `transcript.json`. Raises BadInputError with file and field, or NewerSchemaError."""
    top = documents.read_document(path, SCHEMA, major=SCHEMA_MAJOR)
    transcript = Transcript(
        language=top.text("language"),
        model=top.text("model"),
        segments=tuple(_segment(each) for each in top.each("segments")),
        corrections=tuple(
            Correction(each.texts("words"), each.text("text"))
            for each in top.each("corrections", [])
        ),
        left_out=top.texts("left_out", ()),
        set_aside=tuple(_set_aside(each) for each in top.each("set_aside", [])),
        is_read=top.boolean("read_by_a_person", default=False),
    )
    ids = [word.word_id for word in transcript.words]
    if len(set(ids)) != len(ids):
        raise top.refuse("segments", "holds one word id twice")
    try:
        check_corrections(transcript)
    except ValueError as error:
        raise BadInputError(path.name, str(error)) from error
    return transcript


def _segment_document(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.segment_id,
        "participant": segment.participant_id,
        "words": [_word_document(word) for word in segment.words],
    }


def _word_document(word: Word) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": word.word_id,
        "take": word.take_id,
        "text": word.text,
        "start_s": word.interval.start_s,
        "end_s": word.interval.end_s,
        "probability": word.probability,
    }
    if word.flags:
        document["flags"] = list(word.flags)
    return document


def _set_aside_document(aside: SetAside) -> dict[str, Any]:
    return {
        "participant": aside.participant_id,
        "start_s": aside.interval.start_s,
        "end_s": aside.interval.end_s,
        "text": aside.text,
    }


def _set_aside(fields: Fields) -> SetAside:
    start_s = fields.number("start_s")
    interval = Interval(start_s, fields.number("end_s", at_least=start_s))
    return SetAside(fields.text("participant"), interval, fields.text("text"))


def _segment(fields: Fields) -> Segment:
    who = fields.text("participant")
    words = tuple(_word(each, who) for each in fields.each("words"))
    if not words:
        raise fields.refuse("words", "is empty; a segment holds at least one word")
    return Segment(fields.text("id"), who, words)


def _word(fields: Fields, participant_id: str) -> Word:
    start_s = fields.number("start_s")
    text = fields.text("text")
    if not text or text.split() != [text]:
        raise fields.refuse("text", "must be one word without spaces")
    flags = fields.texts("flags", ())
    return Word(
        word_id=fields.text("id"),
        participant_id=participant_id,
        take_id=fields.text("take"),
        text=text,
        interval=Interval(start_s, fields.number("end_s", at_least=start_s)),
        probability=fields.number("probability", 1.0, at_least=0.0, at_most=1.0),
        flags=tuple(known for known in _FLAGS if known in flags),
    )
