"""The desk in a real browser: no barrier on any of our pages, as wide as a phone; a link copied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.browser.axe import violations
from tests.browser.journey import patient
from tests.browser.pages import CHROMIUM, FLAGS
from tests.browser.studio import Studio, running_studio

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.timeout(600)]

WIDTH_PX = 390
PAGES = [
    "conversations/",
    "conversations/new/",
    "conversations/inspect/1/",
    "conversations/edit/1/",
    "conversations/delete/1/",
    "guides/",
    "guides/edit/1/",
    "campaigns/",
    "campaigns/new/",
    "agreements/",
    "agreements/new/",
    "agreements/inspect/1/",
    "agreements/preview/1/",
    "helplines/",
    "helplines/new/",
    "staff/",
    "second-factor/set-up/",
]
# Wagtail's own, which our pages lead to.
WAGTAILS_PAGES = [
    "",
    "account/",
    "users/",
    "users/new/",
    "groups/",
    "reports/site-history/",
    "snippets/",
]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("home")) as studio:
        yield studio


@pytest.fixture(scope="module")
def entered(playwright: Playwright, studio: Studio) -> Iterator[BrowserContext]:
    """An organiser on a phone; the policy is laid aside for the checker, a script of its own."""
    browser: Browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
    context = browser.new_context(
        viewport={"width": WIDTH_PX, "height": 844},
        bypass_csp=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = patient(context).new_page()
    page.goto(studio.links["Organiser"])
    page.get_by_role("main").get_by_role("button").click()
    page.wait_for_url("**/desk/conversations/")
    page.close()
    yield context
    browser.close()


@pytest.fixture
def page(entered: BrowserContext) -> Iterator[Page]:
    page = entered.new_page()
    yield page
    page.close()


def desk_of(studio: Studio) -> str:
    return studio.links["Organiser"].partition("/desk/")[0] + "/desk/"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_the_desk_has_a_barrier_or_is_wider_than_a_phone(
    studio: Studio, page: Page, path: str
) -> None:
    answer = page.goto(desk_of(studio) + path)
    assert answer is not None
    assert answer.status == 200
    expect(page.get_by_role("main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH_PX
    for more in page.locator("main details").all():
        more.locator("summary").click()
    assert violations(page) == []


def test_no_page_of_the_desk_asks_anybody_else_or_has_what_its_policy_stops(
    studio: Studio, entered: BrowserContext
) -> None:
    assert entered.browser is not None
    context = patient(entered.browser.new_context(storage_state=entered.storage_state()))
    page = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    for path in (*PAGES, *WAGTAILS_PAGES):
        answer = page.goto(desk_of(studio) + path, wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, path
        assert "unsafe" not in answer.headers["content-security-policy"], path
        assert not faults, path
    own = desk_of(studio).removesuffix("desk/")
    assert [url for url in asked if not url.startswith((own, "data:"))] == []
    context.close()


def test_a_link_is_copied_and_one_that_was_taken_back_opens_nothing(
    studio: Studio, page: Page
) -> None:
    page.goto(f"{desk_of(studio)}conversations/inspect/1/")
    rosa = page.get_by_role("listitem").filter(has_text="Personal link of Rosa")
    rosa.get_by_role("button", name="Copy link").click()
    expect(rosa.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == studio.links["Rosa"]
    rosa.get_by_text("Take back or change").click()
    rosa.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link no longer opens anything.")).to_be_visible()
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_text("Ask the person who invited you")).to_be_visible()
    assert violations(page) == []


def test_what_stands_in_the_form_of_an_agreement_is_previewed_beside_it(
    studio: Studio, page: Page
) -> None:
    page.goto(f"{desk_of(studio)}agreements/new/")
    page.get_by_label("Text").fill("A heading\nAnd words that nobody has seen.")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Preview in a new tab").click()
    preview = opened.value
    expect(preview.get_by_role("heading", name="A heading")).to_be_visible()
    expect(preview.get_by_role("button", name="I agree, go on")).to_be_disabled()
    preview.close()
