"""A decision list that a person edited is never written over, not even one that cannot be read."""

from pathlib import Path

import pytest

from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, Shot
from candid.engine.cut.store import read_cut
from candid.engine.production.cutting import Studio, was_edited, write_decisions
from candid.engine.production.takes import assemble_takes
from candid.engine.production.workspace import Workspace
from candid.engine.progress import silent
from candid.engine.recording.grouping import group_takes
from candid.engine.recording.source import open_source
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.words import Transcript
from tests.engine.recording.material import Given

ALONE = Alignment((TakeClock("ada-1", ClockMap.identity(), 0.0, ("alone",), ""),), ())
CUT = Cut(
    title="Two years",
    signpost="",
    target_s=None,
    takes=(CutTake("ada-1", "ada", "ada-1", "0" * 64),),
    participants=(CutParticipant("ada", "Ada"),),
    shots=(Shot("s1", Interval(1.0, 3.0), "solo", ("ada",), ""),),
    left_out=(),
)


@pytest.fixture
def studio(given: Given, workspace: Workspace) -> Studio:
    source = open_source(given.folder)
    takes = assemble_takes([source], workspace, silent)
    return Studio(group_takes([source]), takes, ALONE, Transcript("en", "tiny.en", ()))


@pytest.fixture
def folder(workspace: Workspace) -> Path:
    return workspace.folder.parent


def test_a_proposal_that_nobody_touched_gives_way_to_the_next_one(
    studio: Studio, folder: Path
) -> None:
    assert not was_edited(folder)
    write_decisions(CUT, studio, folder, is_proposal=True)
    assert not was_edited(folder)
    write_decisions(CUT, studio, folder, is_proposal=True)
    assert not (folder / "cut.previous.json").exists()


@pytest.mark.parametrize(
    "left",
    [b"", b'{"title": ', b"[]", b"null", b"\xff", b'{"target_s": NaN}', b'{"title": "Mine"}'],
    ids=repr,
)
def test_whatever_else_lies_there_is_kept_beside_the_new_one(
    studio: Studio, folder: Path, left: bytes
) -> None:
    (folder / "cut.json").write_bytes(left)
    assert was_edited(folder)
    write_decisions(CUT, studio, folder, is_proposal=False)
    assert (folder / "cut.previous.json").read_bytes() == left
    assert read_cut(folder / "cut.json").title == "Two years"
