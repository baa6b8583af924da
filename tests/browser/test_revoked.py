"""A link that is taken back while somebody talks: what is said is true, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.journey import PATIENCE_MS, Guest, be_recorded, meet, patient
from tests.browser.studio import Studio

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

PHONE = {"width": 390, "height": 844}
WAITS = "The rest cannot be sent with this link"


def open_desk(studio: Studio, beside: Guest) -> Page:
    """Enter the desk in a browser profile of its own, and open the conversation."""
    assert beside.page.context.browser is not None
    desk = patient(beside.page.context.browser.new_context()).new_page()
    desk.goto(studio.links["Organiser"])
    desk.get_by_role("main").get_by_role("button").click()
    desk.wait_for_url("**/desk/conversations/")
    desk.goto(f"{studio.origin}/desk/conversations/inspect/1/")
    return desk


def make_new_link(desk: Page, name: str) -> str:
    """Replace somebody's link at the desk, and return the new one."""
    person = desk.get_by_role("listitem").filter(has_text=f"Personal link of {name}")
    person.get_by_text("Take back or change").click()
    person.get_by_role("button", name="Make a new link").click()
    expect(desk.get_by_text("There is a new link.")).to_be_visible()
    return person.get_by_role("textbox").input_value()


def test_who_loses_their_link_in_mid_call_is_told_what_waits_and_the_next_one_sends_it(
    arrive: Callable[..., Guest], studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa", bypass_csp=True, viewport=PHONE), arrive("Daniel")
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    rosa.await_kept("camera", 1)
    desk = open_desk(studio, rosa)
    link = make_new_link(desk, "Rosa")
    rosa.see("This link is no longer valid")
    rosa.see(WAITS)
    rosa.see("You may close this page.")
    expect(rosa.page.get_by_text("still being sent")).to_be_hidden()
    assert violations(rosa.page) == []
    # A page that still asked to be kept open would stay here.
    rosa.page.goto(link)
    expect(rosa.page.locator("#left")).to_be_visible()
    expect(rosa.page.locator("#left")).to_be_hidden(timeout=3 * PATIENCE_MS)
    [take] = [take for take in studio.takes() if name_of(take) == "Rosa"]
    receipt = json.loads((take / "receipt.json").read_text())
    assert (receipt["state"], receipt["holes"]) == ("complete", [])


def name_of(take: Path) -> str:
    """Return whose take this is."""
    return str(json.loads((take / "manifest.json").read_text())["name"])
