"""Who has signed in stays so for a working day, at one browser, until the password changes."""

import dataclasses
import datetime as dt
import io
import logging
import re

from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from candid.site.discretion import Discreet
from candid.site.environment import email
from candid.site.people.actions import end_stale_sign_ins, make_sign_in
from tests.site.mail_server import running_mail_server
from tests.site.people.staff import PASSWORD, Visitor

NEW = "another four words here"


def cookie_lines(response):
    return {line.split("=", 1)[0]: line.lower() for line in response.headers.get_list("set-cookie")}


def test_the_cookie_is_for_the_browser_alone_and_ends_with_it(visitor, nora):
    cookies = cookie_lines(visitor.sign_in("nora"))
    session = cookies["sessionid"]
    assert "httponly" in session
    assert "samesite=lax" in session
    assert "max-age" not in session
    assert "expires" not in session
    assert "httponly" in cookies["csrftoken"]
    assert "samesite=strict" in cookies["known"]
    kept_for = Session.objects.get().expire_date - timezone.now()
    assert dt.timedelta(hours=11) < kept_for <= dt.timedelta(hours=12)


def test_what_the_cookie_holds_is_not_in_the_database(visitor, nora):
    visitor.sign_in("nora")
    held = visitor.client.cookies["sessionid"]
    [row] = Session.objects.all()
    assert row.session_key != held
    thief = Visitor(str(visitor.client.base_url))
    thief.client.cookies.set("sessionid", row.session_key)
    assert not thief.may_enter()
    thief.client.cookies.set("sessionid", held)
    assert thief.may_enter()
    thief.client.close()


def test_signing_in_gives_another_cookie_and_signing_out_ends_it(visitor, nora):
    visitor.sign_in("nora")
    first = visitor.client.cookies["sessionid"]
    visitor.sign_in("nora")
    visitor.send("/desk/logout/")
    visitor.client.cookies.set("sessionid", first)
    assert not visitor.may_enter()
    assert not Session.objects.exists()


def test_after_a_working_day_one_signs_in_again(visitor, nora):
    visitor.sign_in("nora")
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    assert not visitor.may_enter()
    end_stale_sign_ins()
    assert not Session.objects.exists()


def change_password(visitor):
    fields = {
        "name_email-first_name": "Nora",
        "name_email-last_name": "Field",
        "name_email-email": "nora@example.org",
        "password-old_password": PASSWORD,
        "password-new_password1": NEW,
        "password-new_password2": NEW,
        "locale-preferred_language": "",
        "locale-current_time_zone": "UTC",
        "theme-theme": "system",
        "theme-contrast": "system",
        "theme-density": "default",
        "theme-keyboard_shortcuts": "on",
    }
    return visitor.send("/desk/account/", **fields)


def test_a_new_password_signs_out_everywhere_else(visitor, another, nora):
    visitor.sign_in("nora")
    another.sign_in("nora")
    assert change_password(visitor).status_code == 302
    nora.refresh_from_db()
    assert nora.check_password(NEW)
    assert visitor.may_enter()
    assert not another.may_enter()


def test_after_a_one_time_link_in_production_a_password_is_set(visitor, studio, settings, nora):
    nora.set_unusable_password()
    nora.save()
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, is_production=True)
    entered = visitor.send(f"/desk/enter/{make_sign_in(nora)}/")
    assert entered.headers["location"] == "/desk/password/"
    short = visitor.send("/desk/password/", new_password1="short", new_password2="short")
    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    like = visitor.send("/desk/password/", new_password1="password1234", new_password2=NEW)
    assert like.status_code == 422
    kept = visitor.send("/desk/password/", new_password1=NEW, new_password2=NEW)
    assert kept.headers["location"] == "/desk/"
    assert visitor.may_enter()
    visitor.send("/desk/logout/")
    assert visitor.sign_in("nora", NEW).status_code == 302
    again = visitor.send("/desk/password/", new_password1=PASSWORD, new_password2=PASSWORD)
    assert again.headers["location"] == "/desk/account/"
    nora.refresh_from_db()
    assert nora.check_password(NEW)


def test_a_forgotten_password_is_set_anew_by_e_mail_once(visitor, another, nora, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    another.sign_in("nora")
    asked = visitor.send("/desk/password_reset/", email="nora@example.org")
    assert asked.headers["location"] == "/desk/password_reset/done/"
    [sent] = mail.outbox
    path = re.search(r"/desk/password_reset/confirm/\S+", sent.body)[0]
    form = visitor.get(path).headers["location"]
    done = visitor.send(form, new_password1=NEW, new_password2=NEW)
    assert done.headers["location"] == "/desk/password_reset/complete/"
    assert not another.may_enter()
    assert "has been used" in another.get(path).text
    assert not visitor.may_enter()
    assert visitor.sign_in("nora", NEW).status_code == 302


def test_what_a_mail_server_says_of_an_address_is_in_no_log(
    visitor, nora, settings, tmp_path, monkeypatch
):
    heard, django = io.StringIO(), logging.getLogger("django")
    lines = logging.StreamHandler(heard)
    lines.setFormatter(Discreet())
    monkeypatch.setattr(django, "handlers", [*django.handlers, lines])

    async def refuse(*_told):
        return "550 no nora@example.org here"

    with running_mail_server(tmp_path, "none") as (port, box):
        box.handle_RCPT = refuse
        for name, value in email(f"smtp://127.0.0.1:{port}?tls=none").items():
            setattr(settings, name, value)
        visitor.send("/desk/password_reset/", email="nora@example.org")
    assert f"Failed to send password reset email to {nora.pk}" in heard.getvalue()
    assert "nora" not in heard.getvalue()


def test_asking_for_a_password_tells_nothing_and_sends_little(visitor, nora, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    nobody = visitor.send("/desk/password_reset/", email="nobody@example.org")
    somebody = [visitor.send("/desk/password_reset/", email="nora@example.org") for _ in range(5)]
    for answer in somebody:
        assert answer.status_code == nobody.status_code
        assert answer.headers["location"] == nobody.headers["location"]
    assert len(mail.outbox) == 3
