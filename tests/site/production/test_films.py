"""The film of a conversation: where it lies, who may watch it, and when it goes."""

import json
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from candid.engine.errors import BadInputError
from candid.site.conversations.roles import load_roles
from candid.site.production.actions import place_film
from candid.site.recording import places
from candid.site.recording.erasure import erase
from candid.site.recording.places import Uploader
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike
from candid.site.recording.wiring import site_storage
from tests.site.at_the_desk import enter_as
from tests.site.people_who_talk import invite_two

PICTURES = bytes(range(256)) * 4000


def make_film(folder, pictures=PICTURES, **report):
    folder.mkdir(exist_ok=True)
    (folder / "film.mp4").write_bytes(pictures)
    (folder / "film.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n")
    (folder / "poster.jpg").write_bytes(b"a still")
    told = {"films": {"film.mp4": {"duration_s": 150.3}}, "transcript": {"read_by_a_person": False}}
    (folder / "report.json").write_text(json.dumps(told | report))
    return folder


@pytest.fixture
def filmed(studio, tmp_path):
    """A conversation with a film, as the desk finds it."""
    conversation, people = invite_two()
    place_film(conversation, make_film(tmp_path / "made"))
    return conversation, people


def call_folder(conversation):
    return Path(settings.MEDIA_ROOT) / "calls" / conversation.call_id


def address(conversation, name="film.mp4"):
    return f"/desk/film/{conversation.call_id}/{name}"


def test_the_page_of_a_conversation_shows_its_film_with_captions_and_their_reader(filmed, desk):
    conversation, _people = filmed
    page = desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/")
    for name in ("film.mp4", "film.vtt", "poster.jpg"):
        assert address(conversation, name) in page.text
    assert "2:30 long" in page.text
    assert "nobody has read them yet" in page.text
    assert "media-src 'self'" in page.headers["content-security-policy"]


def test_a_film_is_sent_whole_as_what_it_is_and_kept_by_nobody(filmed, desk):
    whole = desk.client.get(address(filmed[0]))
    assert (whole.status_code, whole.content) == (200, PICTURES)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["cache-control"] == "no-store"
    assert whole.headers["x-content-type-options"] == "nosniff"
    captions = desk.client.get(address(filmed[0], "film.vtt"))
    assert captions.headers["content-type"] == "text/vtt"
    assert captions.text.startswith("WEBVTT")


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [("0-1", 0, 2), ("500-", 500, None), ("1000-400999", 1000, 401_000), ("-7", -7, None)],
)
def test_a_player_gets_the_range_it_asks_for(filmed, desk, asked, first, end):
    part = desk.client.get(address(filmed[0]), headers={"Range": f"bytes={asked}"})
    assert (part.status_code, part.content) == (206, PICTURES[first:end])
    assert part.headers["content-range"].endswith(f"/{len(PICTURES)}")
    assert int(part.headers["content-length"]) == len(part.content)


def test_a_range_beyond_the_end_is_refused(filmed, desk):
    beyond = desk.client.get(address(filmed[0]), headers={"Range": "bytes=9999999-"})
    assert beyond.status_code == 416


def test_nothing_else_of_the_folder_is_sent(filmed, desk):
    conversation, _people = filmed
    for name in ("report.json", "%2e%2e%2fstruck.json", "film.mp4/"):
        answer = desk.client.get(address(conversation, name), follow_redirects=True)
        assert answer.status_code == 404
    assert desk.client.get("/desk/film/0000000000000000/film.mp4").status_code == 404


def test_who_has_not_signed_in_is_led_to_the_door(filmed, studio):
    with httpx.Client(base_url=studio) as stranger:
        answer = stranger.get(address(filmed[0]))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/desk/login/")


@pytest.mark.parametrize(("role", "may_watch"), [("Organiser", True), ("Researcher", False)])
def test_only_who_plans_conversations_sees_their_films(filmed, studio, role, may_watch):
    load_roles()
    staff = get_user_model().objects.create_user(username=role)
    staff.groups.add(Group.objects.get(name=role))
    with httpx.Client(base_url=studio, timeout=60) as client:
        theirs = enter_as(client, staff).client
        watched = theirs.get(address(filmed[0])).status_code
        page = theirs.get(f"/desk/conversations/inspect/{filmed[0].pk}/").text
    assert watched == (200 if may_watch else 403)
    assert (address(filmed[0]) in page) == may_watch


def test_the_film_goes_when_a_participant_erases_their_recording(filmed, desk):
    conversation, people = filmed
    store = site_storage().store
    erase(store, Uploader(people[0].participant_id, conversation.call_id).folder)
    assert not (call_folder(conversation) / "film").exists()
    assert desk.client.get(address(conversation)).status_code == 404


def test_the_film_goes_when_something_is_struck(filmed, desk):
    conversation, _people = filmed
    key = places.call_folder(conversation.call_id)
    strike(site_storage().store, key, Stretch("server", 0, 2_000_000))
    assert sorted(path.name for path in call_folder(conversation).iterdir()) == ["struck.json"]
    assert desk.client.get(address(conversation)).status_code == 404


def test_a_film_made_anew_takes_the_place_of_the_older_one_and_leaves_nothing(filmed, tmp_path):
    conversation, _people = filmed
    assert not place_film(conversation, tmp_path / "made")
    newer = make_film(tmp_path / "newer", b"other pictures", films={"film.mp4": {"duration_s": 9}})
    assert place_film(conversation, newer)
    assert [path.name for path in call_folder(conversation).iterdir()] == ["film"]
    assert (call_folder(conversation) / "film/film.mp4").read_bytes() == b"other pictures"


@pytest.mark.parametrize("missing", ["film.mp4", "film.vtt", "poster.jpg", "report.json"])
def test_a_film_that_is_not_finished_is_not_placed(studio, tmp_path, missing):
    made = make_film(tmp_path / "made")
    (made / missing).unlink()
    with pytest.raises(BadInputError, match="no finished film"):
        place_film(invite_two()[0], made)
