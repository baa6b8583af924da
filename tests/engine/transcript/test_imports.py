import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.errors import BadInputError
from candid.engine.transcript import matching
from candid.engine.transcript.corrections import apply_corrections
from candid.engine.transcript.cues import make_cues
from candid.engine.transcript.imports import import_corrections
from candid.engine.transcript.matching import matched_pairs, token_key
from candid.engine.transcript.segments import make_transcript
from candid.engine.transcript.subtitles import write_srt, write_vtt
from candid.engine.transcript.words import Transcript
from tests.engine.transcript.material import spoken

NAMES = {"rosa": "Rosa", "daniel": "Daniel"}
ROSA = "It was a terrible soup. It had barley in it, and I carried it across town on the bus."
DANIEL = "I ate it for three days. I was very good at answering emails."


def transcript(rosa: str = ROSA, daniel: str = DANIEL) -> Transcript:
    words = [*spoken(rosa, 1.0), *spoken(daniel, 8.0, "daniel")]
    return make_transcript(words, language="en", model="base")


def read(heard: Transcript, text: str) -> tuple[Transcript, dict[str, str]]:
    found = import_corrections(heard, text, NAMES)
    fixed = replace(heard, corrections=found.corrections)
    words = apply_corrections(fixed)
    return fixed, {
        who: " ".join(word.text for word in words if word.participant_id == who) for who in NAMES
    }


MISHEARD = transcript(
    ROSA.replace("barley", "Bali").replace("the bus", "bus"), DANIEL.replace("ate", "hate")
)


@pytest.mark.parametrize("form", ["vtt", "srt", "named", "plain"])
def test_a_mended_text_makes_corrections_only_where_it_differs(form: str) -> None:
    said = transcript()
    cues = make_cues(said.words)
    text = {
        "vtt": write_vtt(cues, NAMES),
        "srt": write_srt(cues),
        "named": f"Rosa: {ROSA}\nDaniel: {DANIEL}\n",
        "plain": f"{ROSA}\n{DANIEL}",
    }[form]
    fixed, texts = read(MISHEARD, text)
    assert texts == {"rosa": ROSA, "daniel": DANIEL}
    assert len(fixed.corrections) == 3
    assert fixed.words == MISHEARD.words


def test_the_same_text_makes_no_corrections() -> None:
    assert import_corrections(transcript(), f"{ROSA}\n{DANIEL}", NAMES).corrections == ()


def test_a_changed_mark_or_capital_is_a_correction() -> None:
    fixed, texts = read(
        transcript(), f"Rosa: {ROSA.replace('soup. It', 'soup, it')}\nDaniel: {DANIEL}"
    )
    assert "soup, it had" in texts["rosa"]
    assert len(fixed.corrections) == 1


def test_captions_of_a_cut_leave_what_is_not_in_it_alone() -> None:
    filler = " ".join(f"word{at}" for at in range(40))
    heard = transcript(f"{filler} {ROSA} {filler} {DANIEL} {filler}", "Yes.")
    found = import_corrections(heard, f"Rosa: {ROSA.replace('barley', 'rye')} {DANIEL}", NAMES)
    assert [each.text for each in found.corrections] == ["rye"]
    assert len(found.left_out) == 1
    assert "40 words" in found.left_out[0]


def test_words_that_were_not_heard_stand_beside_their_neighbours() -> None:
    _, texts = read(transcript(), f"Rosa: Well. {ROSA} Honestly.\nDaniel: {DANIEL}")
    assert texts["rosa"] == f"Well. {ROSA} Honestly."


def test_a_passage_that_was_never_heard_is_left_out_and_reported_without_its_words() -> None:
    lost = "\n".join(" ".join(f"lost{at}" for at in range(row, row + 10)) for row in (0, 10, 20))
    found = import_corrections(transcript(), f"{ROSA}\n{lost}\n{DANIEL}", NAMES)
    assert found.corrections == ()
    assert found.left_out == ("30 words of the text were not heard (lines 2 to 4): left out",)


def test_what_the_text_lacks_is_reported_without_its_words() -> None:
    filler = " ".join(f"private{at}" for at in range(40))
    found = import_corrections(transcript(f"{ROSA} {filler} {ROSA}"), f"{ROSA}\n{ROSA}", NAMES)
    [told] = found.left_out
    assert "s are not in the text: kept" in told
    assert "private" not in told


def test_unknown_speakers_are_reported_and_their_words_still_matched() -> None:
    text = f"Host: {ROSA.replace('barley', 'rye')}\nGuest: {DANIEL}\nHost: Yes.\nGuest: No."
    found = import_corrections(transcript(), text, NAMES)
    assert found.unknown_speakers == ("Guest", "Host")
    assert "rye" in [each.text for each in found.corrections]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no words"),
        (
            "Quite another conversation about hedges and dogs in February rain.",
            "another conversation",
        ),
        ("1\n00:00:01,000 --> never\nYes.\n", "line 2"),
    ],
)
def test_a_text_that_does_not_belong_here_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        import_corrections(transcript(), text, NAMES, "mended.srt")


def edit_distance(a: list[str], b: list[str]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, before = [i], row
        for j, y in enumerate(b, 1):
            row.append(min(before[j - 1] + (x != y), before[j] + 1, row[-1] + 1))
    return row[-1]


def cost(a: list[str], b: list[str], pairs: list[tuple[int, int]]) -> int:
    ends = [(-1, -1), *pairs, (len(a), len(b))]
    return sum(max(i1 - i0, j1 - j0) - 1 for (i0, j0), (i1, j1) in itertools.pairwise(ends))


@settings(max_examples=200, deadline=None)
@given(
    a=st.lists(st.sampled_from("abcd"), max_size=30),
    b=st.lists(st.sampled_from("abcd"), max_size=30),
)
def test_the_alignment_has_the_fewest_edits(a: list[str], b: list[str]) -> None:
    pairs = matched_pairs(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert cost(a, b, pairs) == edit_distance(a, b)


def test_long_texts_are_aligned_in_pieces_with_as_few_edits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    a = [str(token) for token in rng.integers(0, 60, 400)]
    b = [token for token in a if rng.random() > 0.1]
    whole = matched_pairs(a, b)
    monkeypatch.setattr(matching, "_MOST_CELLS", 50)
    assert cost(a, b, matched_pairs(a, b)) == cost(a, b, whole) == len(a) - len(b)


def test_tokens_are_compared_without_case_marks_and_kinds_of_apostrophe() -> None:
    assert token_key("“Don’t,") == token_key("don't")
    assert token_key("É") == token_key("e\u0301")
    assert token_key("—") == ""
