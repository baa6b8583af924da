"""The pages before the call and beside it: read, signed and left, by keyboard too."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.axe import violations
from tests.browser.pages import CHROMIUM, FLAGS
from tests.browser.studio import Studio, running_studio

pytestmark = [pytest.mark.xdist_group("doors"), pytest.mark.timeout(600)]

NEUTRAL = "https://www.wikipedia.org/"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("home")) as studio:
        yield studio


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        context.route(f"{NEUTRAL}**", lambda route: route.fulfill(body="an encyclopedia"))
        yield context.new_page()


@pytest.fixture(params=["light", "dark"])
def narrow(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The narrowest phone; the policy is laid aside for the checker, a script of its own."""
    with browser.new_context(
        viewport={"width": 320, "height": 640}, bypass_csp=True, color_scheme=request.param
    ) as context:
        yield context.new_page()


def agreement_of(studio: Studio, name: str) -> str:
    return f"{studio.links[name]}agreement/"


def origin_of(studio: Studio) -> str:
    parts = urlsplit(studio.links["Rosa"])
    return f"{parts.scheme}://{parts.netloc}"


def press_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus, then Enter."""
    wanted = page.get_by_role("button", name=name)
    for _ in range(20):
        page.keyboard.press("Tab")
        if wanted.evaluate("(button) => button === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab never reaches {name}")


def test_who_declines_and_comes_back_leaves_no_trail_of_pages(studio: Studio, page: Page) -> None:
    page.goto(studio.links["Rosa"])
    at_first = page.evaluate("history.length")
    page.get_by_role("button", name="Not for me, thank you").click()
    expect(page.get_by_role("heading", name="Thank you for reading it")).to_be_focused()
    page.get_by_role("link", name="Read it again").click()
    expect(page.get_by_role("heading", name="Before you talk")).to_be_visible()
    assert page.evaluate("history.length") == at_first


def test_the_agreement_has_no_barrier_in_any_of_its_states(studio: Studio, narrow: Page) -> None:
    narrow.goto(agreement_of(studio, "Rosa"))
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(narrow) == []
    narrow.get_by_role("button", name="I agree, go on").click()
    expect(narrow.get_by_role("alert")).to_be_visible()
    assert violations(narrow) == []
    narrow.get_by_role("button", name="Not for me, thank you").click()
    expect(narrow.get_by_role("heading", name="Thank you for reading it")).to_be_visible()
    assert violations(narrow) == []


def test_without_a_name_the_page_says_so_at_the_field(studio: Studio, page: Page) -> None:
    page.goto(agreement_of(studio, "Rosa"))
    page.get_by_role("button", name="I agree, go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is signed yet")
    expect(page.get_by_label("Your name, as your signature")).to_be_focused()


def test_the_agreement_is_signed_by_keyboard_alone(studio: Studio, page: Page) -> None:
    page.goto(studio.links["Rosa"])
    at_first = page.evaluate("history.length")
    field = page.get_by_label("Your name, as your signature")
    while not field.evaluate("(field) => field === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type("Rosa Field")
    press_to(page, "I agree, go on")
    page.wait_for_url("**/call/")
    assert page.evaluate("history.length") == at_first


def test_the_agreement_is_signed_without_any_script(studio: Studio, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(studio.links["Daniel"])
        page.get_by_label("Your name, as your signature").fill("Daniel")
        page.get_by_role("button", name="I agree, go on").click()
        page.wait_for_url("**/call/")


@pytest.mark.parametrize("way", ["button", "Escape twice"])
def test_quick_exit_puts_a_neutral_page_in_the_place_of_this_one(
    studio: Studio, page: Page, way: str
) -> None:
    page.goto(f"{origin_of(studio)}/help/")
    page.evaluate("document.addEventListener('candid:exit', () => sessionStorage.told = 1)")
    if way == "button":
        page.get_by_role("button", name="Leave this page").click()
    else:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    page.wait_for_url(NEUTRAL)
    page.go_back()
    assert urlsplit(page.url).path != "/help/"


def test_one_escape_alone_leaves_nothing(studio: Studio, page: Page) -> None:
    page.goto(f"{origin_of(studio)}/help/")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", name="Somebody to talk to")).to_be_visible()


PAGES = ["/", "/help/", "/nowhere/", "/with/not-a-link/"]


@pytest.mark.parametrize("path", [*PAGES, "enter"])
def test_no_page_has_a_barrier_or_asks_anybody_else_or_is_wider_than_a_phone(
    studio: Studio, narrow: Page, path: str
) -> None:
    own = origin_of(studio)
    asked: list[str] = []
    narrow.on("request", lambda request: asked.append(request.url))
    narrow.goto(studio.links["Organiser"] if path == "enter" else f"{own}{path}")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(narrow) == []
    assert asked
    assert [url for url in asked if not url.startswith(f"{own}/")] == []
