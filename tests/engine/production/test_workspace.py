import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from candid.engine.errors import OutputError
from candid.engine.files import replacing
from candid.engine.production import workspace
from candid.engine.production.workspace import Step, Workspace
from tests.engine.production.damage import DAMAGES

STEP = Step("align", {"takes": ["a", "b"]}, ("alignment",))


def write(text):
    def make(draft):
        (draft / "made.txt").write_text(text)
        return {"said": text}

    return make


def test_a_finished_step_is_not_made_again(tmp_path):
    first = Workspace(tmp_path / "work").finished(STEP, write("first"))
    again = Workspace(tmp_path / "work").finished(STEP, write("second"))
    assert again == first
    assert again.document == {"said": "first"}
    assert (again.folder / "made.txt").read_text() == "first"


def turn_into_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("name", ["made.txt", "seal.json"])
@pytest.mark.parametrize("damage", [*DAMAGES.values(), turn_into_a_folder])
def test_a_step_that_was_damaged_is_made_anew(tmp_path, name, damage):
    first = Workspace(tmp_path).finished(STEP, write("first"))
    damage(first.folder / name)
    again = Workspace(tmp_path).finished(STEP, write("second"))
    assert again.folder == first.folder
    assert again.document == {"said": "second"}
    assert (again.folder / "made.txt").read_text() == "second"


def test_a_file_in_the_place_of_a_step_gives_way_to_it(tmp_path):
    place = Workspace(tmp_path).place(STEP)
    place.parent.mkdir()
    place.write_text("what is this")
    assert Workspace(tmp_path).finished(STEP, write("first")).document == {"said": "first"}


def test_a_step_whose_process_was_killed_is_made_at_the_next_run(tmp_path):
    """SIGKILL leaves no time to clean up; what it cut short is no artefact."""
    script = f"""
import os, signal
from pathlib import Path
from candid.engine.production.workspace import Step, Workspace
from tests.engine.production.damage import DAMAGES

def make(draft):
    (draft / "made.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

Workspace(Path({str(tmp_path)!r})).finished(Step("align", {STEP.inputs!r}, {STEP.rooms!r}), make)
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert list(tmp_path.rglob("made.txt"))
    work = Workspace(tmp_path)
    made = work.finished(STEP, write("whole"))
    assert (made.folder / "made.txt").read_text() == "whole"
    work.prune()
    assert list(tmp_path.rglob("made.txt")) == [made.folder / "made.txt"]


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
    assert work.finished(STEP, write("whole")).document == {"said": "whole"}


def test_a_module_of_a_room_counts_like_a_room():
    rooms = [("recording",), ("recording", "production/sounds"), ("recording", "production/chunks")]
    assert len({Step("sound", 1, each).key for each in rooms}) == 3


def test_only_the_owner_may_look_into_the_work_folder(tmp_path):
    Workspace(tmp_path / "work")
    assert stat.S_IMODE((tmp_path / "work").stat().st_mode) == 0o700


def test_what_the_last_job_did_not_use_goes_beyond_the_limit(tmp_path, monkeypatch):
    old = Workspace(tmp_path).finished(STEP, write("old words")).folder
    work = Workspace(tmp_path)
    kept = work.finished(Step("align", 2, ("alignment",)), write("new words")).folder
    work.prune()
    assert old.is_dir()
    monkeypatch.setattr(workspace, "KEPT_BYTES", 3)
    work.prune()
    assert not old.exists()
    assert kept.is_dir()


def test_where_something_was_struck_nothing_unused_is_kept(tmp_path):
    old = Workspace(tmp_path).finished(STEP, write("words that were struck since")).folder
    work = Workspace(tmp_path)
    kept = work.finished(Step("align", 2, ("alignment",)), write("new words")).folder
    work.prune(keep_unused=False)
    assert not old.exists()
    assert kept.is_dir()


def test_drafts_of_a_crash_are_swept_away(tmp_path):
    (tmp_path / "align" / "0123.abcd.part").mkdir(parents=True)
    Workspace(tmp_path).prune()
    assert not list((tmp_path / "align").iterdir())


def test_of_two_jobs_that_make_one_step_the_first_to_end_is_taken(tmp_path):
    def make(draft):
        Workspace(tmp_path).finished(STEP, write("theirs"))
        return write("mine")(draft)

    taken = Workspace(tmp_path).finished(STEP, make)
    assert taken.document == {"said": "theirs"}
    assert (taken.folder / "made.txt").read_text() == "theirs"
    assert list(taken.folder.parent.iterdir()) == [taken.folder]


def test_nothing_goes_while_another_job_is_at_work(tmp_path, monkeypatch):
    monkeypatch.setattr(workspace, "KEPT_BYTES", 0)
    other = Workspace(tmp_path)
    step = other.finished(STEP, write("still needed")).folder
    draft = tmp_path / "align" / "0123.abcd.part"
    draft.mkdir()
    mine = Workspace(tmp_path)
    assert not mine.prune(keep_unused=False)
    assert step.is_dir()
    assert draft.is_dir()
    del other
    assert mine.prune(keep_unused=False)
    assert not step.exists()
    assert not draft.exists()


def test_a_job_that_was_killed_is_at_work_no_more(tmp_path):
    script = f"""
import os, signal
from pathlib import Path
from candid.engine.production.workspace import Workspace

work = Workspace(Path({str(tmp_path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert Workspace(tmp_path).prune()


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
