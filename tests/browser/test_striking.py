"""All that is said from a press of a key on is taken back, however the page ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, expect

from tests.browser.journey import Guest, be_recorded, hang_up, leave_quickly, meet
from tests.browser.studio import Studio
from tests.browser.takes import LEFT_BEHIND

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

# The numbers of the pieces of the voice that are still on a device.
ON_DEVICE = """async () => {
    const root = await navigator.storage.getDirectory();
    const numbers = [];
    for await (const take of (await root.getDirectoryHandle("candid-takes")).values())
        for await (const name of take.keys())
            numbers.push(...(/^microphone-(\\d+)[.]piece$/.exec(name)?.slice(1) ?? []));
    return numbers.map(Number);
}"""
# One piece is being recorded when the key is pressed; the one after it begins later.
PIECES_LATER = 2
Arrive = Callable[..., Guest]


def last_recorded(one: Guest) -> int:
    """Return the number of the last piece of the voice, on the device or at the studio.

    How far the uploads lag behind is their affair: they give way to the call.
    """
    on_device: list[int] = one.page.evaluate(ON_DEVICE)
    voice = [url.rsplit("/", 1)[1] for url in one.kept if "/microphone/" in url]
    return max(*on_device, *(int(number) for number in voice if number.isdigit()), 0)


def begin_to_strike(one: Guest, other: Guest) -> dict[str, int]:
    """Strike from now on; return by name which piece of each lies in what is struck."""
    for each in (one, other):
        each.await_kept("microphone", 1)
    one.press("Strike that")
    one.press("From now until I press again")
    within = {each.name: last_recorded(each) + PIECES_LATER for each in (one, other)}
    for each in (one, other):
        each.await_kept("microphone", within[each.name])
    return within


def pieces_left(studio: Studio, within: dict[str, int]) -> dict[str, list[int]]:
    """Return by name which of the first piece and those within are at the studio.

    Of Rosa, whose take ended while she struck, these are all from one on; the other is recorded on.
    """
    left: dict[str, list[int]] = {}
    for take in studio.takes():
        name = json.loads((take / "manifest.json").read_text())["name"]
        there = sorted(int(path.stem) for path in (take / "microphone").glob("*.m4s"))
        last = there[-1] if name == "Rosa" else within[name]
        looked_at = (0, *range(within[name], last + 1))
        left[name] = left.get(name, []) + [one for one in there if one in looked_at]
    return left


def await_sent(one: Guest) -> None:
    """Wait until nothing is left on this device."""
    one.page.evaluate(
        f"async () => {{ while ((await ({LEFT_BEHIND})()).length)"
        " await new Promise((passed) => setTimeout(passed, 100)); }"
    )


def await_struck(one: Guest) -> None:
    """Wait until the studio has confirmed all that this device owes it."""
    owed = "Object.keys(localStorage).filter((name) => name.startsWith('candid-stri'))"
    one.page.wait_for_function(f"() => {owed}.length === 0")


@pytest.mark.parametrize("ending", ["loaded anew", "crashed"])
def test_what_is_being_struck_when_the_page_goes_is_struck_everywhere(
    arrive: Arrive, studio: Studio, ending: str
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    within = begin_to_strike(rosa, daniel)
    if ending == "crashed":
        with pytest.raises(Error):
            rosa.page.goto("chrome://crash")
        rosa.page = rosa.page.context.new_page()
    rosa.page.goto(rosa.link)
    expect(rosa.page.locator("#check-title")).to_be_visible()
    await_sent(rosa)
    await_struck(rosa)
    hang_up(daniel)
    assert pieces_left(studio, within) == {"Rosa": [0], "Daniel": [0]}


def test_what_is_being_struck_at_a_quick_exit_is_struck_before_anybody_comes_back(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    rosa.page.route("https://www.wikipedia.org/", lambda route: route.fulfill(body="neutral"))
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    within = begin_to_strike(rosa, daniel)
    rosa.page.keyboard.press("Escape")  # closes the panel
    leave_quickly(rosa.page)
    daniel.see("Rosa struck something out. It can never be in the film.")
    hang_up(daniel)
    assert pieces_left(studio, within) == {"Rosa": [0], "Daniel": [0]}


def test_what_is_being_struck_when_the_studio_is_away_and_all_ends_is_struck_when_it_is_back(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    within = begin_to_strike(rosa, daniel)
    with studio.away():
        rosa.see("You hear each other; the studio is being sought.")
        studio.end_all()
    for one in (rosa, daniel):
        one.see("The conversation has been ended")
        one.see("The studio has all of your recording.")
    await_struck(rosa)
    assert pieces_left(studio, within) == {"Rosa": [0], "Daniel": [0]}


def test_what_is_struck_over_a_line_that_holds_it_up_is_struck_from_where_it_began(
    arrive: Arrive, studio: Studio
) -> None:
    """The studio is told late, on a channel that stays open: it counts from when it hears of it."""
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    for one in (rosa, daniel):
        one.await_kept("microphone", 1)
    rosa.press("Strike that")
    with studio.away():
        pressed_us = time.monotonic_ns() // 1000
        rosa.press("The last 30 seconds")
        late_ms = rosa.page.evaluate("performance.now() + 3000")
        rosa.page.wait_for_function("(late) => performance.now() > late", arg=late_ms)
    await_struck(rosa)
    hang_up(rosa, daniel)
    (call,) = {take.parent.parent for take in studio.takes()}
    stretches = json.loads((call / "struck.json").read_text())["stretches"]
    assert min(each["start_us"] for each in stretches) <= pressed_us - 30_000_000
    assert max(each["end_us"] for each in stretches) >= pressed_us
