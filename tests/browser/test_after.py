"""The page after the call: what it says of what is not at the studio yet, or never will be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.journey import Guest, be_recorded, hang_up, meet
from tests.browser.studio import Studio

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

Arrive = Callable[..., Guest]


def test_who_recorded_nothing_now_is_asked_to_stay_for_what_an_earlier_visit_left(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    meet(rosa, daniel)
    rosa.page.route("**/ingest/takes/**", lambda route: route.abort())
    be_recorded(rosa, daniel)
    daniel.await_kept("microphone", 0)
    hang_up(daniel)
    rosa.see_recording(is_on=False)
    rosa.page.reload()
    rosa.check()
    rosa.join()
    rosa.hang_up()
    rosa.see("Keep this page open until all is sent.")
    expect(rosa.page.get_by_text("You may close this page.")).to_be_hidden()
    rosa.page.unroute("**/ingest/takes/**")
    rosa.see("You may close this page.")
    rosa.see("The studio has all of your recording.")


def test_what_the_studio_does_not_take_is_said_and_waited_for_no_longer(arrive: Arrive) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    rosa.page.route("**/microphone/0", lambda route: route.fulfill(status=409))
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    rosa.await_kept("camera", 0)
    rosa.hang_up()
    rosa.see("The studio does not take all of what was recorded here.")
    rosa.see("You may close this page.")
