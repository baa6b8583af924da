"""A browser that is suspended, a tab that comes back a day later, a server without room.

Each time: nothing that was acknowledged is lost, and every hole is told.
"""

from __future__ import annotations

import datetime
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.pages import Browser, PageServer
from tests.browser.takes import manifest_of, missing, sha256_of, sound_of
from tests.site.recording.material import ADA, LIMITS

pytestmark = pytest.mark.xdist_group("browser")

SUSPENDED_S = 30
A_DAY = datetime.timedelta(days=1, hours=1)
NO_ROOM = 1 << 60


def held(pages: PageServer) -> dict[Path, str]:
    """Return every fragment that the server has acknowledged, with its hash."""
    return {path: sha256_of(path) for path in pages.studio.root.rglob("*.m4s")}


def receipt_of(folder: Path) -> dict[str, Any]:
    receipt: dict[str, Any] = json.loads((folder / "receipt.json").read_text())
    return receipt


def test_a_browser_that_is_suspended_for_half_a_minute_goes_on_and_tells_the_hole(
    mortal: Browser, pages: PageServer, tmp_path: Path
) -> None:
    page = mortal.page(pages.url)
    page.evaluate("open()")
    page.evaluate("record()")
    page.evaluate("passed(2.5)")
    before = held(pages)
    with mortal.suspended():
        begun_s = time.monotonic()
        time.sleep(SUSPENDED_S)  # what is tried is that this time passes
        suspended_s = time.monotonic() - begun_s
    page.evaluate("passed(4).then(() => recording.stop()).then(() => uploads.done())")
    assert before.items() <= held(pages).items()
    assert missing(pages.folder) == []
    receipt = receipt_of(pages.folder)
    assert (receipt["state"], receipt["holes"]) == ("complete", [])
    told = {each["track"]: each["duration_s"] for each in receipt["stalled"]}
    # How soon a simulated microphone gives something again is the browser's own affair.
    assert told["microphone"] > suspended_s - 0.5
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    lost_s = sum(gap.interval.duration_s for gap in track.gaps)
    assert lost_s == pytest.approx(told["microphone"], abs=0.2)


def test_a_tab_that_comes_back_a_day_later_sends_what_it_had_kept(
    mortal: Browser, pages: PageServer
) -> None:
    page = mortal.page(pages.url)
    page.evaluate("open()")
    page.evaluate("record()")
    pages.await_fragments(3)
    pages.is_away = True
    page.wait_for_function("told.progress.kept > told.progress.acknowledged + 300000")
    before = held(pages)
    page.close()
    pages.is_away = False
    a_day_passes(mortal, pages)
    page = mortal.page(pages.url)
    assert len(page.evaluate("openLeft({token: 'token-of-ada'})")) == 1
    page.wait_for_function("told.words.includes('not_allowed')")
    page.evaluate("uploads.renew('token-of-tomorrow')")
    page.evaluate("uploads.done()")
    assert before.items() <= held(pages).items()
    assert manifest_of(pages.folder)["state"] == "interrupted"
    assert missing(pages.folder) == []
    assert receipt_of(pages.folder)["state"] == "complete"


def a_day_passes(browser: Browser, pages: PageServer) -> None:
    """Move the pages' clock, let the token lapse, and let everything on both disks be a day old."""
    browser.context.clock.set_fixed_time(datetime.datetime.now(datetime.UTC) + A_DAY)
    pages.studio.tokens = {"token-of-tomorrow": ADA}
    pages.studio.restarted()
    for root in (pages.studio.root, browser.profile / "Default" / "File System"):
        for path in root.rglob("*"):
            then_s = path.stat().st_mtime - A_DAY.total_seconds()
            os.utime(path, (then_s, then_s))


def test_a_server_without_room_is_waited_for_and_nothing_is_lost(
    page: Page, pages: PageServer
) -> None:
    page.evaluate("open()")
    page.evaluate("record()")
    pages.await_fragments(3)
    before = held(pages)
    pages.studio.limits = replace(LIMITS, bytes_kept_free=NO_ROOM, disk_full_wait_s=1)
    pages.studio.restarted()
    page.wait_for_function("told.words.includes('server_full')")
    page.evaluate("passed(2)")
    page.wait_for_function("told.progress.kept > told.progress.acknowledged + 300000")
    pages.studio.limits = LIMITS
    pages.studio.restarted()
    page.evaluate("recording.stop().then(() => uploads.done())")
    assert before.items() <= held(pages).items()
    assert missing(pages.folder) == []
    assert receipt_of(pages.folder)["holes"] == []
