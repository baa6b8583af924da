"""What cannot be used is refused with one clear line, and nothing half-written stays."""

import json
import shutil
import wave

import av
import numpy as np
import pytest

from sample.call import HERE
from tests.commands.conftest import candid, one_line

pytestmark = [pytest.mark.xdist_group("film"), pytest.mark.timeout(600)]

RATE_HZ = 16_000


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


@pytest.fixture(scope="module")
def speech():
    """A minute of each person's speech by itself: nothing of the other is in it."""
    voices = []
    for name in ("rosa", "daniel"):
        with av.open(str(HERE / f"speech-{name}.flac")) as source:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            frames = [out for frame in source.decode(audio=0) for out in resampler.resample(frame)]
        voices.append(np.concatenate([f.to_ndarray()[0] for f in frames])[: 60 * RATE_HZ] / 32768)
    return voices


@pytest.fixture
def unrelated(speech, tmp_path):
    paths = [tmp_path / "anna.wav", tmp_path / "ben.wav"]
    for path, samples in zip(paths, speech, strict=True):
        write_wav(path, samples)
    return paths


def refused(tmp_path, *arguments):
    out = tmp_path / "out"
    line = one_line(candid("film", *arguments, "-o", out, "--draft"))
    films = [path.name for path in out.rglob("*") if path.suffix in {".mp4", ".vtt", ".part"}]
    assert films == []
    return line


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.webm", b"", "is empty"),
        ("letter.docx", b"Dear all, this is no recording. " * 50, "no sound or picture"),
        ("gone.webm", None, "is not there"),
    ],
)
def test_what_is_no_recording_is_named(takes, tmp_path, name, content, why):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    line = refused(tmp_path, takes[0], path)
    assert name in line
    assert why in line


def test_a_recording_that_breaks_off_at_once_is_named(unrelated, tmp_path):
    path = tmp_path / "torn.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48_000)
        for _ in range(100):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.rate = 48_000
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    path.write_bytes(path.read_bytes()[:600])
    assert "torn.mp4" in refused(tmp_path, unrelated[0], path)


def test_a_take_without_sound_is_named(takes, tmp_path):
    silent = tmp_path / "silent.mp4"
    with av.open(str(silent), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), "yuv420p")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    line = refused(tmp_path, takes[0], silent)
    assert "silent.mp4" in line
    assert "sound" in line


def test_two_unrelated_recordings_are_refused_with_what_was_tried(unrelated, tmp_path):
    line = refused(tmp_path, *unrelated)
    assert "nothing in common" in line
    assert "tried:" in line
    assert "--offset" in line


def test_unrelated_recordings_become_a_film_when_a_person_says_where_they_start(
    unrelated, tmp_path
):
    out = tmp_path / "out"
    ran = candid(
        "film",
        *unrelated,
        "-o",
        out,
        "--offset",
        "ben=2.5",
        "--target",
        "0:10",
        "--draft",
        "--json",
    )
    assert ran.code == 0, ran.err
    assert ran.json["alignment"]["takes"][1]["evidence"] == ["offset"]
    assert any("no picture" in note for note in ran.json["notes"])


def test_one_take_given_twice_is_noticed(takes, tmp_path):
    assert "same take" in refused(tmp_path, takes[0], takes[0])


def test_five_people_are_too_many(unrelated, speech, tmp_path):
    more = [tmp_path / f"{name}.wav" for name in ("cleo", "dan", "eve")]
    for at, path in enumerate(more):
        write_wav(path, speech[0][(at + 1) * RATE_HZ :])
    assert "4 at most" in refused(tmp_path, *unrelated, *more)


def test_less_than_two_takes_are_a_mistake_of_the_line(takes, tmp_path):
    ran = candid("film", takes[0], "-o", tmp_path / "out")
    assert ran.code == 2
    assert "at least two" in ran.err


def test_a_model_that_is_missing_with_the_network_away_is_one_line(takes, tmp_path):
    ran = candid(
        "film", *takes, "-o", tmp_path / "out", "--model", "small.en",
        prefix=("unshare", "--net", "--map-root-user"), HF_HOME=str(tmp_path / "hub"),
    )  # fmt: skip
    line = one_line(ran)
    assert "no speech model 'small.en'" in line
    assert "pip install candid[speech-base]" in line


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda cut: cut["takes"].pop(), "cut.json.participants[1]"),
        (lambda cut: cut["takes"][0].update(source="gone"), "cut.json.takes[0].source"),
        (lambda cut: cut["shots"][0].update(layout="carousel"), "cut.json.shots[0].layout"),
        (lambda cut: cut["shots"][0].update(people=["nobody"]), "cut.json.shots[0].people"),
        (lambda cut: cut["shots"][-1].update(end_s=99999.0), "cut.json.shots["),
        (lambda cut: cut.update(schema="candid.cut/2.0"), "cut.json.schema"),
        (lambda cut: cut.update(shots=[]), "cut.json.shots"),
    ],
    ids=["a missing take", "media gone", "layout", "person", "time", "newer schema", "no shot"],
)
def test_a_cut_that_cannot_be_filmed_names_its_field(film, tmp_path, change, why):
    folder = tmp_path / "film"
    shutil.copytree(film[0], folder)
    cut = json.loads((folder / "cut.json").read_text())
    change(cut)
    (folder / "cut.json").write_text(json.dumps(cut))
    ran = candid("render", folder / "cut.json", "-o", folder / "new.mp4", "--draft")
    assert one_line(ran).startswith(f"candid: {why}")
    assert not (folder / "new.mp4").exists()


def test_a_disk_that_fills_up_in_mid_render_loses_nothing_that_was_done(film, takes, tmp_path):
    """A small disk of its own holds the output; then it gets the room that it needs."""
    mount = tmp_path / "disk"
    mount.mkdir()
    script = (
        f'mount -t tmpfs -o size=24m disk "{mount}"; "$@"; first=$?; '
        f'find "{mount}" -name "*.part*" | wc -l; ls "{mount}/out/.candid/shots" | wc -l; '
        f'test -e "{mount}/out/film.mp4" && echo half-a-film; '
        f'mount -o remount,size=400m "{mount}"; "$@" 2>/dev/null && '
        f'sha256sum < "{mount}/out/film.mp4"; exit $first'
    )
    prefix = ("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh")
    ran = candid(
        "film", *takes, "-o", mount / "out", "--target", "0:25", "--draft",
        "--title", "It is lighter with two", prefix=prefix,
    )  # fmt: skip
    assert "the disk is full" in one_line(ran)
    halves, finished_shots, *rest = ran.out.split("\n")
    assert int(halves) == 0
    assert int(finished_shots) > 0
    assert "half-a-film" not in rest
    assert ran.out.split()[-2] == film[1]["films"]["film.mp4"]["sha256"]


def test_a_folder_that_cannot_be_written_is_named_before_any_work(takes, tmp_path):
    (tmp_path / "out").write_text("a file is in the way")
    line = one_line(candid("film", *takes, "-o", tmp_path / "out"))
    assert str(tmp_path / "out") in line
    assert (tmp_path / "out").read_text() == "a file is in the way"


def test_a_read_only_disk_is_one_line(takes, tmp_path):
    mount = tmp_path / "disk"
    mount.mkdir()
    script = f'mount -t tmpfs -o ro disk "{mount}"; exec "$@"'
    prefix = ("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh")
    line = one_line(candid("film", *takes, "-o", mount / "out", prefix=prefix))
    assert "read-only disk" in line


def test_a_film_shorter_than_its_own_cards_is_refused(takes, tmp_path):
    assert "no longer than the cards" in refused(tmp_path, *takes, "--target", "0:05")
