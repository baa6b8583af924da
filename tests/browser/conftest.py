"""One Chromium for all tests, and a studio of its own for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.pages import CHROMIUM, Browser, PageServer, served
from tests.site.recording.material import Studio


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


@pytest.fixture
def mortal(playwright: Playwright, tmp_path: Path) -> Iterator[Browser]:
    """A browser of the test's own, to be killed."""
    browser = Browser(playwright, tmp_path)
    yield browser
    browser.context.close()


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[PageServer]:
    with served(Studio(tmp_path / "media")) as server:
        yield server


@pytest.fixture
def page(chromium: Browser, pages: PageServer) -> Iterator[Page]:
    opened = chromium.page(pages.url)
    yield opened
    opened.close()
