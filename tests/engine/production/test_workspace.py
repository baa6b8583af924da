import errno
import os
import stat
from pathlib import Path

import pytest

from candid.engine.errors import OutputError
from candid.engine.files import replacing
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


def test_where_something_was_struck_nothing_unused_is_kept(tmp_path):
    old = Workspace(tmp_path).finished(STEP, write("words that were struck since"))
    work = Workspace(tmp_path)
    kept = work.finished(Step("align", 2, ("alignment",)), write("new words"))
    work.prune(keep_unused=False)
    assert not old.exists()
    assert kept.is_dir()


def test_drafts_of_a_crash_are_swept_away(tmp_path):
    (tmp_path / "align" / "0123.abcd.part").mkdir(parents=True)
    Workspace(tmp_path).prune()
    assert not list((tmp_path / "align").iterdir())


def cache_file(folder, name, age_s):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"12345678")
    os.utime(path, (1e9 - age_s, 1e9 - age_s))
    return path


def test_unused_files_of_the_film_go_beyond_the_limit_the_oldest_first(tmp_path, monkeypatch):
    used = cache_file(tmp_path, "shots/used.mp4", 9)
    newest = cache_file(tmp_path, "shots/newest.mp4", 1)
    older = [cache_file(tmp_path, f"sound/old{end}", 5) for end in (".m4a", ".json")]
    work = Workspace(tmp_path)
    work.use([used])
    monkeypatch.setattr(workspace, "KEPT_BYTES", 8)
    work.prune()
    assert used.exists()
    assert newest.exists()
    assert not any(path.exists() for path in older)


def test_what_a_job_used_is_the_newest_for_the_next_one(tmp_path, monkeypatch):
    used = cache_file(tmp_path, "shots/used.mp4", 9)
    newer = cache_file(tmp_path, "shots/newer.mp4", 1)
    Workspace(tmp_path).use([used, tmp_path / "shots" / "gone.mp4"])
    monkeypatch.setattr(workspace, "KEPT_BYTES", 8)
    Workspace(tmp_path).prune()
    assert used.exists()
    assert not newer.exists()
    assert not (tmp_path / "shots" / "gone.mp4").exists()


def test_a_relative_work_folder_knows_what_was_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    used = cache_file(tmp_path, "work/shots/used.mp4", 9)
    work = Workspace(Path("work"))
    work.use([used])
    monkeypatch.setattr(workspace, "KEPT_BYTES", 0)
    work.prune()
    assert used.exists()


def test_drafts_of_files_are_swept_from_the_work_folder_and_the_folder_around(tmp_path):
    film = tmp_path / "film.mp4"
    drafts = []
    for path in (film, tmp_path / "work" / "shots" / "key.mp4"):
        with replacing(path) as draft:
            drafts.append(draft)
            draft.write_bytes(b"half")
        drafts[-1].write_bytes(b"left by a crash")
    mix = tmp_path / "work" / "sound" / ".mix-1.part"
    mix.mkdir(parents=True)
    theirs = [tmp_path / name for name in (".notes.part.md", "a.0123abcd.part.mp4")]
    for path in theirs:
        path.write_text("not ours")
    Workspace(tmp_path / "work").prune()
    assert not any(path.exists() for path in [*drafts, mix])
    assert all(path.exists() for path in [film, *theirs])
