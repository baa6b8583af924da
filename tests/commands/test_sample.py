"""The finished sample as `make run` brings it in: real takes, their receipts, a real film."""

import json
from contextlib import contextmanager

import httpx
import pytest

from candid.engine.recording.take import read_take
from tests.commands.serving import Studio, bare_environment, refusal

pytestmark = [pytest.mark.xdist_group("film"), pytest.mark.timeout(600)]

PAGE = "/desk/conversations/"


@pytest.fixture(scope="module")
def made(sample, film, tmp_path_factory):
    """A folder as `make run` leaves it: the takes and their film."""
    folder = tmp_path_factory.mktemp("build")
    (folder / "sample").symlink_to(sample)
    (folder / "film").symlink_to(film[0])
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("studio") / "home"


@pytest.fixture
def studio(home, made):
    started = Studio(bare_environment(home), "--sample", str(made))
    yield started
    started.close()


@contextmanager
def desk_of(studio):
    """The desk as whoever opens the printed address has it."""
    enter = studio.addresses["Organiser"]
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        client.get(enter)
        client.post(enter, data={"csrfmiddlewaretoken": client.cookies["csrftoken"]})
        yield client


def test_it_stands_at_the_desk_finished_with_its_film_to_watch(studio, film):
    origin = str(httpx.URL(studio.addresses["Organiser"]).join("/")).rstrip("/")
    with desk_of(studio) as client:
        listed = client.get(origin + PAGE).text
        assert "It is lighter with two (a sample)" in listed
        page = client.get(f"{origin}{PAGE}inspect/2/").text
        assert "Rosa and Daniel are invented" in page
        assert "Ended" in page
        watched = client.get(f"{origin}/desk/film/SampleRosaDaniel/film.mp4").content
    assert watched == (film[0] / "film.mp4").read_bytes()


def names_in(take_folder):
    return sorted(str(path.relative_to(take_folder)) for path in take_folder.glob("*/*.m*"))


def test_its_takes_are_those_of_the_sample_to_the_byte(studio, home, sample):
    for name in ("rosa", "daniel"):
        [here] = (home / "media/calls/SampleRosaDaniel").glob(f"{name.capitalize()}*/*")
        there = read_take(sample / name)
        assert read_take(here).tracks == there.tracks
        kept = sorted(path.relative_to(here) for path in here.glob("*/*.m*"))
        assert kept == sorted(
            path.relative_to(sample / name) for path in there.folder.glob("*/*.m*")
        )
    receipt = json.loads((here / "receipt.json").read_bytes())
    assert receipt["state"] == "complete"


def test_it_comes_in_once_and_a_studio_that_is_started_again_is_the_same(studio, home):
    def told():
        folder = home / "media"
        return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}

    before = told()
    assert studio.stop()[0] == 0
    again = Studio(studio.environment, *studio.options)
    again.close()
    assert told() == before


def test_in_production_it_is_refused_by_name(made, tmp_path):
    production = {
        "CANDID_PRODUCTION": "yes",
        "CANDID_ORIGIN": "https://talk.example.org",
        "CANDID_SECRET_KEY": "x" * 40,
        "CANDID_EMAIL": "smtp://mail.example.org",
    }
    line = refusal(bare_environment(tmp_path) | production, "--prepare", "--sample", str(made))
    assert "--sample is for trying out" in line


def test_a_folder_without_a_sample_is_one_line(tmp_path):
    line = refusal(bare_environment(tmp_path / "home"), "--prepare", "--sample", str(tmp_path))
    assert str(tmp_path) in line
