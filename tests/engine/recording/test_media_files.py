"""Media files in place of take folders: browsers, phones, sound recorders."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candid.engine.errors import BadInputError, MissingTrackError, NotMediaError
from candid.engine.recording.camera import open_camera
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.recording.track import SoundTrack
from tests.conftest import shared_speech
from tests.engine.recording.material import (
    RATE_HZ,
    Samples,
    noise,
    number_shown,
    spoil_packet,
    write_media,
)


def assembled(path: Path) -> SoundTrack:
    return assemble_sound(open_source(path), "microphone", path.with_suffix(".pcm"))


def off_by_s(track: SoundTrack, sound: Samples, at_s: float, moved_s: float = 0.0) -> float:
    """Return how late the sound of second `at_s` stands in the track, in `take_s`."""
    wanted = sound[round(at_s * RATE_HZ) :][:RATE_HZ] / 32768
    reach = RATE_HZ // 20
    start = round(track.clock.inverse()(at_s + moved_s) * RATE_HZ)
    around = track.read(start - reach, len(wanted) + 2 * reach)
    match = np.correlate(around, wanted.astype(np.float32), "valid")
    return (int(np.argmax(match)) - reach) / RATE_HZ


@pytest.mark.parametrize(
    ("name", "codec", "muxer"),
    [
        ("a.wav", "pcm_s16le", {}),
        ("a.flac", "flac", {}),
        ("a.mp3", "libmp3lame", {}),
        ("a.ogg", "libopus", {}),
        ("a.m4a", "aac", {}),
        ("a.mov", "aac", {}),
        ("a.webm", "libopus", {}),
        ("live.webm", "libopus", {"live": "1"}),
        ("a.mkv", "aac", {}),
    ],
)
def test_sound_stands_where_the_timestamps_say(
    tmp_path: Path, name: str, codec: str, muxer: dict[str, str]
) -> None:
    sound = noise(4)
    track = assembled(write_media(tmp_path / name, sound, sound_codec=codec, muxer=muxer))

    # Matroska rounds to milliseconds; nothing else may move.
    for at_s in (0.5, 2.5):
        assert abs(off_by_s(track, sound, at_s)) <= 1e-3
    assert track.duration_s == pytest.approx(4.0, abs=0.03)
    assert track.gaps == ()
    assert track.flaws == ()


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libopus"), ("a.mp4", "aac")])
def test_a_jump_of_the_timestamps_is_silence_and_shifts_nothing(
    tmp_path: Path, name: str, codec: str
) -> None:
    sound = noise(6)
    path = write_media(tmp_path / name, sound, sound_codec=codec, jump=(3.0, 0.7))

    track = assembled(path)

    (gap,) = track.gaps
    assert gap.reason == "missing"
    assert gap.interval.start_s == pytest.approx(3.0, abs=0.03)
    assert gap.interval.duration_s == pytest.approx(0.7, abs=2e-3)
    assert track.flaws == ()
    assert abs(off_by_s(track, sound, 1.0)) <= 1e-3
    assert abs(off_by_s(track, sound, 4.0, moved_s=0.7)) <= 1e-3


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(part=st.floats(0.05, 1.0))
def test_whatever_tail_is_torn_off_what_is_left_keeps_its_place(
    browser_file: Path, tmp_path: Path, part: float
) -> None:
    torn = tmp_path / "torn.webm"
    data = browser_file.read_bytes()
    torn.write_bytes(data[: int(len(data) * part)])
    whole = assembled(browser_file)

    track = assembled(torn)
    with open_camera(open_source(torn)) as camera, open_camera(open_source(browser_file)) as full:
        frames = list(camera.frames(0, 99))
        times_s = full.times_s[: len(camera.times_s)]

    assert whole.n_samples * (part - 0.15) <= track.n_samples <= whole.n_samples
    np.testing.assert_array_equal(track.read(0, track.n_samples), whole.read(0, track.n_samples))
    np.testing.assert_array_equal(camera.times_s, times_s)
    assert [number_shown(frame.picture) for frame in frames] == list(range(len(frames)))


@pytest.fixture(scope="module")
def browser_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What MediaRecorder leaves: WebM without duration and cues."""
    return write_media(
        tmp_path_factory.mktemp("browser") / "recorded.webm",
        noise(5),
        video_codec="libvpx",
        n_frames=50,
        muxer={"live": "1"},
    )


def test_a_hole_in_the_middle_of_a_browser_file_shifts_nothing(
    browser_file: Path, tmp_path: Path
) -> None:
    data = browser_file.read_bytes()
    path = tmp_path / "hole.webm"
    path.write_bytes(data[: len(data) // 3] + data[len(data) // 2 :])
    sound = noise(5)

    track = assembled(path)

    assert sum(gap.interval.duration_s for gap in track.gaps) > 0.3
    assert abs(off_by_s(track, sound, 0.3)) <= 1e-3
    assert abs(off_by_s(track, sound, 3.8)) <= 1e-3
    with open_camera(open_source(path)) as camera:
        frames = list(camera.frames(0, 99))
    late = [frame for frame in frames if frame.take_s > 4.0]
    assert [number_shown(frame.picture) for frame in late] == list(range(41, 50))


def test_spoilt_packets_are_silence_and_counted(tmp_path: Path) -> None:
    sound = noise(4)
    path = write_media(tmp_path / "a.mkv", sound, sound_codec="ac3")
    for number in (82, 83, 84):
        spoil_packet(path, number)

    track = assembled(path)

    assert abs(off_by_s(track, sound, 0.5)) <= 1e-3
    assert abs(off_by_s(track, sound, 2.8)) <= 1e-3
    (flaw,) = track.flaws
    (gap,) = track.gaps
    assert (flaw.kind, flaw.track) == ("undecodable", "microphone")
    assert flaw.start_s == pytest.approx(82 * 0.032, abs=0.03)
    assert flaw.duration_s == pytest.approx(3 * 0.032, abs=2e-3)
    assert "3 packets" in flaw.detail
    assert gap.reason == "missing"
    assert gap.interval.duration_s == pytest.approx(3 * 0.032, abs=0.03)


def test_a_file_that_breaks_off_before_its_stated_length_is_torn(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mkv", noise(4), sound_codec="aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    (flaw,) = assembled(path).flaws

    assert flaw.kind == "torn"
    assert flaw.start_s + flaw.duration_s == pytest.approx(4.0, abs=0.05)


def test_a_phone_film_cut_off_behind_its_index_says_what_is_lost(tmp_path: Path) -> None:
    path = write_media(
        tmp_path / "a.mp4",
        noise(6),
        sound_codec="aac",
        video_codec="libx264",
        n_frames=60,
        muxer={"movflags": "faststart"},
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])

    track = assembled(path)
    with open_camera(open_source(path)) as camera:
        torn = [*track.flaws, *camera.flaws]

    assert [flaw.track for flaw in torn if flaw.kind == "torn"] == ["microphone", "camera"]
    for flaw in torn:
        if flaw.kind == "torn":
            assert flaw.start_s + flaw.duration_s == pytest.approx(6.0, abs=0.2)


@pytest.mark.parametrize(
    ("matrix", "clockwise_deg"),
    [
        ((1, 0, 0, 1), 0),
        ((0, 1, -1, 0), 90),
        ((-1, 0, 0, -1), 180),
        ((0, -1, 1, 0), 270),
    ],
)
def test_the_turn_of_a_phone_is_handed_on(
    tmp_path: Path, matrix: tuple[int, int, int, int], clockwise_deg: int
) -> None:
    path = write_media(tmp_path / "a.mp4", video_codec="libx264", n_frames=5)
    data = bytearray(path.read_bytes())
    # tkhd, version 0 (ISO/IEC 14496-12, 8.3.2): the matrix stands 40 bytes into the payload.
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (each << 16 for each in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)

    with open_camera(open_source(path)) as camera:
        assert {frame.rotation_deg for frame in camera.frames(0, 99)} == {clockwise_deg}


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libvpx"), ("a.mkv", "libx264")])
def test_a_size_that_changes_within_a_file_is_that_of_each_frame(
    tmp_path: Path, name: str, codec: str
) -> None:
    path = write_media(tmp_path / name, video_codec=codec, n_frames=40, sizes=((64, 48), (48, 64)))
    with open_camera(open_source(path)) as camera:
        frames = list(camera.frames(0, 99))
        again = next(camera.frames(3.0, 3.1))

    sizes = [(frame.picture.width, frame.picture.height) for frame in frames]
    assert sizes == [(64, 48)] * 20 + [(48, 64)] * 20
    assert (again.picture.width, again.picture.height) == (48, 64)
    assert (camera.width, camera.height) == (64, 48)


def test_sound_and_picture_of_a_file_share_one_clock(tmp_path: Path) -> None:
    sound = noise(4)
    path = write_media(
        tmp_path / "a.mp4", sound, sound_codec="aac", video_codec="libx264", n_frames=40
    )
    with open_camera(open_source(path)) as camera:
        np.testing.assert_allclose(camera.times_s, np.arange(40) / 10, atol=1e-6)
    assert off_by_s(assembled(path), sound, 2.0) == 0.0


def test_stereo_is_mixed_to_the_mean(tmp_path: Path) -> None:
    import wave

    left, right = noise(1, seed=1) // 2, noise(1, seed=2) // 2
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.stack([left, right], axis=1).tobytes())

    track = assembled(tmp_path / "a.wav")

    mean = (left.astype(float) + right) / 2 / 32768
    np.testing.assert_allclose(track.read(0, RATE_HZ), mean, atol=2 / 32768)


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("empty.webm", b"", "is empty"),
        ("text.txt", b"hello world\n" * 50, "is no recording"),
        ("text.webm", b"hello world\n" * 50, "no sound or picture"),
        ("zeros.mp4", bytes(5000), "no sound or picture"),
        ("captions.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHi\n", "is no recording"),
        ("head.webm", b"\x1aE\xdf\xa3" + bytes(20), "cut off within its header"),
        ("head.mp4", b"\0\0\0\x1cftypisom" + bytes(16), "no moov"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n", "no sound or picture"),
    ],
)
def test_what_is_no_media_is_refused_in_one_line(
    tmp_path: Path, name: str, data: bytes, what: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NotMediaError, match=what) as caught:
        open_source(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is not there"):
        open_source(tmp_path / "nothing.webm")


def test_a_folder_that_is_no_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"holds no manifest\.json"):
        open_source(tmp_path)


def test_a_film_without_sound_has_no_sound_to_give(tmp_path: Path) -> None:
    path = write_media(tmp_path / "silent.mp4", video_codec="libx264", n_frames=3)
    source = open_source(path)
    assert source.kinds == ("camera",)
    with pytest.raises(MissingTrackError, match="has no sound"):
        assemble_sound(source, "microphone", tmp_path / "sound.pcm")


def test_a_voice_memo_has_no_picture_to_give(tmp_path: Path) -> None:
    source = open_source(write_media(tmp_path / "memo.m4a", noise(1), sound_codec="aac"))
    assert source.kinds == ("microphone",)
    with pytest.raises(MissingTrackError, match="has no picture"):
        open_camera(source)


def test_a_file_torn_before_its_first_sound_is_refused(browser_file: Path, tmp_path: Path) -> None:
    (tmp_path / "torn.webm").write_bytes(browser_file.read_bytes()[:600])
    with pytest.raises(NotMediaError, match="no sound that can be decoded"):
        assembled(tmp_path / "torn.webm")
    with pytest.raises(MissingTrackError, match="no picture that can be decoded"):
        open_camera(open_source(tmp_path / "torn.webm"))


@pytest.fixture(params=shared_speech() or ["generated"], ids=lambda given: Path(given).stem)
def speech(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Real speech where it is at hand, generated sound otherwise."""
    if isinstance(request.param, Path):
        return request.param
    return write_media(tmp_path / "generated.flac", noise(11), sound_codec="flac")


def test_real_speech_is_assembled_without_a_flaw(speech: Path, tmp_path: Path) -> None:
    track = assemble_sound(open_source(speech), "microphone", tmp_path / "sound.pcm")
    assert 10 < track.duration_s < 60
    assert track.flaws == ()
    assert track.gaps == ()
    assert 0.01 < float(np.sqrt(np.mean(track.read(0, track.n_samples) ** 2))) < 0.5
