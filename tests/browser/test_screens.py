"""Pages that few people see, and mostly when something went wrong: no barrier on any of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django_otp.oath import totp
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.axe import violations
from tests.browser.journey import patient
from tests.browser.pages import ROOT
from tests.browser.studio import Place, Studio, running_studio

pytestmark = [pytest.mark.xdist_group("doors"), pytest.mark.timeout(600)]

# Nobody listens there: no letter goes out.
NO_MAIL = Place(settings={"CANDID_EMAIL": "smtp://127.0.0.1:9"})
PASSWORD = "four words in a row"
_DJANGO = "import json, django; django.setup()\n"
_ERRORS = (
    _DJANGO
    + """
from django.test import RequestFactory
from candid.site.people import limits, views
request = RequestFactory().get("/")
pages = {
    "400": views.bad_request(request, ValueError()),
    "403": views.forbidden(request, ValueError()),
    "too-old": views.form_too_old(request),
    "429": limits.too_often(request, 30),
    "500": views.failed(request),
}
print(json.dumps({name: page.content.decode() for name, page in pages.items()}))
"""
)
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
_DEEDS = (
    _DJANGO
    + """
from candid.site.agreements.actions import append_entry
from candid.site.agreements.deeds import BY_SERVER, DOWNLOADED, ERASED
from candid.site.conversations.models import Participant
whose = Participant.objects.get(name="Chidi").participant_id
append_entry(DOWNLOADED, whose, {"by": "Nora Lindqvist-Featherstonehaugh"})
append_entry(DOWNLOADED, whose, {"by": BY_SERVER})
append_entry(ERASED, whose, {"by": "", "reason": "time"})
print(json.dumps(None))
"""
)


_MOVED = (
    _DJANGO
    + """
from candid.site.agreements.actions import load_first_text, sign
from candid.site.conversations.actions import note_invited, save_conversation
from candid.site.conversations.models import Conversation
conversation = Conversation.objects.get(participants__name="Amina")
people = list(conversation.participants.all())
for one in people:
    note_invited(one)
    one.email = "somebody.with.a.long.name@elsewhere.example.org"
sign(people[0].participant_id, "Amina", load_first_text())
conversation.participants = people
save_conversation(conversation)
print(conversation.pk)
"""
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("home"), NO_MAIL) as studio:
        studio.plan("Amina", "Ben")
        studio.plan("Chidi", "Dora")
        yield studio


@pytest.fixture
def narrow(browser: Browser) -> Iterator[Page]:
    """The narrowest phone; the policy is laid aside for the checker, a script of its own."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    with patient(context):
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


def code_on(page: Page) -> str:
    """Return what an app shows that was told the key on the page."""
    key = page.locator(".key-words").inner_text().replace(" ", "")
    return f"{totp(base64.b32decode(key + '=' * (-len(key) % 8))):06}"


def test_no_page_of_passwords_and_second_steps_has_a_barrier(studio: Studio, narrow: Page) -> None:
    desk = f"{studio.origin}/desk"
    narrow.goto(studio.links["Organiser"])
    narrow.get_by_role("main").get_by_role("button").click()
    narrow.wait_for_url("**/desk/conversations/")
    narrow.goto(f"{desk}/conversations/inspect/{ask(studio, _MOVED)}/")
    expect(narrow.get_by_role("button", name="Send the new link to")).to_be_visible()
    expect(narrow.get_by_role("button", name="Make a new link for Amina")).to_be_visible()
    assert violations(narrow) == []
    narrow.goto(studio.links["Organiser"])
    look(narrow, "a link that was used")
    narrow.goto(f"{desk}/password/")
    look(narrow, "a first password")
    name = narrow.locator("main strong").inner_text()
    fill(narrow, "Set password", new_password1="short", new_password2="shorter")
    expect(narrow.get_by_role("alert")).to_be_visible()
    look(narrow, "a password that is none")
    fill(narrow, "Set password", new_password1=PASSWORD, new_password2=PASSWORD)
    narrow.goto(f"{desk}/second-factor/set-up/")
    look(narrow, "a new device")
    fill(narrow, "Turn it on", code=code_on(narrow))
    expect(narrow.get_by_role("heading", name="The second step is on")).to_be_visible()
    look(narrow, "codes for a lost device")
    passed = narrow.context.cookies()
    narrow.context.clear_cookies()
    narrow.goto(f"{desk}/login/")
    fill(narrow, "Enter", username=name, password="not this one")
    expect(narrow.get_by_role("alert")).to_be_visible()
    look(narrow, "a wrong password")
    fill(narrow, "Enter", username=name, password=PASSWORD)
    expect(narrow.get_by_role("heading", name="Second step")).to_be_visible()
    look(narrow, "the second step")
    fill(narrow, "Go on", code="000000")
    expect(narrow.get_by_role("alert")).to_be_visible()
    look(narrow, "a wrong code")
    # As the last: a wrong code lets the right one wait.
    narrow.context.add_cookies(passed)  # type: ignore[arg-type]
    narrow.goto(f"{desk}/second-factor/set-up/")
    fill(narrow, "Turn it on", code="000000", code_now="000000")
    expect(narrow.get_by_role("alert")).to_be_visible()
    look(narrow, "a wrong code of a new device")


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


def test_no_page_that_says_what_went_wrong_has_a_barrier(studio: Studio, narrow: Page) -> None:
    pages = ask(studio, _ERRORS)
    assert isinstance(pages, dict)

    def answer(route: Route) -> None:
        page = pages[urlsplit(route.request.url).query]
        route.fulfill(body=page, content_type="text/html; charset=utf-8")

    narrow.route("**/wrong?*", answer)
    for name in pages:
        narrow.goto(f"{studio.origin}/wrong?{name}")
        look(narrow, name)


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


def test_no_page_of_somebodys_copy_or_of_what_was_done_has_a_barrier(
    studio: Studio, narrow: Page
) -> None:
    narrow.goto(studio.links["Chidi"])
    narrow.get_by_label("Your name").fill("Chidi")
    narrow.get_by_label("Send a copy to").check()
    narrow.get_by_role("button", name="I agree").click()
    expect(narrow.get_by_role("alert")).to_contain_text("could not be sent to chidi@example.org")
    look(narrow, "a copy that was not sent")
    ask(studio, _DEEDS)
    narrow.get_by_role("link", name="Go on").click()
    expect(narrow.get_by_role("heading", name="What was done")).to_be_visible()
    look(narrow, "what was done with a recording")
