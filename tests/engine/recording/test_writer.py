import io
from pathlib import Path

import av
import numpy as np
import pytest

from candid.engine.files import file_sha256
from candid.engine.recording.camera import open_camera
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.recording.take import read_take
from candid.engine.recording.writer import TakeIdentity, TakeWriter
from tests.engine.recording.material import Given, make_take, noise, number_shown


def test_what_is_written_is_read_back(given: Given) -> None:
    assert read_take(given.folder) == given.take


@pytest.mark.parametrize("codec", ["flac", "ipcm"])
def test_lossless_sound_comes_back_to_the_sample(tmp_path: Path, codec: str) -> None:
    written = make_take(tmp_path / "take", seconds=1.7, codec=codec, camera=False)

    track = assemble_sound(open_source(written.folder), "microphone", tmp_path / "sound.pcm")

    np.testing.assert_array_equal(np.fromfile(track.pcm, "<i2"), written.sound)
    assert track.flaws == ()
    assert track.gaps == ()
    assert track.clock(0.0) == 0.0


def test_every_picture_comes_back_at_its_time(given: Given) -> None:
    with open_camera(open_source(given.folder)) as camera:
        frames = list(camera.frames(0.0, 99.0))

    np.testing.assert_allclose(camera.times_s, given.frame_times_s, atol=1e-9)
    assert [frame.take_s for frame in frames] == camera.times_s.tolist()
    assert [number_shown(frame.picture) for frame in frames] == list(range(len(frames)))


def test_the_same_input_gives_the_same_bytes(given: Given, tmp_path: Path) -> None:
    again = make_take(tmp_path / "again")
    names = sorted(path.relative_to(again.folder) for path in again.folder.rglob("*.m*"))

    assert len(names) > 30
    for name in names:
        assert file_sha256(again.folder / name) == file_sha256(given.folder / name)


def test_each_fragment_decodes_with_the_init_segment_alone(given: Given) -> None:
    for kind in ("microphone", "camera", "heard"):
        init = (given.folder / kind / "init.mp4").read_bytes()
        for path in sorted((given.folder / kind).glob("*.m4s")):
            with av.open(io.BytesIO(init + path.read_bytes()), "r") as container:
                assert list(container.decode()), path


def test_fragments_touch_and_last_about_as_long_as_asked(given: Given) -> None:
    for track in given.take.tracks:
        for before, after in zip(track.fragments, track.fragments[1:], strict=False):
            assert before.start + before.duration == after.start
            assert 0.2 <= before.duration / track.rate <= 0.5


def test_the_codec_is_named_as_in_a_mime_type(given: Given) -> None:
    codecs = {track.kind: track.codec for track in given.take.tracks}
    assert codecs["microphone"] == "flac"
    assert codecs["heard"] == "opus"
    assert codecs["camera"].startswith("avc1.")
    assert len(codecs["camera"]) == len("avc1.64001f")


def test_a_track_cannot_be_written_twice(tmp_path: Path) -> None:
    writer = TakeWriter(tmp_path / "take", TakeIdentity("call", "ada", "ada-1", 0))
    writer.add_sound("microphone", [noise(0.1)])
    with pytest.raises(ValueError, match="written already"):
        writer.add_sound("microphone", [noise(0.1)])
