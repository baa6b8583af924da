"""One Chromium for all tests, and a studio of its own for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser as PlainBrowser
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.journey import Guest, guest
from tests.browser.pages import CHROMIUM, FLAGS, Browser, PageServer, make_picture, served
from tests.browser.studio import Studio, running_studio
from tests.site.recording import material


# Of a module, not of the session: while it runs, an event loop runs in this thread, and no later
# test of this process could start one of its own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.is_file():
        pytest.fail("Chromium is needed; on Debian: apt-get install chromium")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(playwright, tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.context.close()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[PlainBrowser]:
    """A browser without a profile, for pages that record nothing."""
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
    yield browser
    browser.close()


@pytest.fixture
def mortal(playwright: Playwright, tmp_path: Path) -> Iterator[Browser]:
    """A browser of the test's own, to be killed."""
    browser = Browser(playwright, tmp_path)
    yield browser
    browser.context.close()


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[PageServer]:
    with served(material.Studio(tmp_path / "media")) as server:
        yield server


@pytest.fixture
def page(chromium: Browser, pages: PageServer) -> Iterator[Page]:
    opened = chromium.page(pages.url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def one_page(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page for all that leaves nothing behind in it: to open one takes longer than that."""
    with served(material.Studio(tmp_path_factory.mktemp("media"))) as server:
        opened = chromium.page(server.url)
        yield opened
        opened.close()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with running_studio(tmp_path / "home") as running:
        yield running


@pytest.fixture
def arrive(
    playwright: Playwright, studio: Studio, tmp_path: Path
) -> Iterator[Callable[..., Guest]]:
    """Give somebody a browser of their own, at their personal link."""
    picture = make_picture(tmp_path / "camera.y4m")
    flags = [
        *FLAGS,
        "--allow-loopback-in-peer-connection",
        f"--use-file-for-fake-video-capture={picture}",
    ]
    with ExitStack() as stack:

        def arrive(name: str, *more_flags: str, **options: object) -> Guest:
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=[*flags, *more_flags]
            )
            stack.callback(browser.close)
            return stack.enter_context(guest(browser, studio.links[name], name, **options))

        yield arrive
