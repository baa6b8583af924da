"""What an editing program opens is exported once, and again where it was damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.cut.originals import Original
from candid.engine.files import file_sha256
from candid.engine.production import originals
from candid.engine.production.originals import originals_of
from candid.engine.production.takes import assemble_takes
from candid.engine.production.workspace import Workspace
from candid.engine.progress import silent
from candid.engine.recording.source import open_source
from candid.engine.timebase import ClockMap
from tests.engine.production.damage import DAMAGES
from tests.engine.recording.material import Given

ALONE = Alignment((TakeClock("ada-1", ClockMap.identity(), 0.0, ("alone",), ""),), ())
FILES = ["media/ada-1-microphone.wav", "media/ada-1-camera.mp4", ".candid/media/ada-1.json"]


def exported(given: Given, workspace: Workspace) -> tuple[Original, ...]:
    takes = assemble_takes([open_source(given.folder)], workspace, silent)
    return originals_of(takes, ALONE, workspace.folder.parent)


def test_a_second_run_exports_nothing(
    given: Given, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exported(given, workspace)
    for name in ("export_sound", "export_camera"):
        monkeypatch.delattr(originals, name)
    assert exported(given, workspace) == first
    assert [each.path for each in first] == [workspace.folder.parent / name for name in FILES[:2]]


def test_a_film_folder_behind_a_link_exports_nothing_twice(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk/deep/film").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk/deep/film")
    first = exported(given, Workspace(tmp_path / "link/.candid"))
    monkeypatch.delattr(originals, "export_sound")
    assert exported(given, Workspace(tmp_path / "link/.candid")) == first


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_an_export_that_was_damaged_is_written_again(
    given: Given, workspace: Workspace, name: str, damage: Callable[[Path], object]
) -> None:
    folder = workspace.folder.parent
    first = exported(given, workspace)
    hashes = [file_sha256(folder / each) for each in FILES]
    damage(folder / name)
    assert exported(given, workspace) == first
    assert [file_sha256(folder / each) for each in FILES] == hashes


def test_the_export_of_a_take_that_is_gone_goes_with_all_that_tells_of_it(
    given: Given, workspace: Workspace
) -> None:
    exported(given, workspace)
    folder = workspace.folder.parent
    originals_of((), Alignment((), ()), folder)
    assert [name for name in FILES if (folder / name).exists()] == []
