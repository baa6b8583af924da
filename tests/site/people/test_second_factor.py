"""The second factor: set up, asked for, demanded, lost."""

import dataclasses
import re

import pytest
from django.db import connection
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from wagtail.models import ModelLogEntry

from candid.site.people.actions import make_sign_in, reset_second_factor
from candid.site.people.models import Authenticator, RecoveryCode
from tests.site.people.staff import PASSWORD, Visitor, code_of, give_second_factor, hire

LATER_S = 30


@pytest.fixture
def demand(settings):
    def demand(*roles):
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, second_factor_of=roles)

    return demand


def paths_of_the_desk():
    """Every address below /desk/, with numbers and words put in for what it takes."""

    def walk(patterns, before):
        for one in patterns:
            here = before + str(one.pattern)
            if isinstance(one, URLPattern):
                yield here
            else:
                yield from walk(one.url_patterns, here)

    for pattern in walk(get_resolver().url_patterns, "/"):
        plain = re.sub(r"<(?:int:)\w+>", "1", pattern)
        plain = re.sub(r"<(?:\w+:)?\w+>", "x", plain)
        if plain.startswith("/desk/") and not set("^$()*?\\") & set(plain):
            yield plain


OPEN_TO_ALL = {
    "/desk/sprite/",
    "/desk/jsi18n/",
    "/desk/login/",
    "/desk/logout/",
    "/desk/password_reset/",
    "/desk/password_reset/done/",
    "/desk/password_reset/complete/",
    "/desk/password_reset/confirm/x/x/",
    "/desk/enter/x/",
    "/desk/second-factor/",
    "/desk/second-factor/set-up/",
}


def test_who_sets_it_up_is_asked_for_it_ever_after(visitor, nora):
    visitor.sign_in("nora")
    page = visitor.get("/desk/second-factor/set-up/").text
    begun = Authenticator.objects.get()
    assert "<svg" in page
    assert "style=" not in page
    assert visitor.send("/desk/second-factor/set-up/", code="000000").status_code == 422
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    shown = visitor.send("/desk/second-factor/set-up/", code=code_of(begun))
    codes = re.findall(r"<li>([a-z0-9-]{19})</li>", shown.text)
    assert len(codes) == 10
    assert visitor.may_enter()
    visitor.send("/desk/logout/")
    assert visitor.sign_in("nora").status_code == 302
    assert not visitor.may_enter()
    assert visitor.send("/desk/second-factor/", code=code_of(begun, LATER_S)).status_code == 302
    assert visitor.may_enter()
    assert [entry.action for entry in ModelLogEntry.objects.all()] == ["candid.second_factor.on"]


@pytest.mark.parametrize("way", ["device", "kept code"])
def test_a_device_is_replaced_with_a_code_of_the_one_in_force_alone(visitor, nora, way):
    in_force, kept = give_second_factor(nora)
    visitor.sign_in("nora")
    visitor.send("/desk/second-factor/", code=kept[0])
    assert "the device that you have now" in visitor.get("/desk/second-factor/set-up/").text
    begun = Authenticator.objects.get(confirmed=False)
    for wrong in ("", "000000", kept[0]):
        forget_tries()
        refused = visitor.send("/desk/second-factor/set-up/", code=code_of(begun), code_now=wrong)
        assert refused.status_code == 422
        assert Authenticator.objects.get(confirmed=True) == in_force
    forget_tries()
    code_now = code_of(in_force) if way == "device" else kept[1]
    visitor.send("/desk/second-factor/set-up/", code=code_of(begun), code_now=code_now)
    assert Authenticator.objects.get() == begun


@pytest.mark.parametrize("is_same_session", [True, False])
def test_a_key_that_was_shown_at_a_desk_left_open_is_shown_to_nobody_again(
    visitor, another, nora, is_same_session
):
    visitor.sign_in("nora")
    visitor.get("/desk/second-factor/set-up/")
    seen = Authenticator.objects.get()
    owner = visitor
    if not is_same_session:
        visitor.send("/desk/logout/")
        owner = another
        owner.sign_in("nora")
    owner.get("/desk/second-factor/set-up/")
    shown = Authenticator.objects.get()
    assert shown.sealed_key != seen.sealed_key
    assert owner.send("/desk/second-factor/set-up/", code=code_of(seen)).status_code == 422
    assert Authenticator.objects.get().sealed_key == shown.sealed_key
    forget_tries()
    assert owner.send("/desk/second-factor/set-up/", code=code_of(shown)).status_code == 200


def forget_tries():
    """Let codes count once more, as after a while."""
    Authenticator.objects.update(
        throttling_failure_timestamp=None, throttling_failure_count=0, last_step=-1
    )


def test_with_the_first_factor_alone_no_page_of_the_desk_opens(visitor, nora):
    nora.is_superuser = True
    nora.save()
    give_second_factor(nora)
    visitor.sign_in("nora")
    paths = set(paths_of_the_desk())
    assert len(paths) > 150
    answers = {path: visitor.get(path) for path in paths - OPEN_TO_ALL}
    opened = {
        path: answer.status_code
        for path, answer in answers.items()
        if answer.status_code not in (404, 405)
        and not answer.headers.get("location", "").startswith("/desk/login/")
    }
    # Wagtail's frames of an address lead back to the desk itself, which does not open.
    assert {path for path, status in opened.items() if status != 302} == set()
    assert {answers[path].headers["location"] for path in opened} <= {"/desk/"}


def test_the_password_page_leads_to_the_second_and_from_there_on(visitor, nora):
    authenticator, _ = give_second_factor(nora)
    visitor.sign_in("nora", next="/desk/guides/")
    ask = visitor.get("/desk/login/?next=/desk/guides/").headers["location"]
    assert ask.startswith("/desk/second-factor/?next=")
    passed = visitor.send(ask, code=code_of(authenticator), next="/desk/guides/")
    assert passed.headers["location"] == "/desk/guides/"


def test_nobody_is_led_to_another_site(visitor, nora):
    authenticator, _ = give_second_factor(nora)
    visitor.sign_in("nora")
    passed = visitor.send(
        "/desk/second-factor/", code=code_of(authenticator), next="https://elsewhere.example/"
    )
    assert passed.headers["location"] == "/desk/"


def test_a_code_counts_once(visitor, nora):
    authenticator, _ = give_second_factor(nora)
    code = code_of(authenticator)
    visitor.sign_in("nora")
    assert visitor.send("/desk/second-factor/", code=code).status_code == 302
    visitor.send("/desk/logout/")
    visitor.sign_in("nora")
    assert visitor.send("/desk/second-factor/", code=code).status_code == 422
    assert not visitor.may_enter()


def test_after_wrong_codes_a_right_one_has_to_wait(visitor, nora):
    authenticator, _ = give_second_factor(nora)
    visitor.sign_in("nora")
    for number in range(1, 4):
        visitor.send("/desk/second-factor/", code="123456")
        authenticator.refresh_from_db()
        assert authenticator.throttling_failure_count == number
        Authenticator.objects.update(throttling_failure_timestamp=None)
    # After ten the wait is longer than any machine takes for this test.
    Authenticator.objects.update(
        throttling_failure_timestamp=timezone.now(), throttling_failure_count=10
    )
    assert visitor.send("/desk/second-factor/", code=code_of(authenticator)).status_code == 422
    Authenticator.objects.update(throttling_failure_timestamp=None)
    assert visitor.send("/desk/second-factor/", code=code_of(authenticator)).status_code == 302


def test_a_code_for_a_lost_device_lets_in_once(visitor, nora):
    _, codes = give_second_factor(nora)
    visitor.sign_in("nora")
    as_typed = codes[0].upper().replace("-", " ")
    assert visitor.send("/desk/second-factor/", code=as_typed).status_code == 302
    assert visitor.may_enter()
    visitor.send("/desk/logout/")
    visitor.sign_in("nora")
    assert visitor.send("/desk/second-factor/", code=as_typed).status_code == 422
    assert ModelLogEntry.objects.get().action == "candid.second_factor.recovered"


def test_neither_key_nor_codes_stand_readable_in_the_database(nora):
    from candid.site.people.sealing import unseal
    from candid.site.people.second_factor import key_in_words

    authenticator, codes = give_second_factor(nora)
    key = unseal(bytes(authenticator.sealed_key), authenticator.whose)
    with connection.cursor() as cursor:
        cursor.execute("select * from candid_people_authenticator")
        kept = b" ".join(
            bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
            for row in cursor.fetchall()
            for value in row
        )
    for form in (key, key.hex().encode(), key_in_words(authenticator, group=0).encode()):
        assert form not in kept
    hashes = set(RecoveryCode.objects.values_list("code_sha256", flat=True))
    assert len(hashes) == 10
    assert not hashes & {code.replace("-", "") for code in codes}


def test_one_who_was_signed_in_before_it_was_set_up_is_asked_too(visitor, studio, nora):
    visitor.sign_in("nora")
    assert visitor.may_enter()
    give_second_factor(nora)
    assert not visitor.may_enter()


@pytest.mark.parametrize("roles", [("all",), ("organiser",)], ids=str)
def test_where_it_is_demanded_the_desk_opens_only_after_it_is_set_up(visitor, nora, demand, roles):
    demand(*roles)
    visitor.sign_in("nora")
    assert not visitor.may_enter()
    assert visitor.get("/desk/second-factor/").headers["location"].endswith("/set-up/")
    visitor.get("/desk/second-factor/set-up/")
    code = code_of(Authenticator.objects.get())
    assert visitor.send("/desk/second-factor/set-up/", code=code).status_code == 200
    assert visitor.may_enter()


def test_a_role_it_is_not_demanded_of_enters_without(visitor, nora, demand):
    demand("administrator", "researcher")
    visitor.sign_in("nora")
    assert visitor.may_enter()


def test_a_one_time_link_is_the_first_factor_only(visitor, nora):
    give_second_factor(nora)
    visitor.send(f"/desk/enter/{make_sign_in(nora)}/")
    assert not visitor.may_enter()
    assert visitor.get("/desk/second-factor/").status_code == 200


def test_who_knows_only_the_password_cannot_put_a_device_of_their_own(visitor, nora):
    give_second_factor(nora)
    visitor.sign_in("nora")
    assert visitor.get("/desk/second-factor/set-up/").headers["location"] == "/desk/second-factor/"
    assert Authenticator.objects.filter(confirmed=False).count() == 0


def test_an_administrator_turns_off_what_was_lost_and_it_is_logged(visitor, studio, nora):
    authenticator, _ = give_second_factor(nora)
    hire("ada", is_administrator=True)
    theirs = Visitor(studio)
    theirs.sign_in("nora")
    theirs.send("/desk/second-factor/", code=code_of(authenticator))
    assert theirs.may_enter()
    visitor.sign_in("ada")
    assert "Device lost" in visitor.get("/desk/staff/").text
    visitor.client.post(
        f"/desk/staff/{nora.pk}/reset/",
        data={"csrfmiddlewaretoken": visitor.client.cookies["csrftoken"]},
    )
    assert not Authenticator.objects.exists()
    # The device that was lost may still have been inside.
    assert not theirs.may_enter()
    assert visitor.may_enter()
    entry = ModelLogEntry.objects.get()
    assert (entry.action, entry.user.username) == ("candid.second_factor.reset", "ada")
    assert "Second step turned off" in visitor.get("/desk/staff/").text
    theirs.client.close()


def test_only_administrators_see_who_may_enter(visitor, nora):
    visitor.sign_in("nora")
    assert visitor.get("/desk/staff/").headers["location"] == "/desk/"
    token = visitor.client.cookies["csrftoken"]
    answer = visitor.client.post(
        f"/desk/staff/{nora.pk}/link/", data={"csrfmiddlewaretoken": token}
    )
    assert answer.headers["location"] == "/desk/"
    assert not nora.sign_ins.exists()


def test_an_administrator_makes_a_link_that_is_shown_once(visitor, nora, studio):
    hire("ada", is_administrator=True)
    visitor.sign_in("ada")
    shown = visitor.client.post(
        f"/desk/staff/{nora.pk}/link/",
        data={"csrfmiddlewaretoken": visitor.client.cookies["csrftoken"]},
    )
    token = re.search(r"/desk/enter/([\w-]{43})/", shown.text)[1]
    theirs = Visitor(studio)
    theirs.send(f"/desk/enter/{token}/")
    assert theirs.may_enter()
    assert ModelLogEntry.objects.get().action == "candid.sign_in.made"
    theirs.client.close()


def test_another_key_of_the_studio_opens_no_seal(visitor, nora, settings):
    _, codes = give_second_factor(nora)
    authenticator = Authenticator.objects.get()
    code = code_of(authenticator)
    settings.SECRET_KEY = "another key of this studio, of a length that is enough"
    visitor.sign_in("nora")
    assert visitor.send("/desk/second-factor/", code=code).status_code == 422
    Authenticator.objects.update(throttling_failure_timestamp=None)
    assert visitor.send("/desk/second-factor/", code=codes[1]).status_code == 302


def test_the_server_can_turn_it_off_without_anybody(nora):
    give_second_factor(nora)
    reset_second_factor(nora, None)
    assert ModelLogEntry.objects.get().user is None
    assert nora.check_password(PASSWORD)
