from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.timebase import Interval
from candid.engine.transcript.corrections import (
    apply_corrections,
    check_corrections,
    merge_corrections,
)
from candid.engine.transcript.relay import relay_corrections
from candid.engine.transcript.segments import make_transcript
from candid.engine.transcript.store import read_transcript, write_transcript
from candid.engine.transcript.words import Correction, SetAside, Transcript, Word
from tests.engine.transcript.material import spoken, word

WORDS = [*spoken("I ate it for tree days. Yes, really.", 1.0), *spoken("As if.", 1.5, "daniel")]
ROSA = [each.word_id for each in WORDS if each.participant_id == "rosa"]
TREE = Correction((ROSA[4],), "three")
YES = Correction(tuple(ROSA[6:8]), "Yes.")


def heard(words: list[Word], *corrections: Correction) -> Transcript:
    return replace(make_transcript(words, language="en", model="tiny.en"), corrections=corrections)


def renamed(words: list[Word], mark: str = "x") -> list[Word]:
    return [replace(each, word_id=f"{each.word_id}{mark}") for each in words]


def text_of(transcript: Transcript, who: str = "rosa") -> str:
    return " ".join(
        each.text for each in apply_corrections(transcript) if each.participant_id == who
    )


def test_corrections_stay_on_words_that_are_there() -> None:
    found = relay_corrections(heard(WORDS, TREE, YES), heard(WORDS))
    assert found == heard(WORDS, TREE, YES)


def test_corrections_find_the_same_moment_under_other_ids() -> None:
    found = relay_corrections(heard(WORDS, TREE, YES), heard(renamed(WORDS)))
    assert text_of(found) == "I ate it for three days. Yes."
    assert text_of(found, "daniel") == "As if."
    assert (found.set_aside, found.left_out) == ((), ())


def test_a_word_that_was_heard_between_is_corrected_along() -> None:
    middle_s = WORDS[6].interval.end_s
    extra = word("uh,", middle_s - 0.01, middle_s + 0.01)
    found = relay_corrections(heard(WORDS, YES), heard([*WORDS, extra]))
    assert text_of(found) == "I ate it for tree days. Yes."


def test_a_correction_without_words_waits_and_comes_back(tmp_path: Path) -> None:
    waiting = relay_corrections(heard(WORDS, TREE), heard(WORDS[:4]))
    assert waiting.set_aside == (SetAside("rosa", WORDS[4].interval, "three"),)
    assert len(waiting.left_out) == 1
    assert "three" not in waiting.left_out[0]
    assert f"{WORDS[4].interval.start_s:.1f}" in waiting.left_out[0]
    write_transcript(tmp_path / "t.json", waiting)
    longer = relay_corrections(read_transcript(tmp_path / "t.json"), heard(WORDS[:2]))
    assert longer.set_aside == waiting.set_aside
    back = relay_corrections(longer, heard(renamed(WORDS)))
    assert text_of(back) == "I ate it for three days. Yes, really."
    assert (back.set_aside, back.left_out) == ((), ())


def test_of_two_corrections_over_one_new_word_the_second_waits() -> None:
    days = Correction((ROSA[5],), "days,")
    joined = word("treedays.", WORDS[4].interval.start_s, WORDS[4].interval.end_s + 0.01)
    rest = [each for each in renamed(WORDS) if each.interval not in {WORDS[4].interval}]
    new = heard([*(w for w in rest if w.text != "days."), replace(joined, word_id="joined")])
    old = heard(WORDS, Correction((ROSA[4],), "three"), days, Correction((ROSA[3],), "about"))
    wide = replace(old, set_aside=(SetAside("rosa", joined.interval, "treed"),))
    found = relay_corrections(wide, new)
    assert text_of(found) == "I ate it about three Yes, really."
    assert {each.text for each in found.set_aside} == {"days,", "treed"}


@pytest.mark.parametrize("words", [WORDS, renamed(WORDS), WORDS[:2]])
def test_what_overlaps_struck_time_is_dropped_with_its_text(words: list[Word]) -> None:
    start_s = WORDS[4].interval.start_s
    old = heard(WORDS, TREE)
    old = replace(old, set_aside=(SetAside("rosa", Interval(start_s - 3, start_s + 3), "three"),))
    struck = Interval(start_s - 0.1, start_s + 0.05)
    found = relay_corrections(old, heard(words), (struck,))
    assert (found.corrections, found.set_aside) == ((), ())
    assert found.left_out == ("corrections dropped because they lie in struck time: 2",)


def test_a_correction_beside_struck_time_stays() -> None:
    struck = Interval(WORDS[4].interval.end_s, WORDS[4].interval.end_s + 9)
    assert relay_corrections(heard(WORDS, TREE), heard(WORDS), (struck,)).corrections == (TREE,)


def test_only_a_transcript_with_the_same_words_stays_read() -> None:
    read = replace(heard(WORDS, TREE), is_read=True)
    assert relay_corrections(read, heard(WORDS)).is_read
    assert not relay_corrections(read, heard(renamed(WORDS))).is_read
    assert not relay_corrections(heard(WORDS, TREE), heard(WORDS)).is_read


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Words of two takes of one person on a coarse grid, some under corrections of their own."""
    times = st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(0, 3))
    drawn = draw(st.lists(times, min_size=1, max_size=14, unique_by=lambda each: each[:2]))
    words = [
        Word(f"{take}{at}", "rosa", take, f"w{at}", Interval(at, at + length))
        for take, at, length in drawn
    ]
    plain = make_transcript(words, language="en", model="base")
    order = [each.word_id for each in plain.words]
    edges = draw(st.sets(st.integers(0, len(order)), max_size=6))
    pairs = zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    mark = draw(st.sampled_from("pqr"))
    made = [
        Correction(tuple(order[first:last]), f"{mark}{number}")
        for number, (first, last) in enumerate(pairs)
    ]
    return replace(plain, corrections=tuple(made))


def texts(transcript: Transcript) -> Counter[str]:
    return Counter(
        [each.text for each in transcript.corrections] + [e.text for e in transcript.set_aside]
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(first=transcripts(), others=st.lists(transcripts(), min_size=1, max_size=4))
def test_no_correction_is_ever_lost_or_doubled(first: Transcript, others: list[Transcript]) -> None:
    carried = first
    for other in others:
        plain = replace(other, corrections=())
        relayed = relay_corrections(carried, plain)
        check_corrections(relayed)
        assert texts(relayed) == texts(first)
        assert relay_corrections(carried, relayed) == relayed
        assert relay_corrections(relayed, plain) == relayed
        carried = relayed


@settings(max_examples=100, deadline=None, derandomize=True)
@given(old=transcripts(), new=transcripts())
def test_corrections_of_the_new_transcript_come_first(old: Transcript, new: Transcript) -> None:
    found = relay_corrections(old, new)
    check_corrections(found)
    assert found.corrections[: len(new.corrections)] == new.corrections
    assert set(texts(old)) <= set(texts(found))


def test_an_imported_correction_gives_way_to_one_made_by_hand() -> None:
    wide = Correction(tuple(ROSA[3:6]), "for tea days.")
    found = merge_corrections(heard(WORDS, TREE), (wide, YES))
    assert text_of(found) == "I ate it for three days. Yes."
    assert found.left_out == ("imported corrections that gave way to earlier ones: 1",)


def test_an_imported_correction_that_is_there_already_is_no_loss() -> None:
    assert merge_corrections(heard(WORDS, TREE), (TREE,)) == heard(WORDS, TREE)


def test_imported_corrections_that_fit_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match="'nobody'"):
        merge_corrections(heard(WORDS, TREE), (Correction(("nobody",), ""),))
