"""The clock that strikes are told by keeps its name when the studio is started again."""

import subprocess
import sys

from candid.site.call.clocks import SERVER_CLOCK_ID, name_clock

TELL = (
    "from candid.site.call.clocks import SERVER_CLOCK_ID, now_us; print(SERVER_CLOCK_ID, now_us())"
)


def test_after_a_restart_of_the_studio_it_has_the_same_name_and_counts_on():
    told = [subprocess.check_output([sys.executable, "-c", TELL]).split() for _ in range(2)]
    assert [name.decode() for name, _reading in told] == [SERVER_CLOCK_ID] * 2
    assert int(told[0][1]) < int(told[1][1])


def test_after_a_restart_of_the_machine_it_has_another(tmp_path):
    boot, offsets = tmp_path / "boot_id", tmp_path / "offsets"
    names = []
    for started in ("first", "second"):
        boot.write_text(started)
        names += [name_clock([boot, offsets]), name_clock([boot, offsets])]
    offsets.write_text("monotonic 7 0")
    names.append(name_clock([boot, offsets]))
    assert names[0] == names[1]
    assert names[2] == names[3]
    assert len(set(names)) == 3
    assert not any("first" in name for name in names)


def test_where_the_machine_tells_nothing_every_start_has_its_own(tmp_path):
    assert name_clock([tmp_path / "none"]) != name_clock([tmp_path / "none"])
