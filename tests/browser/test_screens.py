"""Pages that few people see, and mostly when something went wrong: no barrier on any of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.browser.axe import violations
from tests.browser.pages import CHROMIUM, FLAGS, ROOT
from tests.browser.studio import Place, Studio, running_studio

pytestmark = [pytest.mark.xdist_group("doors"), pytest.mark.timeout(600)]

# Nobody listens there: no letter goes out.
NO_MAIL = Place(settings={"CANDID_EMAIL": "smtp://127.0.0.1:9"})
PASSWORD = "four words in a row"
_DJANGO = "import json, django; django.setup()\n"
_RESET = (
    _DJANGO
    + """
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
account = get_user_model().objects.get()
whom = urlsafe_base64_encode(force_bytes(account.pk))
token = default_token_generator.make_token(account)
print(json.dumps(f"/desk/password_reset/confirm/{whom}/{token}/"))
"""
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("home"), NO_MAIL) as studio:
        studio.plan("Chidi", "Dora")
        yield studio


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
    yield browser
    browser.close()


@pytest.fixture
def narrow(browser: Browser) -> Iterator[Page]:
    """The narrowest phone; the policy is laid aside for the checker, a script of its own."""
    with browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True) as context:
        yield context.new_page()


def look(page: Page, name: str) -> None:
    """Find no barrier in light and in dark, and nothing wider than the page."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], f"{name}, {scheme}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def ask(studio: Studio, code: str) -> object:
    """Run something in the studio's place, and return what it says."""
    return json.loads(studio.run(code))


def fill(page: Page, button: str, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name=button, exact=True).click()


def test_no_page_of_a_forgotten_password_has_a_barrier(studio: Studio, narrow: Page) -> None:
    reset = f"{studio.origin}/desk/password_reset/"
    narrow.goto(reset)
    fill(narrow, "Send me a link", email="nobody@example.org")
    look(narrow, "a link is sent")
    narrow.goto(f"{reset}confirm/x/y-z/")
    look(narrow, "a link that is too old")
    narrow.goto(f"{studio.origin}{ask(studio, _RESET)}")
    fill(narrow, "Set password", new_password1="short", new_password2="shorter")
    expect(narrow.get_by_role("alert")).to_be_visible()
    look(narrow, "a new password that is none")
    fill(narrow, "Set password", new_password1=PASSWORD, new_password2=PASSWORD)
    expect(narrow.get_by_role("heading", name="The new password holds")).to_be_visible()
    look(narrow, "the new password holds")


def test_the_page_of_a_studio_that_is_away_has_no_barrier(narrow: Page) -> None:
    """As nginx shows it, which has its files beside it."""
    static = ROOT / "src" / "candid" / "site" / "static"
    away = "http://talk.example.org"

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/away/"):
            route.fulfill(path=static / path.removeprefix("/away/"))
        else:
            route.fulfill(path=ROOT / "deploy" / "away.html", status=503)

    narrow.route(f"{away}/**", answer)
    narrow.goto(f"{away}/with/somebody/")
    expect(narrow.get_by_role("heading", name="Back in a moment")).to_be_visible()
    look(narrow, "away")


def test_a_copy_that_was_not_sent_is_shown_without_a_barrier(studio: Studio, narrow: Page) -> None:
    narrow.goto(studio.links["Chidi"])
    narrow.get_by_label("Your name").fill("Chidi")
    narrow.get_by_label("Send a copy to").check()
    narrow.get_by_role("button", name="I agree").click()
    expect(narrow.get_by_role("alert")).to_contain_text("could not be sent to chidi@example.org")
    look(narrow, "a copy that was not sent")
