from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candid.engine.recording.camera import CameraTrack, open_camera
from candid.engine.recording.source import open_source
from candid.engine.recording.take import Gap, GapReason
from candid.engine.recording.writer import TakeIdentity, TakeWriter
from candid.engine.timebase import Interval
from tests.engine.recording.material import (
    STARTED_US,
    Given,
    grey,
    make_take,
    number_shown,
    spoil_packet,
    write_media,
)


@pytest.fixture(scope="module", params=["take", "live.webm", "frames.mp4", "fragments.mp4"])
def camera(
    request: pytest.FixtureRequest, given: Given, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CameraTrack]:
    """The same pictures from each kind of source; fragments with B-frames included."""
    if request.param == "take":
        opened = open_camera(open_source(given.folder))
    else:
        path = tmp_path_factory.mktemp("camera") / request.param
        muxer = {"live.webm": {"live": "1"}, "fragments.mp4": {"movflags": "frag_keyframe"}}
        codec = "libvpx" if path.suffix == ".webm" else "libx264"
        write_media(path, video_codec=codec, n_frames=40, muxer=muxer.get(request.param))
        opened = open_camera(open_source(path))
    with opened:
        yield opened


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(start_s=st.floats(-1, 6), length_s=st.floats(0, 3))
def test_frames_are_the_one_on_show_and_all_that_follow(
    camera: CameraTrack, start_s: float, length_s: float
) -> None:
    end_s = start_s + length_s
    times_s = camera.times_s
    on_show = int(np.searchsorted(times_s, start_s, side="right")) - 1
    wanted = [
        number
        for number in range(max(0, on_show), len(times_s))
        if times_s[number] < end_s or (number == on_show and times_s[number] <= start_s < end_s)
    ]

    frames = list(camera.frames(start_s, end_s))

    assert [frame.take_s for frame in frames] == times_s[wanted].tolist()
    assert [number_shown(frame.picture) for frame in frames] == wanted


def test_two_readers_of_one_track_do_not_disturb_each_other(camera: CameraTrack) -> None:
    first, second = camera.frames(0.0, 9.0), camera.frames(2.0, 9.0)
    shown = [(number_shown(next(first).picture), next(second).take_s) for _ in range(15)]
    assert [number for number, _ in shown] == list(range(15))
    on_show = int(np.searchsorted(camera.times_s, 2.0, side="right")) - 1
    assert [at_s for _, at_s in shown] == camera.times_s[on_show : on_show + 15].tolist()


def test_decoding_begins_at_the_key_frame_before(given: Given, folder: Path) -> None:
    for path in sorted((folder / "camera").glob("*.m4s"))[:5]:
        path.unlink()
    (folder / "camera" / "000007.m4s").rename(folder / "camera" / "elsewhere")
    with open_camera(open_source(folder)) as camera:
        # With the fragments before and after out of reach this one has to be enough.
        sixth = given.take.tracks[2].fragments[6]
        start_s = given.frame_times_s[0] + (sixth.start + 1) / 1e6
        frames = list(camera.frames(start_s, start_s + sixth.duration / 1e6 - 0.01))
    assert len(frames) >= 3


@pytest.mark.parametrize("reason", ["struck", "paused", "muted"])
def test_no_picture_of_private_time_is_ever_shown(tmp_path: Path, reason: GapReason) -> None:
    gap = Gap(reason, Interval(1.2, 2.05))
    written = make_take(tmp_path / "take", gaps=[gap])
    with open_camera(open_source(written.folder)) as camera:
        everything = list(camera.frames(0.0, 9.0))
        within = list(camera.frames(1.5, 1.9))

    times_s = written.frame_times_s
    allowed = times_s[(times_s < 1.2) | (times_s >= 2.05)]
    np.testing.assert_allclose(camera.times_s, allowed, atol=1e-9)
    assert [frame.take_s for frame in everything] == camera.times_s.tolist()
    assert [frame.take_s for frame in within] == [camera.times_s[camera.times_s < 1.2].max()]
    assert camera.gaps == (gap,)


def test_pictures_struck_on_another_track_are_shown(tmp_path: Path) -> None:
    written = make_take(tmp_path / "take", gaps=[Gap("struck", Interval(1, 2), "microphone")])
    with open_camera(open_source(written.folder)) as camera:
        assert len(camera.times_s) == len(written.frame_times_s)
    assert camera.gaps == ()


def test_a_camera_that_stood_still_is_a_gap(tmp_path: Path) -> None:
    writer = TakeWriter(tmp_path / "take", TakeIdentity("call", "ada", "ada-1", STARTED_US))
    times_s = [*np.arange(10) / 10, *(3.4 + np.arange(10) / 10)]
    writer.add_camera((STARTED_US + round(at_s * 1e6), grey(0)) for at_s in times_s)
    writer.finish()
    with open_camera(open_source(tmp_path / "take")) as camera:
        (gap,) = camera.gaps
    assert (gap.reason, gap.kind) == ("stalled", "camera")
    assert (gap.interval.start_s, gap.interval.end_s) == pytest.approx((0.9, 3.4))


def test_a_frame_that_does_not_decode_is_counted_and_the_rest_is_shown(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mkv", video_codec="mjpeg", n_frames=20)
    spoil_packet(path, 9)

    with open_camera(open_source(path)) as camera:
        frames = list(camera.frames(0, 99))

    assert [flaw.kind for flaw in camera.undecodable] == ["undecodable"]
    assert camera.undecodable[0].start_s == pytest.approx(0.9)
    assert [frame.take_s for frame in frames] == np.delete(camera.times_s, 9).tolist()


def test_threads_change_nothing_but_speed(given: Given) -> None:
    with open_camera(open_source(given.folder), threads=2) as camera:
        frames = list(camera.frames(0.0, 9.0))
    assert [number_shown(frame.picture) for frame in frames] == list(range(len(camera.times_s)))
