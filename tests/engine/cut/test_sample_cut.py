"""The proposal for the sample conversation, read as an editor would read it."""

import json
from pathlib import Path

import pytest

from candid.engine.cut.decisions import Cut
from candid.engine.cut.proposal import Conversation, propose_cut
from candid.engine.timebase import Interval
from candid.engine.transcript.words import Word
from tests.engine.cut.builders import conversation, runs, text_of

SCRIPT = Path(__file__).parents[3] / "sample/script.json"


@pytest.fixture(scope="module")
def talk() -> Conversation:
    script = json.loads(SCRIPT.read_text(encoding="utf-8"))
    words = [
        Word(
            f"{turn['id']}-{at:03d}",
            turn["speaker"],
            f"take-{turn['speaker']}",
            word["text"],
            Interval(turn["start_s"] + word["start_s"], turn["start_s"] + word["end_s"]),
        )
        for turn in script["turns"]
        for at, word in enumerate(turn["words"])
    ]
    words.sort(key=lambda word: (word.interval, word.word_id))
    return conversation(words, end_s=script["duration_s"])


@pytest.fixture(scope="module")
def cut(talk: Conversation) -> Cut:
    return propose_cut(talk, target_s=150.0)


def test_it_is_a_few_passages_long(cut: Cut) -> None:
    assert abs(cut.duration_s - 150.0) <= 7.5
    assert 6 <= len(runs(cut)) <= 14
    assert min(run.duration_s for run in runs(cut)) >= 4.0


def test_it_keeps_the_heart_of_the_talk(cut: Cut, talk: Conversation) -> None:
    kept = text_of(cut, talk.words)
    assert "From the inside, it was quiet." in kept
    assert "You asked me twice, and then you stayed." in kept
    assert "what helped? Because it wasn't the soup. It wasn't the soup. It was my sister" in kept
    assert kept.endswith("It's lighter with two. I think that'll do.")


def test_it_leaves_out_the_talk_about_the_recording(cut: Cut, talk: Conversation) -> None:
    kept = text_of(cut, talk.words)
    assert "recording" not in kept
    assert "laundry" not in kept


def test_it_shows_both_people_in_more_than_one_way(cut: Cut) -> None:
    assert {shot.layout for shot in cut.shots} == {"solo", "side_by_side", "picture_in_picture"}
    solos = {shot.people for shot in cut.shots if shot.layout == "solo"}
    assert solos == {("rosa",), ("daniel",)}


@pytest.mark.parametrize("target_s", [45.0, 90.0, 120.0, 200.0, 240.0, 330.0])
def test_any_length_is_met(talk: Conversation, target_s: float) -> None:
    assert abs(propose_cut(talk, target_s=target_s).duration_s - target_s) <= 0.05 * target_s
