"""Lists of the desk ask the database as often for many rows as for few."""

import dataclasses

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candid.site.conversations.actions import Plan, plan_conversation
from candid.site.people.models import HelpCountry, Helpline
from tests.site.people.staff import hire

N_MORE = 8


def add_conversation(number):
    plan_conversation(Plan(f"Talk {number}", [("Rosa", ""), ("Daniel", "")]))


def add_helpline(number):
    country = HelpCountry.objects.create(name=f"Land {number}", emergency_number="112")
    Helpline.objects.create(
        country=country, service=f"Line {number}", website="https://helpline.example/"
    )


def add_staff(number):
    hire(f"nora{number}", "Organiser", "Researcher")


LISTS = {
    "/desk/conversations/": (add_conversation, "Rosa, Daniel"),
    "/desk/helplines/": (add_helpline, "Land "),
    "/desk/staff/": (add_staff, "nora"),
}


@pytest.fixture
def browser(studio, settings):
    """The desk without a server between: each question to the database is heard."""
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT, second_factor_of=("moderator",)
    )
    ContentType.objects.clear_cache()
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada", "", None))
    return client


@pytest.mark.parametrize("address", LISTS)
def test_more_rows_are_not_more_questions(browser, address):
    add, words = LISTS[address]

    def ask():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = browser.get(address)
        return page.content.decode().count(words), len(asked)

    add(0)
    ask()  # what is remembered from here on is not asked again
    shown, n_asked = ask()
    for number in range(1, N_MORE + 1):
        add(number)
    shown_then, n_asked_then = ask()
    assert shown_then >= shown + N_MORE
    assert n_asked_then == n_asked
