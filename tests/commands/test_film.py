"""`candid film` on real takes, from the command line, as a person runs it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
from fractions import Fraction
from urllib.parse import unquote, urlparse

import av
import numpy as np
import opentimelineio as otio
import pytest

from candid.engine.production import workspace
from candid.engine.production.cut_job import cut_again
from candid.engine.production.options import FilmLook
from candid.engine.production.render_job import render_cut
from candid.engine.production.workspace import Workspace
from tests.commands.conftest import COMMAND, candid, environment, one_line

pytestmark = [pytest.mark.xdist_group("film"), pytest.mark.timeout(600)]

FILES = {
    "film.mp4",
    "film.vtt",
    "film.srt",
    "transcript.json",
    "cut.json",
    "cut.otio",
    "alignment.json",
    "poster.jpg",
    "report.json",
}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def film_again(film, takes, *more):
    folder, _ = film
    arguments = ["film", *takes, "-o", folder, "--target", "0:25", "--draft", "--json"]
    ran = candid(*arguments, "--title", "It is lighter with two", *more)
    assert ran.code == 0, ran.err
    return ran.json


@pytest.fixture
def copied(film, tmp_path):
    """A copy of the finished film's folder, to change things in."""
    shutil.copytree(film[0], tmp_path / "out")
    return tmp_path / "out", film[1]


def test_everything_that_belongs_to_a_film_is_written_and_nothing_half(film):
    folder, report = film
    assert {path.name for path in folder.iterdir()} >= FILES
    assert not list(folder.rglob("*.part*"))
    assert report == json.loads((folder / "report.json").read_text())


def test_the_report_states_the_hash_of_the_very_file(film):
    folder, report = film
    assert report["films"]["film.mp4"]["sha256"] == sha256(folder / "film.mp4")


def test_the_film_is_what_browsers_and_phones_play(film):
    with av.open(str(film[0] / "film.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.profile) == ("h264", "High")
        assert (video.width, video.height, video.codec_context.pix_fmt) == (1280, 720, "yuv420p")
        assert (video.codec_context.colorspace, video.codec_context.color_primaries) == (1, 1)
        assert (audio.codec_context.name, audio.rate) == ("aac", 48_000)
    head = (film[0] / "film.mp4").read_bytes()[:65536]
    assert 0 < head.find(b"moov") < (head.find(b"mdat") if b"mdat" in head else 65536)


def test_every_frame_step_is_equal_and_the_length_is_near_the_target(film):
    with av.open(str(film[0] / "film.mp4")) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    assert set(np.diff(times)) == {Fraction(1, 30)}
    assert len(times) / 30 == pytest.approx(25, rel=0.05)


def test_loudness_and_true_peak_are_as_promised(film):
    made = film[1]["films"]["film.mp4"]
    assert made["loudness_lufs"] == pytest.approx(-16, abs=0.5)
    assert made["true_peak_dbtp"] <= -1


def test_a_second_run_encodes_nothing_and_gives_the_same_film(film, takes):
    before = film[1]["films"]["film.mp4"]["sha256"]
    again = film_again(film, takes)["films"]["film.mp4"]
    assert (again["encoded_frames"], again["sha256"]) == (0, before)


def damage_somehow(path, number):
    """Empty a file, cut it off, flip a bit of it, or put something else in its place."""
    data = path.read_bytes()
    middle = len(data) // 2
    ways = [
        b"",
        data[: middle + 1],
        data[:middle] + bytes([data[middle] ^ 8]) + data[middle + 1 :],
        b'{"document": {}, "files": {}, "sha256": ""}',
    ]
    path.write_bytes(ways[number % len(ways)])


def test_whatever_is_damaged_in_the_work_folder_the_film_is_the_same(copied, takes):
    folder, before = copied
    files = sorted(path for path in (folder / ".candid").rglob("*") if path.is_file())
    assert {path.suffix for path in files} == {".json", ".pcm", ".mp4", ".m4a"}
    for number, path in enumerate(files):
        damage_somehow(path, number)
    again = film_again(copied, takes)
    made = again["films"]["film.mp4"]
    assert made["sha256"] == before["films"]["film.mp4"]["sha256"]
    assert made["encoded_frames"] == made["frames"]
    assert again["transcript"] == before["transcript"]


def test_the_captions_say_what_was_said_and_who(film):
    captions = (film[0] / "film.vtt").read_text()
    assert captions.startswith("WEBVTT")
    assert "<v Rosa>" in captions
    assert "<v Daniel>" in captions
    assert film[1]["captions"]["words"] > 30
    assert film[1]["captions"]["kept"]["no_cut_inside"] == film[1]["captions"]["cues"]


def test_an_interrupted_run_goes_on_and_ends_in_the_same_bytes(film, takes, tmp_path):
    folder = tmp_path / "out"
    line = [*COMMAND, "film", *map(str, takes), "-o", str(folder), "--target", "0:25", "--draft"]
    line += ["--title", "It is lighter with two"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=environment()) as running:
        for told in running.stderr:
            if told.startswith("drawing the film") and any(
                (folder / ".candid/shots").glob("*.mp4")
            ):
                break
        else:
            pytest.fail("the film was done before it could be killed")
        os.kill(running.pid, signal.SIGKILL)
    assert not (folder / "film.mp4").exists()
    ran = candid(*line[3:], "--json")
    assert ran.code == 0, ran.err
    made = ran.json["films"]["film.mp4"]
    assert made["encoded_frames"] < made["frames"]
    assert made["sha256"] == film[1]["films"]["film.mp4"]["sha256"]


def test_a_cut_edited_by_hand_is_filmed_as_it_is(copied, takes):
    folder, _ = copied
    cut = json.loads((folder / "cut.json").read_text())
    del cut["shots"][1:]
    (folder / "cut.json").write_text(json.dumps(cut))
    report = film_again(copied, takes)
    assert report["cut"]["shots"] == 1
    assert any("edited by hand" in note for note in report["notes"])
    assert json.loads((folder / "cut.json").read_text())["shots"] == cut["shots"]


def test_corrections_survive_another_run_and_stand_in_the_captions(copied, takes):
    folder, _ = copied
    transcript = json.loads((folder / "transcript.json").read_text())
    cut = json.loads((folder / "cut.json").read_text())
    shown = [(shot["start_s"], shot["end_s"]) for shot in cut["shots"]]
    word = next(
        word
        for segment in transcript["segments"]
        for word in segment["words"]
        if any(start < word["start_s"] and word["end_s"] < end for start, end in shown)
    )
    transcript["corrections"] = [{"words": [word["id"]], "text": "Marzipan"}]
    (folder / "transcript.json").write_text(json.dumps(transcript))
    report = film_again(copied, takes)
    assert "Marzipan" in (folder / "film.vtt").read_text()
    assert report["films"]["film.mp4"]["encoded_frames"] == 0
    assert report["transcript"]["corrections"] == 1


def test_other_aspects_and_burned_captions_are_films_of_their_own(copied, takes):
    folder, before = copied
    report = film_again(copied, takes, "--aspect", "9:16,1:1", "--burn-captions")
    sizes = {}
    for name in ("film.mp4", "film-1x1.mp4"):
        with av.open(str(folder / name)) as container:
            sizes[name] = (container.streams.video[0].width, container.streams.video[0].height)
    assert sizes == {"film.mp4": (720, 1280), "film-1x1.mp4": (720, 720)}
    hashes = {film["sha256"] for film in report["films"].values()}
    assert len(hashes | {before["films"]["film.mp4"]["sha256"]}) == 3


def test_a_conversation_shorter_than_the_target_is_kept_whole(copied, takes):
    folder, _ = copied
    (folder / "cut.json").unlink()
    ran = candid("film", *takes, "-o", folder, "--target", "4:00", "--draft", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["cut"]["duration_s"] > 38
    assert not [each for each in ran.json["left_out"] if each["what"] == "call"]


def test_names_of_any_alphabet_and_with_quotes_work_everywhere(takes, tmp_path):
    folder = tmp_path / 'Łucja\'s "film" и друзья'
    rosa = tmp_path / "Rosa & 'co'"
    shutil.copytree(takes[0], rosa)
    ran = candid(
        "film", rosa, takes[1], "-o", folder, "--target", "0:15", "--draft", "--json",
        "--names", "Łucja <b>,Дмитрий",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    captions = (folder / "film.vtt").read_text()
    assert "Дмитрий" in captions
    assert "<b>" not in captions


def test_render_draws_the_same_film_from_the_decision_list_alone(copied):
    folder, report = copied
    ran = candid("render", folder / "cut.json", "-o", folder / "again.mp4", "--draft", "--json")
    assert ran.code == 0, ran.err
    assert all((folder / name).exists() for name in ran.json["files"].values())
    made = ran.json["films"]["again.mp4"]
    assert made["sha256"] == report["films"]["film.mp4"]["sha256"]
    assert made["encoded_frames"] == 0


@pytest.mark.parametrize("command", ["render", "cut"])
def test_another_command_in_a_film_folder_keeps_to_the_limit_too(copied, monkeypatch, command):
    """What it needs itself stays, and so do the words: hearing them anew would take longest."""
    folder, _ = copied
    words = set((folder / ".candid/words").iterdir())
    shots = set((folder / ".candid/shots").iterdir())
    unused = folder / ".candid/shots/of-another-aspect.mp4"
    unused.write_bytes(b"picture")
    monkeypatch.setattr(workspace, "KEPT_BYTES", 0)
    if command == "render":
        render_cut(folder / "cut.json", folder / "again.mp4", FilmLook(is_draft=True))
        assert set((folder / ".candid/shots").iterdir()) == shots
    else:
        cut_again(folder, 20.0)
    assert not unused.exists()
    assert set((folder / ".candid/words").iterdir()) == words
    assert words


def test_cut_proposes_another_length_and_keeps_an_edited_cut_beside_it(copied):
    folder, _ = copied
    edited = json.loads((folder / "cut.json").read_text()) | {"title": "Edited"}
    (folder / "cut.json").write_text(json.dumps(edited))
    ran = candid("cut", folder, "--target", "0:20", "--json")
    assert ran.code == 0, ran.err
    cards_s = 3.5 + 6.0
    length_s = sum(shot["end_s"] - shot["start_s"] for shot in ran.json["shots"])
    assert length_s + cards_s == pytest.approx(20, rel=0.05)
    assert json.loads((folder / "cut.previous.json").read_text()) == edited


def test_an_edited_timeline_comes_back_as_the_cut_and_is_filmed(copied, takes):
    folder, _ = copied
    before = json.loads((folder / "cut.json").read_text())
    timeline = otio.adapters.read_from_file(str(folder / "cut.otio"))
    clips = next(track for track in timeline.tracks if track.kind == "Video")
    del clips[-1]
    otio.adapters.write_to_file(timeline, str(folder / "edited.otio"))
    ran = candid("cut", folder, "--from", folder / "edited.otio", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["shots"] == before["shots"][:-1]
    report = film_again(copied, takes)
    assert report["cut"]["shots"] == len(before["shots"]) - 1
    assert any("made or edited by hand" in note for note in report["notes"])


def test_an_editing_program_finds_every_file_of_the_timeline(film):
    timeline = otio.adapters.read_from_file(str(film[0] / "cut.otio"))
    urls = {clip.media_reference.target_url for clip in timeline.find_clips()}
    assert len(urls) == 4
    for url in urls:
        with av.open(unquote(urlparse(url).path)) as container:
            assert next(container.decode(container.streams.best("video") or 0)) is not None


def gapped(take, folder, **gap):
    """Copy a take and let its manifest tell of a gap from 6 to 16 s of the call."""
    shutil.copytree(take, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    started_us = manifest["started_us"]
    manifest["gaps"] = [
        {"start_us": started_us + 6_000_000, "end_us": started_us + 16_000_000} | gap
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize("reason", ["struck", "paused"])
def test_struck_and_paused_time_enters_nothing_from_either_side(takes, tmp_path, reason):
    """What was struck is in the other microphone too; not even a person's own cut may hold it."""
    out = tmp_path / "out"
    line = ("film", tmp_path / "rosa", takes[1], "-o", out, "--target", "0:20", "--draft", "--json")
    shutil.copytree(takes[0], tmp_path / "rosa")
    assert candid(*line).code == 0
    before = set((out / ".candid").glob("[sw]*/*"))
    shutil.rmtree(tmp_path / "rosa")
    gapped(takes[0], tmp_path / "rosa", reason=reason)
    other_job = Workspace(out / ".candid")
    beside = candid(*line)
    assert any("still there and may hold what was struck" in note for note in beside.json["notes"])
    assert before <= set((out / ".candid").glob("[sw]*/*"))
    del other_job
    ran = candid(*line)
    assert ran.code == 0, ran.err
    assert not any("still there" in note for note in ran.json["notes"])
    left = before & set((out / ".candid").glob("[sw]*/*"))
    assert all(path.parent.name != "words" for path in left)
    assert not [path for path in left if path.suffix == ".m4a"]
    transcript = json.loads((out / "transcript.json").read_text())
    words = [word for segment in transcript["segments"] for word in segment["words"]]
    assert words
    assert not [word for word in words if 6.2 < (word["start_s"] + word["end_s"]) / 2 < 15.8]
    samples, _ = decoded(out / "media/take-daniel-microphone.wav")
    at = round((10 - 4.3) * 48_000)
    assert not samples[at : at + 48_000].any()
    cut = json.loads((out / "cut.json").read_text())
    cut["shots"] = [dict(cut["shots"][0], start_s=8.0, end_s=14.0)]
    (out / "cut.json").write_text(json.dumps(cut))
    assert "struck" in one_line(candid(*line))
    assert "struck" in one_line(candid("render", out / "cut.json", "-o", tmp_path / "x.mp4"))


def decoded(path):
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(frames, axis=1)[0], container.streams.audio[0].rate


def test_a_fragment_that_arrives_late_is_in_the_next_film(takes, tmp_path):
    daniel = tmp_path / "daniel"
    shutil.copytree(takes[1], daniel)
    fragment = daniel / "microphone/000020.m4s"
    late = fragment.rename(tmp_path / "late.m4s")
    line = (
        "film",
        takes[0],
        daniel,
        "-o",
        tmp_path / "out",
        "--target",
        "0:20",
        "--draft",
        "--json",
    )
    first = candid(*line)
    assert first.code == 0, first.err
    assert [flaw["kind"] for flaw in first.json["inputs"][1]["flaws"]] == ["missing"]
    late.rename(fragment)
    assert candid(*line).json["inputs"][1]["flaws"] == []


def test_a_take_whose_camera_is_lost_is_a_card_and_the_report_says_so(takes, tmp_path):
    daniel = tmp_path / "daniel"
    shutil.copytree(takes[1], daniel)
    for fragment in (daniel / "camera").glob("*.m4s"):
        fragment.unlink()
    ran = candid(
        "film", takes[0], daniel, "-o", tmp_path / "out", "--target", "0:20", "--draft", "--json"
    )
    assert ran.code == 0, ran.err
    assert any("has no picture" in note for note in ran.json["notes"])


def test_a_recording_is_never_written_over(takes, tmp_path):
    daniel = tmp_path / "daniel.mp4"
    daniel.write_bytes(b"the only copy")
    assert "written over" in one_line(candid("align", daniel, takes[0], "-o", daniel))
    assert "written over" in one_line(candid("transcribe", daniel, "-o", daniel))
    assert "written over" in one_line(candid("film", *takes, "-o", takes[0] / "film"))
    assert daniel.read_bytes() == b"the only copy"


def test_what_is_wrong_with_the_request_is_said_before_any_listening(takes, tmp_path):
    line = ("film", *takes, "-o", tmp_path / "out")
    assert "is not there" in one_line(candid(*line, "--cut", tmp_path / "gone.json"))
    assert "is not there" in one_line(candid(*line, "--words", tmp_path / "gone.srt"))
    assert not (tmp_path / "out/transcript.json").exists()
