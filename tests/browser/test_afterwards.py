"""The page of a personal link on any day after the conversation, without camera or microphone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.journey import Guest, be_recorded, erase, hang_up, meet
from tests.browser.studio import Studio

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

Arrive = Callable[..., Guest]


def test_a_recording_is_erased_on_any_day_before_and_after_the_conversation_has_ended(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel", bypass_csp=True)
    meet(rosa, daniel)
    expect(rosa.page.locator("#yours")).to_be_hidden()
    be_recorded(rosa, daniel)
    rosa.await_kept("microphone", 1)
    hang_up(rosa, daniel)

    rosa.page.goto(rosa.link)
    expect(rosa.page.locator("#check-title")).to_be_visible()
    erase(rosa)
    (left,) = (json.loads((take / "manifest.json").read_text()) for take in studio.takes())
    assert left["name"] == "Daniel"

    studio.end_all()
    rosa.page.goto(rosa.link)
    rosa.see("Your recording is erased. The studio has none of it.")
    expect(rosa.page.locator("#yours")).to_be_hidden()
    daniel.page.goto(daniel.link)
    daniel.see("The conversation has been ended.")
    daniel.see("The studio has all of your recording.")
    daniel.see("You may close this page.")
    daniel.see("What happens next")
    daniel.page.get_by_text("Receipt", exact=True).click()
    daniel.see("Your voice: ")
    assert violations(daniel.page) == []
    erase(daniel)
    assert studio.takes() == []
    assert daniel.faults == []


def test_before_anything_is_recorded_nothing_is_offered_to_be_erased(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    rosa.agree()
    expect(rosa.page.locator("#yours")).to_be_hidden()
    daniel.agree()
    studio.end_all()
    daniel.page.goto(daniel.link)
    daniel.see("The studio has no recording of yours.")
    assert "What happens next" not in daniel.page.locator("main").inner_text()
    expect(daniel.page.get_by_role("button", name="Return to the conversation")).to_be_hidden()
