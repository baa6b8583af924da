"""Somebody of the staff with a browser, as tests need them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group
from django_otp.oath import totp

from candid.site.conversations.roles import load_roles
from candid.site.people.actions import begin_second_factor, make_recovery_codes
from candid.site.people.models import Authenticator
from candid.site.people.sealing import unseal


class FewRounds(PBKDF2PasswordHasher):  # type: ignore[misc]
    """Django's own, a thousand times quicker."""

    iterations = 1000


PASSWORD = "four words in a row"


def hire(name: str, *roles: str, is_administrator: bool = False) -> Any:
    """Make an account with PASSWORD."""
    load_roles()
    accounts = get_user_model().objects
    make = accounts.create_superuser if is_administrator else accounts.create_user
    account = make(username=name, email=f"{name}@example.org", password=PASSWORD)
    account.groups.set(Group.objects.filter(name__in=roles))
    return account


def code_of(authenticator: Authenticator, later_s: int = 0) -> str:
    """Return what the app shows now, or after a while."""
    key = unseal(bytes(authenticator.sealed_key), authenticator.whose)
    # The drift moves the clock by whole steps.
    return f"{totp(key, drift=later_s // 30):06}"


def give_second_factor(account: Any) -> tuple[Authenticator, list[str]]:
    """Turn a second factor on, long ago; return it and its recovery codes."""
    authenticator = begin_second_factor(account)
    Authenticator.objects.filter(pk=authenticator.pk).update(confirmed=True)
    return authenticator, make_recovery_codes(authenticator)


class Visitor:
    """A browser without scripts: it keeps cookies and sends the forms that it is shown."""

    def __init__(self, origin: str, **headers: str) -> None:
        self.client = httpx.Client(base_url=origin, timeout=60, headers=headers)
        self._shown = ("", "")

    def get(self, path: str) -> httpx.Response:
        answer = self.client.get(path)
        self._shown = (path, answer.text)
        return answer

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send the form of a page to its own address; it is opened where it is not shown yet."""
        shown_path, page = self._shown
        if shown_path != path:
            page = self.get(path).text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        token = found[1] if found else self.client.cookies.get("csrftoken", "")
        answer = self.client.post(path, data=fields | {"csrfmiddlewaretoken": token})
        self._shown = (path, answer.text) if answer.status_code == 422 else ("", "")
        return answer

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return self.send("/desk/login/", username=name, password=password, **fields)

    def may_enter(self) -> bool:
        return self.get("/desk/conversations/").status_code == 200


def n_until_slowed(ask: Callable[[int], httpx.Response]) -> int:
    """Return how many times one may ask before the answer is 429. Some come back meanwhile."""
    for number in range(300):
        if ask(number).status_code == 429:
            return number
    raise AssertionError("nothing slows this")
