from pathlib import Path

from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, Shot
from candid.engine.cut.store import read_cut, write_cut
from candid.engine.timebase import Interval


def test_a_written_cut_is_read_back_equal(tmp_path: Path) -> None:
    cut = Cut(
        title="Asked twice",
        signpost="",
        target_s=60.0,
        takes=(CutTake("t1", "rosa", "takes/rosa", "ab"),),
        participants=(CutParticipant("rosa", "Rosa"),),
        shots=(Shot("s01", Interval(0.1, 7.3), "solo", ("rosa",), "Kept."),),
        left_out=((Interval(7.3, 9.0), "silence"),),
    )
    write_cut(tmp_path / "cut.json", cut)
    assert read_cut(tmp_path / "cut.json") == cut
