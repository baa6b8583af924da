"""The pages before the call and beside it: read, signed and left, by keyboard too."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.axe import violations
from tests.browser.journey import NEUTRAL, leave_quickly, patient
from tests.browser.studio import Studio, running_studio

pytestmark = [pytest.mark.xdist_group("doors"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("home")) as studio:
        yield studio


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with patient(browser.new_context(viewport={"width": 360, "height": 740})) as context:
        context.route(f"{NEUTRAL}**", lambda route: route.fulfill(body="an encyclopedia"))
        yield context.new_page()


@pytest.fixture(params=["light", "dark"])
def narrow(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The narrowest phone; the policy is laid aside for the checker, a script of its own."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, bypass_csp=True, color_scheme=request.param
    )
    with patient(context):
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


def test_a_no_stays_a_no_where_the_network_drops_the_first_try(studio: Studio, page: Page) -> None:
    def drop(route: Route) -> None:
        if route.request.resource_type == "fetch":
            route.abort()
        else:
            route.continue_()

    page.goto(agreement_of(studio, "Rosa"))
    page.route("**/agreement/", drop)
    page.get_by_label("Your name, as your signature").fill("Rosa")
    page.get_by_role("button", name="Not for me, thank you").click()
    expect(page.get_by_role("heading", name="Thank you for reading it")).to_be_visible()


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
    with patient(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(studio.links["Daniel"])
        page.get_by_label("Your name, as your signature").fill("Daniel")
        page.get_by_role("button", name="I agree, go on").click()
        page.wait_for_url("**/call/")


def leave(page: Page, way: str) -> None:
    if way == "link":
        page.get_by_role("link", name="Leave this page").click()
    else:
        leave_quickly(page)


@pytest.mark.parametrize("way", ["link", "Escape twice"])
@pytest.mark.parametrize("path", ["/help/", "/nowhere/", "/with/not-a-link/", "agreement"])
def test_quick_exit_puts_a_neutral_page_in_the_place_of_this_one(
    studio: Studio, page: Page, way: str, path: str
) -> None:
    page.goto(f"{NEUTRAL}before")
    page.goto(agreement_of(studio, "Rosa") if path == "agreement" else origin_of(studio) + path)
    at_first = page.evaluate("history.length")
    leave(page, way)
    page.wait_for_url(NEUTRAL)
    assert page.evaluate("history.length") == at_first
    page.go_back()
    assert page.url == f"{NEUTRAL}before"
    page.go_forward()
    assert page.url == NEUTRAL


def test_without_scripts_the_quick_exit_is_a_link(studio: Studio, browser: Browser) -> None:
    with patient(browser.new_context(java_script_enabled=False)) as context:
        context.route(f"{NEUTRAL}**", lambda route: route.fulfill(body="an encyclopedia"))
        page = context.new_page()
        page.goto(f"{origin_of(studio)}/help/")
        page.get_by_role("link", name="Leave this page").click()
        page.wait_for_url(NEUTRAL)


def test_quick_exit_takes_the_other_pages_of_the_studio_along(studio: Studio, page: Page) -> None:
    page.goto(agreement_of(studio, "Rosa"))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Find help near you").click()
    signposts = opened.value
    expect(signposts.get_by_role("heading", name="Somebody to talk to")).to_be_visible()
    leave_quickly(signposts)
    page.wait_for_url(NEUTRAL)


@pytest.mark.parametrize(
    "opening",
    [
        "document.body.append(Object.assign(document.createElement('dialog'), {id: 'over'}));"
        "over.showModal()",
        "document.body.append(Object.assign(document.createElement('p'), {id: 'over'}));"
        "over.popover = 'auto'; over.showPopover()",
        "addEventListener('keydown', (event) => event.preventDefault(), {once: true})",
    ],
    ids=["a dialog", "a popover", "a panel"],
)
def test_the_escape_that_closes_something_is_not_counted(
    studio: Studio, page: Page, opening: str
) -> None:
    page.goto(f"{origin_of(studio)}/help/")
    page.evaluate("document.addEventListener('candid:exit', () => (name = 'has left'))")
    # However busy the machine: all within a second.
    page.evaluate("Object.defineProperty(Event.prototype, 'timeStamp', { get: () => 0 })")
    page.evaluate(opening)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    assert page.evaluate("name") == ""
    page.keyboard.press("Escape")
    page.wait_for_url(NEUTRAL)


def test_a_country_is_chosen_without_a_trace_and_without_scripts(
    studio: Studio, browser: Browser
) -> None:
    with patient(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(f"{origin_of(studio)}/help/")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        website = page.get_by_role("link", name="https://www.samaritans.org/ireland/")
        expect(website).to_be_hidden()
        page.get_by_text("Ireland", exact=True).click()
        expect(website).to_be_visible()
        page.get_by_text("Germany", exact=True).click()
        expect(website).to_be_hidden()
        assert urlsplit(page.url).fragment == ""
        assert [url for url in asked if "/static/" not in url] == []


def test_on_paper_stand_all_countries_or_the_one_that_is_open(studio: Studio, page: Page) -> None:
    page.goto(f"{origin_of(studio)}/help/")
    page.emulate_media(media="print")
    ireland = page.get_by_role("link", name="https://www.samaritans.org/ireland/")
    germany = page.get_by_role("link", name="https://www.telefonseelsorge.de/")
    expect(ireland).to_be_visible()
    expect(germany).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_text("Ireland", exact=True).click()
    page.emulate_media(media="print")
    expect(ireland).to_be_visible()
    expect(germany).to_be_hidden()


def test_one_escape_alone_leaves_nothing(studio: Studio, page: Page) -> None:
    page.goto(f"{origin_of(studio)}/help/")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", name="Somebody to talk to")).to_be_visible()


PAGES = ["/", "/help/", "/nowhere/", "/with/not-a-link/", "/desk/login/", "/desk/password_reset/"]


@pytest.mark.parametrize("path", [*PAGES, "enter"])
def test_no_page_has_a_barrier_or_asks_anybody_else_or_is_wider_than_a_phone(
    studio: Studio, narrow: Page, path: str
) -> None:
    own = origin_of(studio)
    asked: list[str] = []
    narrow.on("request", lambda request: asked.append(request.url))
    narrow.goto(studio.links["Organiser"] if path == "enter" else f"{own}{path}")
    for country in narrow.locator("summary").all():
        country.click()
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(narrow) == []
    assert asked
    assert [url for url in asked if not url.startswith(f"{own}/")] == []
