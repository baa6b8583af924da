"""The shipped conversation is the one that was made, and is a conversation."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sample import call
from sample.call import Script

SHIPPED_AT_MOST_BYTES = 8_000_000


@pytest.fixture(scope="module")
def script() -> Script:
    return call.read_script()


def test_shipped_files_have_their_hashes() -> None:
    call.check_shipped()


def test_folder_stays_small() -> None:
    paths = [path for path in call.HERE.rglob("*") if "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in paths if path.is_file()) <= SHIPPED_AT_MOST_BYTES


def test_altered_file_is_refused_by_name(tmp_path: Path) -> None:
    for name in (call.SUMS_NAME, "dialogue.txt", "script.json"):
        shutil.copy(call.HERE / name, tmp_path)
    (tmp_path / "dialogue.txt").write_text("other words", encoding="utf-8")
    with pytest.raises(call.ShippedFileError, match=r"dialogue\.txt is not the file"):
        call.check_shipped(tmp_path)


def test_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copy(call.HERE / call.SUMS_NAME, tmp_path)
    with pytest.raises(call.ShippedFileError, match=r"dialogue\.txt is missing"):
        call.check_shipped(tmp_path)


def test_two_people_speak_for_about_six_minutes(script: Script) -> None:
    assert {turn.speaker for turn in script.turns} == {"rosa", "daniel"}
    assert 340 <= script.duration_s <= 380
    assert 45 <= len(script.turns) <= 70


def test_turns_alternate_with_pauses_and_overlaps(script: Script) -> None:
    gaps_s = [b.words[0].start_s - a.words[-1].end_s for a, b in pairwise(script.turns)]
    assert all(a.speaker != b.speaker for a, b in pairwise(script.turns))
    assert sum(gap_s < -0.05 for gap_s in gaps_s) >= 8
    assert min(gaps_s) > -0.55
    assert sum(2 <= gap_s <= 4 for gap_s in gaps_s) >= 6


def test_there_are_false_starts(script: Script) -> None:
    assert sum("—" in turn.text for turn in script.turns) >= 4


def test_words_are_in_order_and_inside_their_turn(script: Script) -> None:
    for turn in script.turns:
        end_s = turn.start_s + turn.n_samples / script.rate_hz
        assert " ".join(word.text for word in turn.words) == turn.text
        assert all(word.start_s < word.end_s for word in turn.words)
        assert all(a.end_s <= b.start_s for a, b in pairwise(turn.words))
        assert turn.start_s <= turn.words[0].start_s
        assert turn.words[-1].end_s <= end_s


def test_words_sound_and_pauses_do_not(script: Script) -> None:
    for name, path in script.speech.items():
        speech = call.read_speech(call.HERE / path)
        assert 0.2 < np.abs(speech).max() < 0.98
        for turn in (turn for turn in script.turns if turn.speaker == name):
            said = speech[turn.first_sample : turn.first_sample + turn.n_samples]
            end = round((turn.words[-1].end_s - turn.start_s) * script.rate_hz)
            assert 0.03 < np.sqrt(np.mean(said[:end] ** 2)) < 0.2
            assert np.abs(said[end + 1200 :]).max(initial=0) < 0.02


def test_speech_files_are_as_long_as_the_script_says(script: Script) -> None:
    for name, path in script.speech.items():
        n_samples = sum(turn.n_samples for turn in script.turns if turn.speaker == name)
        assert len(call.read_speech(call.HERE / path)) == n_samples


def test_dialogue_and_script_have_the_same_words(script: Script) -> None:
    lines = (call.HERE / "dialogue.txt").read_text(encoding="utf-8").splitlines()
    spoken = [line.split(None, 2) for line in lines if line and not line.startswith("#")]
    assert [(who, text) for who, _, text in spoken] == [(t.speaker, t.text) for t in script.turns]


def test_short_script_ends_in_time() -> None:
    script = call.read_script(20)
    assert script.duration_s == 20
    assert all(turn.words[-1].end_s < 20 for turn in script.turns)
    whole = json.loads((call.HERE / "script.json").read_text(encoding="utf-8"))
    assert len(script.turns) < len(whole["turns"])
