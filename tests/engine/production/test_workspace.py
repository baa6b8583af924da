import errno
import os
import stat

import pytest

from candid.engine.errors import OutputError
from candid.engine.production import workspace
from candid.engine.production.workspace import Step, Workspace

STEP = Step("align", {"takes": ["a", "b"]}, ("alignment",))


def write(text):
    def make(draft):
        (draft / "made.txt").write_text(text)

    return make


def test_a_finished_step_is_not_made_again(tmp_path):
    first = Workspace(tmp_path / "work").finished(STEP, write("first"))
    again = Workspace(tmp_path / "work").finished(STEP, write("second"))
    assert again == first
    assert (again / "made.txt").read_text() == "first"


def test_other_inputs_make_another_artefact(tmp_path):
    work = Workspace(tmp_path)
    other = Step("align", {"takes": ["a", "c"]}, ("alignment",))
    assert work.finished(STEP, write("one")) != work.finished(other, write("two"))


def test_a_step_that_fails_leaves_nothing_and_is_made_at_the_next_run(tmp_path):
    def fail(draft):
        (draft / "half.txt").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    work = Workspace(tmp_path)
    with pytest.raises(OutputError, match="the disk is full"):
        work.finished(STEP, fail)
    assert not list((tmp_path / "align").iterdir())
    assert (work.finished(STEP, write("whole")) / "made.txt").read_text() == "whole"


def test_only_the_owner_may_look_into_the_work_folder(tmp_path):
    Workspace(tmp_path / "work")
    assert stat.S_IMODE((tmp_path / "work").stat().st_mode) == 0o700


def test_what_the_last_job_did_not_use_goes_beyond_the_limit(tmp_path, monkeypatch):
    old = Workspace(tmp_path).finished(STEP, write("old words"))
    work = Workspace(tmp_path)
    kept = work.finished(Step("align", 2, ("alignment",)), write("new words"))
    work.prune()
    assert old.is_dir()
    monkeypatch.setattr(workspace, "KEPT_BYTES", 3)
    work.prune()
    assert not old.exists()
    assert kept.is_dir()


def test_drafts_of_a_crash_are_swept_away(tmp_path):
    (tmp_path / "align" / "0123.abcd.part").mkdir(parents=True)
    Workspace(tmp_path).prune()
    assert not list((tmp_path / "align").iterdir())
