"""The one-time link into the desk."""

import datetime as dt

import httpx
import pytest
from django.utils import timezone

from candid.site.people import actions
from candid.site.people.models import SignIn


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=30, follow_redirects=False) as client:
        yield client


def enter(client, token):
    page = client.get(f"/desk/enter/{token}/").text
    csrf = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    return client.post(f"/desk/enter/{token}/", data={"csrfmiddlewaretoken": csrf})


def test_a_link_lets_one_person_in_once(client):
    token = actions.make_sign_in(actions.make_first_organiser())
    assert enter(client, token).headers["location"] == "/desk/"
    assert client.get("/desk/conversations/").status_code == 200
    with httpx.Client(base_url=str(client.base_url)) as another:
        assert another.get(f"/desk/enter/{token}/").status_code == 410


def test_a_preview_of_the_link_does_not_use_it_up(client):
    token = actions.make_sign_in(actions.make_first_organiser())
    for _ in range(3):
        assert client.head(f"/desk/enter/{token}/").status_code == 200
    assert actions.use_sign_in(token) is not None


def test_a_link_ends_after_a_day(client):
    token = actions.make_sign_in(actions.make_first_organiser())
    SignIn.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert client.get(f"/desk/enter/{token}/").status_code == 410
    assert actions.use_sign_in(token) is None


def test_a_new_link_ends_the_one_before_it(client):
    organiser = actions.make_first_organiser()
    first = actions.make_sign_in(organiser)
    second = actions.make_sign_in(organiser)
    assert actions.use_sign_in(first) is None
    assert actions.use_sign_in(second) == organiser


def test_the_token_itself_is_not_in_the_database(client):
    token = actions.make_sign_in(actions.make_first_organiser())
    assert token not in str(SignIn.objects.values_list())


def test_the_desk_is_closed_to_who_has_not_entered(client):
    assert client.get("/desk/conversations/").headers["location"].startswith("/desk/login/")
    assert client.get("/desk/live/x/").status_code == 302
