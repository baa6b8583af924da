"""A short build is deterministic, readable by the project, and true to its truth."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import signal

from candid.engine.recording.camera import open_camera
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.timebase import ClockMap
from sample import call, sound
from sample.animation import read_stamp
from sample.make_takes import build, main

SECONDS = 9.0
NAMES = ("rosa", "daniel")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    assert build(out, seconds=SECONDS, stamp=True)
    return out


@pytest.fixture(scope="module")
def truth(built: Path) -> dict[str, Any]:
    return dict(json.loads((built / "truth.json").read_text(encoding="utf-8")))


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_options_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    build(tmp_path, seconds=SECONDS, stamp=True)
    assert digests(tmp_path) == digests(built)


def test_build_that_is_there_is_left_alone(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not build(built, seconds=SECONDS, stamp=True)
    assert main(["-o", str(built), "--seconds", str(SECONDS), "--stamp"]) == 0
    assert "up to date" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_take_is_read_with_its_three_tracks_and_beacons(
    built: Path, truth: dict[str, Any], name: str
) -> None:
    take = open_source(built / name).take
    assert {track.kind for track in take.tracks} == {"microphone", "camera", "heard"}
    assert take.started_us == truth["takes"][name]["started_us"]
    assert len(take.beacons) >= 5
    assert min(beacon.round_trip_s for beacon in take.beacons) < 0.08


def test_takes_name_each_other(built: Path) -> None:
    takes = [open_source(built / name).take for name in NAMES]
    assert takes[0].call_id == takes[1].call_id
    for take, peer in (takes, takes[::-1]):
        assert {beacon.peer_take_id for beacon in take.beacons} == {peer.take_id}
        assert {beacon.peer_clock_id for beacon in take.beacons} == {peer.clock_id}


@pytest.mark.parametrize("name", NAMES)
def test_microphone_lies_where_the_truth_says(
    built: Path, truth: dict[str, Any], tmp_path: Path, name: str
) -> None:
    """Each own turn is found within a millisecond of its true time, behind the hole as well."""
    track = assemble_sound(open_source(built / name), "microphone", tmp_path / "a.wav")
    to_track = track.clock.inverse()
    to_take = ClockMap(tuple(map(tuple, truth["takes"][name]["take_to_true"]))).inverse()
    script = call.read_script(SECONDS)
    grid = sound.Grid(0.0, SECONDS)
    dry = call.voice_on(grid, script, name)
    recorded = np.asarray(track.read(0, track.n_samples), np.float32)
    lost = [(gap.interval.start_s, gap.interval.end_s) for gap in track.gaps]
    checked = 0
    for turn in (turn for turn in script.turns if turn.speaker == name):
        first_s = to_take(turn.start_s)
        end_s = to_take(turn.start_s + turn.n_samples / script.rate_hz)
        if any(start_s < end_s and first_s < stop_s for start_s, stop_s in lost):
            continue
        at, n = round(turn.start_s * sound.RATE_HZ), 2 * turn.n_samples
        about = round(to_track(first_s) * sound.RATE_HZ)
        window = recorded[about - 4800 : about + n + 4800]
        found = np.argmax(signal.correlate(window, dry[at : at + n], "valid"))
        assert abs(found - 4800) < 48
        checked += 1
    assert checked


def test_stall_and_lost_fragment_are_found_with_their_lengths(
    built: Path, truth: dict[str, Any], tmp_path: Path
) -> None:
    for name, reason in (("rosa", "missing"), ("daniel", "stalled")):
        track = assemble_sound(open_source(built / name), "microphone", tmp_path / f"{name}.wav")
        assert [gap.reason for gap in track.gaps] == [reason]
    (hole,) = (h for h in truth["takes"]["daniel"]["holes"] if h["kind"] == "microphone")
    assert track.gaps[0].interval.duration_s == pytest.approx(hole["length_s"], abs=0.002)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_carry_their_true_time(built: Path, truth: dict[str, Any], name: str) -> None:
    """The stamp read from the pixels is the capture time that the manifest gives."""
    to_true = ClockMap(tuple(map(tuple, truth["takes"][name]["take_to_true"])))
    with open_camera(open_source(built / name)) as camera:
        assert (camera.width, camera.height) == (1280, 720)
        assert len(camera.times_s) == truth["takes"][name]["camera"]["frames"]
        for frame in camera.frames(3.0, 4.0):
            stamped_s = read_stamp(np.asarray(frame.picture.to_ndarray()[:720], np.uint8))
            assert stamped_s == pytest.approx(to_true(frame.take_s), abs=0.001)


@pytest.mark.parametrize("name", NAMES)
def test_camera_has_a_variable_rate(built: Path, name: str) -> None:
    with open_camera(open_source(built / name)) as camera:
        steps_s = np.diff(camera.times_s)
    assert np.std(steps_s) > 0.001
    assert np.max(steps_s) > 1.5 * np.median(steps_s)


def test_damaged_shipped_file_stops_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise call.ShippedFileError("sample/script.json is missing; get it again")

    monkeypatch.setattr(call, "check_shipped", refuse)
    assert main(["-o", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "sample: sample/script.json is missing; get it again\n"
