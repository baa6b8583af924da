"""A transcript by itself: its work folder keeps what it needs, and nothing that was struck."""

import shutil
from pathlib import Path

import pytest

from candid.engine.production import workspace
from candid.engine.production.transcript_job import TranscriptRequest, transcribe_file
from candid.engine.transcript.models import find_model
from tests.engine.recording.material import STARTED_US, Given, edit_manifest


def transcribe(take: Path, output: Path) -> None:
    transcribe_file(TranscriptRequest(take, output, language="en"), lambda: find_model("tiny.en"))


def steps(folder: Path) -> set[Path]:
    return set((folder / ".candid").glob("*/*"))


def test_what_it_does_not_need_goes_beyond_the_limit(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / ".candid/sound/of-another-take"
    old.mkdir(parents=True)
    (old / "samples.pcm").write_bytes(b"sound")
    transcribe(given.folder, tmp_path / "transcript.json")
    assert old in steps(tmp_path)
    monkeypatch.setattr(workspace, "KEPT_BYTES", 4)
    transcribe(given.folder, tmp_path / "transcript.json")
    assert old not in steps(tmp_path)
    assert {path.parent.name for path in steps(tmp_path)} == {"sound", "words"}


def test_what_was_heard_of_a_stretch_that_is_struck_since_goes(
    given: Given, tmp_path: Path
) -> None:
    take = tmp_path / "take"
    shutil.copytree(given.folder, take)
    transcribe(take, tmp_path / "transcript.json")
    before = steps(tmp_path)
    struck = {"reason": "struck", "start_us": STARTED_US + 10**6, "end_us": STARTED_US + 2 * 10**6}
    edit_manifest(take, lambda document: document.update(gaps=[struck]))
    transcribe(take, tmp_path / "transcript.json")
    assert len(before) == 3
    assert before & steps(tmp_path) == set()
