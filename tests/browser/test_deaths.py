"""The studio dies in the middle of a recorded call, then a browser; both come back.

The call is held once; each test looks at one thing that it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.journey import Guest, attended, be_recorded, meet
from tests.browser.pages import Browser
from tests.browser.studio import Studio, running_studio
from tests.browser.takes import missing

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

LOST = "You hear each other; the studio is being sought. The recording goes on."
FRAMES = """[...document.querySelectorAll("#tiles .tile:not(.own) video")]
    .map((one) => one.getVideoPlaybackQuality().totalVideoFrames)"""
MORE_FRAMES = """(before) => {
    const videos = document.querySelectorAll("#tiles .tile:not(.own) video");
    const now = before.map((_, at) => videos[at]?.getVideoPlaybackQuality().totalVideoFrames);
    return before.length > 0 && before.every((count, at) => now[at] > count + 60);
}"""


@dataclass(frozen=True)
class Talk:
    """What the call left. `acknowledged` are paths `<take>/<track>/<number>`."""

    studio: Studio
    acknowledged: set[str]

    def documents(self, name: str) -> list[dict[str, Any]]:
        return [json.loads((take / name).read_text()) for take in self.studio.takes()]


@pytest.fixture(scope="module")
def talk(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with ExitStack() as stack:
        studio = stack.enter_context(running_studio(tmp_path_factory.mktemp("home")))
        browsers = {}
        for name in ("Rosa", "Daniel"):
            folder = tmp_path_factory.mktemp(name)
            browsers[name] = Browser(playwright, folder, "--allow-loopback-in-peer-connection")
            stack.callback(close, browsers[name])
        guests = [
            attended(browsers[name].context.new_page(), studio.links[name], name)
            for name in ("Rosa", "Daniel")
        ]
        guests.append(die(studio, browsers["Rosa"], *guests))
        kept = {path for one in guests for path in paths_kept(one)}
        yield Talk(studio, kept)


def close(browser: Browser) -> None:
    browser.context.close()


def die(studio: Studio, browser: Browser, rosa: Guest, daniel: Guest) -> Guest:
    """Kill the studio, then Rosa's browser; return her as she came back."""
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    for one in (rosa, daniel):
        one.await_kept("microphone", 1)
    with studio.dead():
        talk_on(rosa, daniel)
    find_again(rosa, daniel)
    for one in (rosa, daniel):
        one.await_kept("microphone", 6)
        one.see_recording()
    browser.kill()
    browser.reopen()
    again = attended(browser.context.new_page(), rosa.link, rosa.name)
    again.page.goto(rosa.link)
    again.check()
    again.join()
    again.see_the_other()
    again.see_recording()
    again.await_kept("camera", 2)
    for one in (again, daniel):
        one.hang_up()
        one.see("You may close this page.")
    return again


def talk_on(*guests: Guest) -> None:
    """See that the call goes on without a studio, and that everybody is told."""
    for one in guests:
        one.see(LOST)
        before = one.page.evaluate(FRAMES)
        one.page.wait_for_function(MORE_FRAMES, arg=before)


def find_again(rosa: Guest, daniel: Guest) -> None:
    """See that the studio is there again, for what is written too."""
    for one in (rosa, daniel):
        expect(one.page.get_by_text(LOST)).to_be_hidden()
        one.see("Both of you are being recorded")
    daniel.press("Write")
    daniel.page.get_by_label("Your message").fill("The studio is back")
    daniel.press("Send")
    rosa.see("Daniel wrote: The studio is back")


def paths_kept(one: Guest) -> set[str]:
    """Return the pieces that the studio has acknowledged to this page."""
    paths = {"/".join(urlsplit(url).path.split("/")[-3:]) for url in one.kept}
    return {path for path in paths if not path.endswith("/manifest")}


def test_nothing_that_was_acknowledged_is_lost(talk: Talk) -> None:
    there = {
        f"{take.name}/{path.parent.name}/{path.stem.lstrip('0') or '0'}"
        for take in talk.studio.takes()
        for path in take.glob("*/*")
    }
    assert len(talk.acknowledged) > 20
    assert talk.acknowledged <= there


def test_the_take_of_the_killed_browser_is_sent_by_its_next_page_and_a_new_one_goes_on(
    talk: Talk,
) -> None:
    states = [(each["name"], each["state"]) for each in talk.documents("manifest.json")]
    assert sorted(states) == [
        ("Daniel", "complete"),
        ("Rosa", "complete"),
        ("Rosa", "interrupted"),
    ]


def test_every_receipt_is_complete_and_tells_of_no_hole(talk: Talk) -> None:
    for receipt in talk.documents("receipt.json"):
        assert (receipt["state"], receipt["holes"]) == ("complete", [])
    assert [missing(take) for take in talk.studio.takes()] == [[], [], []]
