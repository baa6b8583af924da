"""The one-time link into the desk."""

import datetime as dt

from django.utils import timezone

from candid.site.people import actions
from candid.site.people.models import SignIn


def test_a_link_lets_one_person_in_once(visitor, another):
    token = actions.make_sign_in(actions.make_first_organiser())
    assert visitor.send(f"/desk/enter/{token}/").headers["location"] == "/desk/"
    assert visitor.may_enter()
    used = another.get(f"/desk/enter/{token}/")
    assert used.status_code == 410
    assert "An administrator makes you another" in used.text
    assert 'href="/desk/login/"' in used.text


def test_a_preview_of_the_link_does_not_use_it_up(visitor):
    token = actions.make_sign_in(actions.make_first_organiser())
    for _ in range(3):
        assert visitor.client.head(f"/desk/enter/{token}/").status_code == 200
    assert actions.use_sign_in(token) is not None


def test_a_link_ends_after_a_day(visitor):
    token = actions.make_sign_in(actions.make_first_organiser())
    SignIn.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert visitor.get(f"/desk/enter/{token}/").status_code == 410
    assert actions.use_sign_in(token) is None


def test_a_new_link_ends_the_one_before_it(studio):
    organiser = actions.make_first_organiser()
    first = actions.make_sign_in(organiser)
    second = actions.make_sign_in(organiser)
    assert actions.use_sign_in(first) is None
    assert actions.use_sign_in(second) == organiser


def test_the_token_itself_is_not_in_the_database(studio):
    token = actions.make_sign_in(actions.make_first_organiser())
    assert token not in str(SignIn.objects.values_list())


def test_the_desk_is_closed_to_who_has_not_entered(visitor):
    assert visitor.get("/desk/conversations/").headers["location"].startswith("/desk/login/")
    assert visitor.get("/desk/live/x/").status_code == 302
