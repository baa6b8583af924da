import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from candid.engine.errors import BadInputError, NewerSchemaError
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.corrections import apply_corrections, with_correction
from candid.engine.transcript.segments import make_segments, make_transcript, place_words
from candid.engine.transcript.store import read_transcript, transcript_document, write_transcript
from candid.engine.transcript.words import Correction, SetAside, Transcript, Word
from tests.engine.transcript.material import ROOT, spoken

SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/schema/transcript-1.json").read_text()))
WORDS = [*spoken("I ate it for tree days. Yes, really.", 1.0), *spoken("As if.", 1.5, "daniel")]
TRANSCRIPT = make_transcript(WORDS, language="en", model="tiny.en", left_out=["nothing much"])
ROSA = [each.word_id for each in WORDS if each.participant_id == "rosa"]


def corrected(*corrections: Correction) -> Transcript:
    return replace(TRANSCRIPT, corrections=corrections)


def read(transcript: Transcript, who: str = "rosa") -> list[Word]:
    return [each for each in apply_corrections(transcript) if each.participant_id == who]


def test_a_transcript_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    flagged = replace(WORDS[0], flags=("over_silence", "unsure"), probability=0.125)
    whole = make_transcript([flagged, *WORDS[1:]], language="en", model="base", left_out=["a", "b"])
    aside = SetAside("rosa", Interval(70.5, 71.25), "as it was")
    whole = replace(whole, corrections=(Correction((ROSA[4],), "three"),))
    whole = replace(whole, set_aside=(aside,), is_read=True)
    write_transcript(tmp_path / "transcript.json", whole)
    assert read_transcript(tmp_path / "transcript.json") == whole


def test_a_correction_alone_does_not_say_that_a_person_read_it(tmp_path: Path) -> None:
    write_transcript(tmp_path / "transcript.json", corrected(Correction((ROSA[4],), "three")))
    assert not read_transcript(tmp_path / "transcript.json").is_read


def test_the_file_obeys_its_json_schema() -> None:
    aside = SetAside("rosa", Interval(70.5, 71.25), "as it was")
    whole = replace(corrected(Correction((ROSA[4],), "three")), set_aside=(aside,))
    document = transcript_document(whole)
    SCHEMA.validate(json.loads(json.dumps(document)))
    del document["set_aside"][0]["participant"]
    assert not SCHEMA.is_valid(document)
    document = transcript_document(whole)
    SCHEMA.validate(json.loads(json.dumps(document)))
    del document["segments"][0]["words"][0]["start_s"]
    assert not SCHEMA.is_valid(document)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (
            lambda d: d["segments"][0]["words"][0].update(end_s=-1),
            r"segments\[0\]\.words\[0\]\.end_s",
        ),
        (
            lambda d: d["segments"][0]["words"][0].update(text="two words"),
            "one word without spaces",
        ),
        (lambda d: d["segments"][0].update(words=[]), "at least one word"),
        (lambda d: d["segments"].append(d["segments"][0]), "one word id twice"),
        (
            lambda d: d["corrections"].append({"words": ["nobody"], "text": ""}),
            r"corrections\[0\].*'nobody'",
        ),
        (
            lambda d: d["set_aside"].append(
                {"participant": "rosa", "start_s": 2.0, "end_s": 1.0, "text": ""}
            ),
            r"set_aside\[0\]\.end_s",
        ),
        (lambda d: d.update(segments=None), r"segments.*is missing"),
    ],
)
def test_a_malformed_file_is_refused_by_its_field(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], field: str
) -> None:
    document = transcript_document(TRANSCRIPT)
    change(document)
    (tmp_path / "t.json").write_text(json.dumps(document))
    with pytest.raises(BadInputError, match=field):
        read_transcript(tmp_path / "t.json")


def test_a_newer_major_version_is_refused_and_unknown_fields_are_not(tmp_path: Path) -> None:
    document = transcript_document(TRANSCRIPT) | {"schema": "candid.transcript/1.7", "new": 1}
    (tmp_path / "t.json").write_text(json.dumps(document))
    assert read_transcript(tmp_path / "t.json") == TRANSCRIPT
    (tmp_path / "t.json").write_text(json.dumps(document | {"schema": "candid.transcript/2.0"}))
    with pytest.raises(NewerSchemaError):
        read_transcript(tmp_path / "t.json")


def test_words_become_sentences_and_breaths_of_one_take_each() -> None:
    words = [*spoken("One two. Three four"), *spoken("five", 5.0), *spoken("Mm.", 0.2, "daniel")]
    assert [(s.participant_id, s.text) for s in make_segments(words)] == [
        ("rosa", "One two."),
        ("daniel", "Mm."),
        ("rosa", "Three four"),
        ("rosa", "five"),
    ]


def test_words_move_to_the_call_clock_and_keep_their_ids() -> None:
    placed = place_words(WORDS, ClockMap(((0.0, 10.0), (100.0, 110.01))))
    assert [each.word_id for each in placed] == [each.word_id for each in WORDS]
    assert placed[0].interval.start_s == 11.0001


def test_a_correction_is_read_in_place_and_nothing_beneath_changes() -> None:
    transcript = corrected(Correction((ROSA[4],), "three"))
    found = read(transcript)
    assert " ".join(each.text for each in found) == "I ate it for three days. Yes, really."
    assert [each.word_id for each in found] == ROSA
    assert [each.interval for each in found] == [each.interval for each in WORDS[:8]]
    assert "tree" in [each.text for each in transcript.words]


def test_more_words_than_were_heard_share_the_time_of_those_beneath() -> None:
    found = read(corrected(Correction(tuple(ROSA[2:5]), "it, slowly, for three long")))
    assert [each.text for each in found][2:7] == ["it,", "slowly,", "for", "three", "long"]
    assert found[2].interval.start_s == WORDS[2].interval.start_s
    assert found[4].interval == WORDS[3].interval
    assert found[6].interval.end_s == pytest.approx(WORDS[4].interval.end_s)
    assert len({each.word_id for each in found}) == len(found)


def test_an_empty_correction_strikes_words() -> None:
    assert "Yes," not in [each.text for each in read(corrected(Correction((ROSA[6],), "")))]


@pytest.mark.parametrize(
    ("correction", "why"),
    [
        (Correction((), "x"), "covers no word"),
        (Correction(("gone",), "x"), "not there"),
        (Correction((ROSA[0], ROSA[2]), "x"), "do not follow"),
        (Correction((ROSA[1], ROSA[0]), "x"), "do not follow"),
        (Correction((ROSA[4], WORDS[-1].word_id), "x"), "do not follow"),
    ],
)
def test_a_correction_that_fits_no_words_is_refused(correction: Correction, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        with_correction(TRANSCRIPT, correction)


def test_a_new_correction_takes_the_place_of_those_it_covers_and_tears_none() -> None:
    first = with_correction(TRANSCRIPT, Correction(tuple(ROSA[1:3]), "had it"))
    wider = with_correction(first, Correction(tuple(ROSA[:4]), "We had it for"))
    assert wider.corrections == (Correction(tuple(ROSA[:4]), "We had it for"),)
    with pytest.raises(ValueError, match="another one covers"):
        with_correction(first, Correction(tuple(ROSA[2:4]), "it all"))


@settings(max_examples=100, deadline=None)
@given(
    first=st.integers(0, 7),
    count=st.integers(1, 8),
    text=st.lists(
        st.sampled_from(["I", "ate", "it", "tree", "days", "a", "wonderful", "—"]), max_size=12
    ),
)
def test_every_corrected_token_is_read_once_in_order_within_the_time_beneath(
    first: int, count: int, text: list[str]
) -> None:
    ids = tuple(ROSA[first : first + count])
    beneath = [each for each in WORDS if each.word_id in ids]
    found = read(corrected(Correction(ids, " ".join(text))))
    inner = found[first : first + len(text)]
    assert [each.text for each in inner] == text
    assert len({each.word_id for each in found}) == len(found)
    assert all(beneath[0].interval.start_s - 1e-9 <= each.interval.start_s for each in inner)
    assert all(each.interval.end_s <= beneath[-1].interval.end_s + 1e-9 for each in inner)
    spans = [each.interval for each in found]
    assert all(one.end_s <= two.start_s + 1e-9 for one, two in itertools.pairwise(spans))
