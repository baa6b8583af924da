"""People come, go and come back: another device, more than two."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.journey import Guest, be_recorded, come_in, hang_up
from tests.browser.studio import Studio

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

Arrive = Callable[..., Guest]
SEES = """(count) => {
    const videos = [...document.querySelectorAll("#tiles .tile:not(.own) video")];
    const playing = videos.filter((one) => one.closest(".tile").querySelector(".cover").hidden);
    return playing.length === count
        && playing.every((one) => one.getVideoPlaybackQuality().totalVideoFrames > 10);
}"""
SIZES = """[...document.querySelectorAll("#tiles .tile")]
    .map((one) => [one.clientWidth, one.clientHeight])"""


def see(one: Guest, n_others: int) -> None:
    """Wait until so many others are seen moving."""
    one.page.wait_for_function(SEES, arg=n_others)


def takes(studio: Studio) -> list[tuple[str, str, list[object]]]:
    """Return whose take it is, its state and its holes, by the receipts."""
    told = []
    for take in studio.takes():
        receipt = json.loads((take / "receipt.json").read_text())
        name = json.loads((take / "manifest.json").read_text())["name"]
        told.append((name, receipt["state"], receipt["holes"]))
    return sorted(told, key=lambda one: one[0])


def test_a_third_comes_late_and_one_leaves_while_all_are_the_same_size_to_everyone(
    arrive: Arrive, studio: Studio
) -> None:
    studio.plan("Rosa", "Daniel", "Mina")
    rosa, daniel, mina = arrive("Rosa"), arrive("Daniel"), arrive("Mina")
    come_in(rosa, daniel)
    be_recorded(rosa, daniel)
    come_in(mina)
    for one in (rosa, daniel, mina):
        see(one, 2)
        assert len({tuple(size) for size in one.page.evaluate(SIZES)}) == 1
    rosa.see("The recording waits until everybody here is ready")
    be_recorded(mina)
    for one in (rosa, daniel, mina):
        one.see("All of you are being recorded")
    hang_up(daniel)
    for one in (rosa, mina):
        see(one, 1)
        one.see_recording()
    for one in (rosa, mina):
        one.page.reload()
    for one in (rosa, mina):
        one.check()
        one.join()
    for one in (rosa, mina):
        see(one, 1)
        one.see_recording()
    hang_up(rosa, mina)
    states = [(name, state) for name, state, _holes in takes(studio)]
    assert ("Daniel", "complete") in states
    assert {name for name, _state in states} == {"Rosa", "Daniel", "Mina"}


def test_nothing_that_was_said_before_a_reload_or_on_leaving_holds_afterwards(
    arrive: Arrive,
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    come_in(rosa, daniel)
    nothing_yet = "Nothing is being recorded. It begins when each of you"
    rosa.press("Mute")
    rosa.press("Ready to record")
    daniel.see("Rosa, microphone off")
    daniel.see("Rosa is ready to record.")
    rosa.page.reload()
    rosa.check()
    rosa.join()
    for one in (rosa, daniel):
        one.see(nothing_yet)
        see(one, 1)
    muted = daniel.page.get_by_text("Rosa, microphone off")
    expect(muted).to_have_count(0)
    rosa.press("Mute")
    daniel.see("Rosa, microphone off")
    rosa.hang_up()
    rosa.press("Return to the conversation")
    rosa.check()
    rosa.join()
    for one in (rosa, daniel):
        see(one, 1)
    expect(muted).to_have_count(0)


def test_who_goes_on_at_another_device_is_recorded_there_and_the_first_sends_what_it_has(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    come_in(rosa, daniel)
    be_recorded(rosa, daniel)
    rosa.await_kept("microphone", 1)
    telephone = arrive("Rosa", viewport={"width": 390, "height": 844})
    telephone.page.goto(telephone.link)
    rosa.see("Open in another tab")
    rosa.see("All that was recorded here has been sent. You may close this page.")
    telephone.check()
    telephone.join()
    for one in (telephone, daniel):
        see(one, 1)
        one.see_recording()
    telephone.await_kept("microphone", 1)
    hang_up(telephone, daniel)
    assert takes(studio) == [
        ("Daniel", "complete", []),
        ("Rosa", "complete", []),
        ("Rosa", "complete", []),
    ]
