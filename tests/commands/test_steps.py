"""The steps by themselves: align, transcribe, doctor; and what all commands have in common."""

import json
import re
import shutil

import numpy as np
import pytest

from sample.call import HERE
from tests.commands.conftest import candid, one_line
from tests.conftest import shared_address

pytestmark = [pytest.mark.xdist_group("film"), pytest.mark.timeout(600)]


def test_align_finds_the_clocks_and_the_hole_of_the_sample(sample, takes, tmp_path):
    ran = candid("align", *takes, "-o", tmp_path / "alignment.json", "--json")
    assert ran.code == 0, ran.err
    found = ran.json
    assert found == json.loads((tmp_path / "alignment.json").read_text())
    truth = json.loads((sample / "truth.json").read_text())["takes"]
    rosa, daniel = (np.asarray(truth[name]["take_to_true"]) for name in ("rosa", "daniel"))
    a_s = np.linspace(8, 40, 50)
    true_b_s = np.interp(np.interp(a_s, *rosa.T), daniel[:, 1], daniel[:, 0])
    errors_s = np.abs(np.interp(a_s, *np.asarray(found["map"]).T) - true_b_s)
    assert errors_s.max() <= 0.005
    assert errors_s.max() <= found["error_s"]
    assert "beacons" in found["takes"][1]["evidence"]


def test_takes_whose_guides_were_struck_are_aligned_by_their_beacons(takes, tmp_path):
    """The manifest lists what was heard still; somebody had their voice taken out of it."""
    bare = [tmp_path / take.name for take in takes]
    for take, copy in zip(takes, bare, strict=True):
        shutil.copytree(take, copy, ignore=shutil.ignore_patterns("heard"))
    ran = candid("align", *bare, "-o", tmp_path / "alignment.json", "--json")
    assert ran.code == 0, ran.err
    whole = candid("align", *takes, "-o", tmp_path / "whole.json", "--json").json
    assert "beacons" in ran.json["takes"][1]["evidence"]
    without, with_guides = (np.interp(20, *np.asarray(each["map"]).T) for each in (ran.json, whole))
    assert abs(without - with_guides) <= ran.json["error_s"] + whole["error_s"]


def test_align_takes_plain_files_and_what_each_side_heard(takes, tmp_path):
    """Two files without any clock, cut from the take folders, with their guide tracks."""
    from candid.engine.recording.export import export_sound
    from candid.engine.recording.sound import assemble_sound
    from candid.engine.recording.source import open_source

    paths = {}
    for take in takes:
        for kind in ("microphone", "heard"):
            track = assemble_sound(open_source(take), kind, tmp_path / "track.pcm")
            paths[take.name, kind] = tmp_path / f"{take.name}-{kind}.wav"
            export_sound(track, paths[take.name, kind])
    ran = candid(
        "align", paths["rosa", "microphone"], paths["daniel", "microphone"],
        "--heard-by-a", paths["rosa", "heard"], "--heard-by-b", paths["daniel", "heard"],
        "-o", tmp_path / "alignment.json", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.json["takes"][1]["evidence"] == ["guides"]
    beacons = candid("align", *takes, "-o", tmp_path / "beacons.json", "--json").json
    by_sound, by_beacons = (
        np.interp(20, *np.asarray(each["map"]).T) for each in (ran.json, beacons)
    )
    assert abs(by_sound - by_beacons) <= ran.json["error_s"] + 0.01


def test_transcribe_gives_every_word_a_time_and_keeps_corrections(tmp_path):
    spoken, expected = HERE / "speech-rosa.flac", "recording"
    if address := shared_address():
        spoken, expected = address, "country"
    out = tmp_path / "transcript.json"
    ran = candid("transcribe", spoken, "-o", out, "--json")
    assert ran.code == 0, ran.err
    words = [word for segment in ran.json["segments"] for word in segment["words"]]
    assert expected in " ".join(word["text"] for word in words)
    assert all(word["start_s"] < word["end_s"] for word in words)
    stored = json.loads(out.read_text())
    stored["corrections"] = [{"words": [words[0]["id"]], "text": "Corrected"}]
    out.write_text(json.dumps(stored))
    again = candid("transcribe", spoken, "-o", out, "--json")
    assert again.json["corrections"] == stored["corrections"]


def test_doctor_names_what_is_installed_and_what_is_missing(tmp_path):
    home = str(tmp_path / "home")
    ran = candid("doctor", "--json", CANDID_HOME=home)
    assert ran.code == 0
    assert ran.json["is_well"]
    nowhere = str(tmp_path / "nowhere")
    ran = candid("doctor", "--model", nowhere, "--json", CANDID_HOME=home, HF_HUB_OFFLINE="1")
    assert ran.code == 1
    missing = [finding for finding in ran.json["findings"] if not finding["is_well"]]
    assert [finding["name"] for finding in missing] == ["speech model"]
    assert "pip install" in missing[0]["mend"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("film",),
        ("film", "a", "b"),
        ("film", "a", "b", "-o", "out", "--aspect", "4:3"),
        ("film", "a", "b", "-o", "out", "--target", "soon"),
        ("film", "a", "b", "-o", "out", "--offset", "b=nan"),
        ("film", "a", "b", "-o", "out", "--offset", "b=-1e999"),
        ("align", "a", "b", "-o", "x.json", "--offset", "b=inf"),
        ("align", "a", "-o", "x.json"),
        ("render", "cut.json", "-o", "film.avi"),
        ("melt",),
    ],
    ids=" ".join,
)
def test_a_line_that_cannot_be_understood_ends_with_2_and_says_why(arguments):
    ran = candid(*arguments)
    assert ran.code == 2
    assert "Error" in ran.err
    assert "Traceback" not in ran.err


def test_an_error_is_json_too_where_json_was_asked_for(tmp_path):
    ran = candid("align", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "x.json", "--json")
    assert ran.code == 1
    assert ran.json["error"] in one_line(ran)


@pytest.mark.parametrize("n_people", [3, 4])
def test_three_and_four_people_make_a_film(takes, tmp_path, n_people):
    """Further people come as copies with ids of their own, so that their sound is theirs."""
    from candid.engine.recording.export import export_sound
    from candid.engine.recording.sound import assemble_sound
    from candid.engine.recording.source import open_source

    people = list(takes)
    for at in range(2, n_people):
        track = assemble_sound(open_source(takes[at % 2]), "heard", tmp_path / "track.pcm")
        people.append(tmp_path / f"person-{at}.wav")
        export_sound(track, people[-1])
    offsets = [f"--offset={path.stem}=0.5" for path in people[2:]]
    ran = candid(
        "film", *people, *offsets, "-o", tmp_path / "out", "--target", "0:20", "--draft", "--json"
    )
    assert ran.code == 0, ran.err
    assert len(ran.json["inputs"]) == n_people
    assert (tmp_path / "out/film.mp4").stat().st_size > 100_000


def test_two_takes_of_one_participant_belong_together_and_both_are_heard(takes, tmp_path):
    """A reload in mid-call: the second half of one person's recording is a take of its own."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, wanted in ((first, "first"), (second, "second")):
        shutil.copytree(takes[1], folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["take_id"] = f"take-daniel-{wanted}"
        for track in manifest["tracks"]:
            half = len(track["fragments"]) // 2
            kept = track["fragments"][:half] if wanted == "first" else track["fragments"][half:]
            track["fragments"] = kept
        (folder / "manifest.json").write_text(json.dumps(manifest))
    out = tmp_path / "out"
    ran = candid(
        "film", takes[0], first, second, "-o", out, "--target", "0:40", "--draft", "--json"
    )
    assert ran.code == 0, ran.err
    inputs = ran.json["inputs"]
    assert [(each["take"], each["participant"]) for each in inputs] == [
        ("take-rosa", "rosa"),
        ("take-daniel-first", "daniel"),
        ("take-daniel-second", "daniel"),
    ]
    on_call = [each["take"] for each in ran.json["alignment"]["takes"]]
    assert on_call == [each["take"] for each in inputs]
    transcript = json.loads((out / "transcript.json").read_text())
    said = [word for segment in transcript["segments"] for word in segment["words"]]
    halves = [[word for word in said if word["take"] == each["take"]] for each in inputs[1:]]
    assert max(word["end_s"] for word in halves[0]) <= min(word["start_s"] for word in halves[1])
    texts = [{word["text"] for word in half} for half in halves]
    captions = spoken_by(out / "film.vtt", "Daniel")
    for own in (texts[0] - texts[1], texts[1] - texts[0]):
        assert len(own & captions) > len(own) / 2


def spoken_by(captions, name):
    """Return the words that WebVTT captions give to a speaker."""
    spoken = re.findall(rf"<v {name}>(.*)", captions.read_text())
    return {word for line in spoken for word in line.split()}
