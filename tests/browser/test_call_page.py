"""The conversation page in each of its states: for everybody, by any means, and through faults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.axe import violations
from tests.browser.journey import (
    NEUTRAL,
    Guest,
    be_recorded,
    come_in,
    erase,
    hang_up,
    leave_quickly,
    meet,
)
from tests.browser.studio import Studio
from tests.browser.takes import LEFT_BEHIND

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

NARROWEST = {"width": 320, "height": 640}
PHONE = {"width": 390, "height": 844}
COLOUR_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TWICE_AS_LARGE = "--blink-settings=defaultFontSize=32"
# A page that goes notes how each device that it opened stands.
DEVICES_AT_THE_END = """(() => {
    const own = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    const opened = [];
    if (own) navigator.mediaDevices.getUserMedia = async (wish) => {
        const stream = await own(wish);
        opened.push(...stream.getTracks());
        return stream;
    };
    addEventListener("pagehide", () => {
        localStorage.devices = opened.map((one) => one.readyState).join(" ");
    });
})()"""
FRAMES_GO_ON = """(() => {
    let first;
    return (count) => {
        const video = document.querySelector("#tiles .tile:not(.own) video");
        const now = video.getVideoPlaybackQuality().totalVideoFrames;
        first ??= now;
        return now - first > count;
    };
})()"""
Arrive = Callable[..., Guest]


def talk(*guests: Guest) -> None:
    """Let all of them come into the call and be recorded."""
    meet(*guests)
    be_recorded(*guests)


def overhang_px(one: Guest) -> int:
    """Return by how much the page is wider than its window."""
    return int(one.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_axe_finds_nothing_in_any_state_and_nothing_is_wider_than_320_px(arrive: Arrive) -> None:
    rosa = arrive("Rosa", bypass_csp=True, viewport=NARROWEST)
    daniel = arrive("Daniel")
    found: dict[str, object] = {}

    def look(state: str) -> None:
        for scheme in COLOUR_SCHEMES:
            rosa.page.emulate_media(color_scheme=scheme)
            found[f"{state}, {scheme}"] = violations(rosa.page)
        assert overhang_px(rosa) <= 0, state

    rosa.agree()
    look("asked for camera and microphone")
    rosa.check()
    look("lobby")
    rosa.join()
    look("alone in the call")
    come_in(daniel)
    rosa.see_the_other()
    look("together")
    for one in (rosa, daniel):
        one.press("Ready to record")
    rosa.see_recording()
    look("recording")
    for key in ("Write", "Questions", "Strike that"):
        rosa.press(key)
        look(key)
        rosa.press("Close")
    hang_up(daniel, rosa)
    look("after")
    assert not {state: faults for state, faults in found.items() if faults}


def test_with_letters_twice_as_large_everything_can_be_pressed_and_nothing_is_cut_off(
    arrive: Arrive,
) -> None:
    rosa = arrive("Rosa", TWICE_AS_LARGE, viewport=PHONE)
    daniel = arrive("Daniel", TWICE_AS_LARGE, viewport={"width": 1280, "height": 800})
    talk(rosa, daniel)
    for one in (rosa, daniel):
        for key in ("Write", "Questions", "Strike that"):
            one.press(key)
            one.press("Close")
            assert overhang_px(one) <= 0
    hang_up(rosa, daniel)
    assert overhang_px(rosa) <= 0


def test_the_whole_way_is_gone_by_keyboard_alone(arrive: Arrive) -> None:
    daniel, rosa = arrive("Daniel"), arrive("Rosa")
    come_in(daniel)
    rosa.page.goto(rosa.link)
    rosa.reach_by_tab("Your name, as your signature")
    rosa.page.keyboard.type("Rosa")
    rosa.press_by_keyboard("I agree, go on")
    rosa.press_by_keyboard("Turn on camera and microphone")
    rosa.see("Your voice is heard")
    expect(rosa.page.get_by_label("Microphone", exact=True)).to_be_focused()
    rosa.press_by_keyboard("Go on")
    rosa.press_by_keyboard("Join the conversation")
    rosa.press_by_keyboard("Write")
    rosa.page.keyboard.type("Good to see you")
    rosa.page.keyboard.press("Enter")
    daniel.see("Rosa wrote: Good to see you")
    expect(daniel.page.locator("#news")).to_have_text("Rosa wrote: Good to see you")
    rosa.page.keyboard.press("Escape")
    rosa.press_by_keyboard("Ready to record")
    daniel.press("Ready to record")
    rosa.see_recording()
    expect(rosa.page.get_by_role("button", name="Pause recording")).to_be_focused()
    rosa.press_by_keyboard("Leave")
    rosa.see("You may close this page.")


def test_a_second_tab_takes_over_and_the_first_says_so(arrive: Arrive) -> None:
    rosa = arrive("Rosa")
    rosa.agree()
    rosa.check()
    second = rosa.page.context.new_page()
    second.goto(rosa.link)
    rosa.see("Open in another tab")
    expect(second.locator("#check-title")).to_be_visible()


def test_who_reloads_in_mid_call_is_recorded_again_and_both_takes_arrive(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    talk(rosa, daniel)
    rosa.await_kept("microphone", 0)
    rosa.page.reload()
    rosa.kept.clear()
    rosa.check()
    rosa.join()
    rosa.see_the_other()
    rosa.see_recording()
    rosa.await_kept("microphone", 0)
    hang_up(rosa, daniel)
    states = [json.loads((take / "manifest.json").read_text()) for take in studio.takes()]
    assert sorted((each["name"], each["state"]) for each in states) == [
        ("Daniel", "complete"),
        ("Rosa", "complete"),
        ("Rosa", "interrupted"),
    ]


def test_the_recording_goes_on_while_the_studio_is_away(arrive: Arrive, studio: Studio) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    talk(rosa, daniel)
    with studio.away():
        rosa.page.wait_for_function(FRAMES_GO_ON, arg=60)
        rosa.see_recording()
    hang_up(rosa, daniel)
    receipts = [json.loads((take / "receipt.json").read_text()) for take in studio.takes()]
    assert [(one["state"], one["holes"]) for one in receipts] == [("complete", [])] * 2


def test_a_pause_is_kept_by_both_and_written_into_both_takes_with_a_studio_and_without(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    lines = [Line(rosa), Line(daniel)]
    talk(rosa, daniel)
    pause(rosa, daniel)
    # Without it they would rest too, and again when it comes after they went on.
    for line in lines:
        line.await_word(is_on=False)
    go_on(rosa, daniel)
    lines[0].cut()
    rosa.see("You hear each other; the studio is being sought.")
    pause(rosa, daniel)
    go_on(rosa, daniel)
    hang_up(rosa, daniel)
    for take in studio.takes():
        gaps = json.loads((take / "manifest.json").read_text())["gaps"]
        assert [gap["reason"] for gap in gaps].count("paused") == 2


class Line:
    """Somebody's live channel: what the studio said on it of recording, and a way to cut it."""

    def __init__(self, one: Guest) -> None:
        self.page = one.page
        self.is_cut = False
        self.is_on: bool | None = None
        self.page.route_web_socket(re.compile("/live"), self.pass_on)

    def pass_on(self, channel: WebSocketRoute) -> None:
        self.channel = channel
        if self.is_cut:
            channel.close()
        else:
            channel.connect_to_server().on_message(self.hear)

    def hear(self, message: str | bytes) -> None:
        self.channel.send(message)
        said = json.loads(message)
        if said["type"] == "record":
            self.is_on = said["is_on"]

    def await_word(self, *, is_on: bool) -> None:
        while self.is_on is not is_on:
            self.page.wait_for_timeout(100)  # the time limit of the test is its end

    def cut(self) -> None:
        self.is_cut = True
        self.channel.close()


def pause(one: Guest, other: Guest) -> None:
    """Pause, and see that both rest and say so."""
    one.press("Pause recording")
    one.see("You paused the recording")
    other.see("Rosa paused the recording")
    for each in (one, other):
        each.see_recording(is_on=False)


def go_on(one: Guest, other: Guest) -> None:
    """Take the pause back, and see that both are recorded again."""
    one.press("Pause recording")
    for each in (one, other):
        each.see("Both of you are being recorded")
        each.see_recording()


def test_what_one_strikes_is_gone_from_both_takes(arrive: Arrive, studio: Studio) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    talk(rosa, daniel)
    for one in (rosa, daniel):
        one.await_kept("microphone", 0)
    rosa.press("Strike that")
    rosa.press("The last 30 seconds")
    daniel.see("Rosa struck something out. It can never be in the film.")
    hang_up(rosa, daniel)
    for take in studio.takes():
        assert not (take / "microphone" / "000000.m4s").exists()
        assert json.loads((take / "receipt.json").read_text())["struck"]["microphone"][0] == 0


def test_what_is_struck_goes_too_where_the_other_device_is_away(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    talk(rosa, daniel)
    # By then the studio has a manifest of each, by which it finds what is struck.
    for one in (rosa, daniel):
        one.await_kept("microphone", 2)
    daniel.page.goto("about:blank")
    rosa.press("Strike that")
    rosa.press("The last 30 seconds")
    hang_up(rosa)
    for take in studio.takes():
        assert not (take / "microphone" / "000000.m4s").exists()


def test_what_is_struck_while_there_is_no_studio_is_told_to_it_when_it_is_back(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    talk(rosa, daniel)
    for one in (rosa, daniel):
        one.await_kept("microphone", 0)
    owed = f"localStorage.getItem('candid-strikes-{participant_of(rosa)}')"
    with studio.dead():
        rosa.see("You hear each other; the studio is being sought.")
        rosa.press("Strike that")
        rosa.press("The last 30 seconds")
        daniel.see("Rosa struck something out. It can never be in the film.")
        assert len(json.loads(rosa.page.evaluate(owed))) == 1
    rosa.page.wait_for_function(f"() => {owed} === null")
    hang_up(rosa, daniel)
    (call,) = {take.parent.parent for take in studio.takes()}
    assert len(json.loads((call / "struck.json").read_text())["stretches"]) == 1
    for take in studio.takes():
        assert not (take / "microphone" / "000000.m4s").exists()


def test_more_strikes_than_anybody_means_are_owed_and_the_page_says_so(arrive: Arrive) -> None:
    rosa, daniel = arrive("Rosa", viewport=PHONE), arrive("Daniel")
    talk(rosa, daniel)
    owed = f"JSON.parse(localStorage.getItem('candid-strikes-{participant_of(rosa)}') ?? '[]')"
    rosa.page.evaluate(
        "() => { for (let n = 0; n < 80; n += 1) document.querySelector('[data-strikes]').click() }"
    )
    rosa.see("The studio strikes it a little later. Nothing more is needed from you.")
    rosa.page.wait_for_function(f"() => {owed}.length <= 20")
    left = rosa.page.evaluate(f"{owed}.length")
    assert left > 0
    rosa.page.wait_for_function(f"() => {owed}.length < {left}")
    rosa.see("Both of you are being recorded")


def participant_of(one: Guest) -> str:
    """Return the id in a personal link."""
    return one.link.rstrip("/").rsplit("/", 1)[1].split(".")[0]


def test_who_erases_their_recording_leaves_nothing_of_it_and_nothing_of_the_other_goes(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    talk(rosa, daniel)
    for one in (rosa, daniel):
        one.await_kept("microphone", 0)
        one.page.route("**/ingest/takes/*/microphone/*", lambda route: route.abort())
    daniel.hang_up()
    # As pressed before coming back, and answered only now that the take of this visit is open.
    rosa.page.locator("#erase-all").evaluate("(key) => key.click()")
    rosa.see("Nothing of it is left.")
    expect(rosa.page.locator("#return")).to_be_hidden()
    assert rosa.page.evaluate(LEFT_BEHIND) == []
    (left,) = (json.loads((take / "manifest.json").read_text()) for take in studio.takes())
    assert left["name"] == "Daniel"
    daniel.see("Keep this page open until all is sent.")
    assert len(daniel.page.evaluate(LEFT_BEHIND)) == 1
    erase(daniel)
    assert studio.takes() == []


def test_who_erased_their_recording_talks_on_and_the_others_are_told_why_nothing_is_recorded(
    arrive: Arrive,
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    rosa.agree()
    erase = """async () => {
        const { upload } = JSON.parse(document.querySelector("#call").textContent);
        const headers = { Authorization: `Bearer ${upload.token}` };
        return (await fetch(`${upload.base}/`, { method: "DELETE", headers })).status;
    }"""
    assert rosa.page.evaluate(erase) == 200
    rosa.page.reload()
    rosa.check()
    rosa.join()
    rosa.see("Your recording was erased. You can talk;")
    expect(rosa.page.locator("#ready")).to_be_hidden()
    come_in(daniel)
    daniel.see("The recording of Rosa was erased. You can talk;")


def test_a_page_of_which_a_script_did_not_come_is_loaded_again_once_and_then_says_so(
    arrive: Arrive,
) -> None:
    rosa = arrive("Rosa")
    rosa.agree()
    script, key = "**/browser/call/check.js", rosa.page.locator("#open-both")
    rosa.page.route(script, lambda route: route.abort("connectionreset"), times=1)
    rosa.page.reload()
    expect(key).to_be_enabled()
    rosa.page.route(script, lambda route: route.abort("connectionreset"))
    rosa.page.reload()
    rosa.see("This page did not load whole. Load it again.")
    expect(key).to_be_disabled()


def test_who_comes_back_opens_the_devices_themselves(arrive: Arrive) -> None:
    rosa = arrive("Rosa")
    come_in(rosa)
    rosa.hang_up()
    rosa.press("Return to the conversation")
    # Timers end in the order of their times, and the first try at a lost microphone is at once.
    opened = rosa.page.evaluate("""async () => {
        let opened = 0;
        navigator.mediaDevices.getUserMedia = async () => { opened += 1; throw new Error(); };
        navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
        await new Promise((resolve) => setTimeout(resolve, 50));
        return opened;
    }""")
    assert opened == 0
    expect(rosa.page.get_by_role("button", name="Turn on camera and microphone")).to_be_visible()


def test_quick_exit_stops_the_devices_and_leaves_the_page_without_a_question(
    arrive: Arrive,
) -> None:
    rosa = arrive("Rosa")
    rosa.page.route(NEUTRAL, lambda route: route.fulfill(body="neutral"))
    rosa.page.add_init_script(DEVICES_AT_THE_END)
    come_in(rosa)
    leave_quickly(rosa.page)
    rosa.page.goto(rosa.link)
    assert rosa.page.evaluate("localStorage.devices") == "ended ended"


def is_sending(url: str) -> bool:
    """Tell whether something is sent with this, or asked for to send the rest."""
    return "/ingest/takes/" in url and not url.endswith("/receipt")


def test_after_a_quick_exit_nothing_is_sent_before_a_word_is_said(
    arrive: Arrive, studio: Studio
) -> None:
    rosa, daniel = arrive("Rosa"), arrive("Daniel")
    rosa.page.context.route(NEUTRAL, lambda route: route.fulfill(body="neutral"))
    talk(rosa, daniel)
    rosa.await_kept("microphone", 0)
    rosa.page.route("**/manifest", lambda route: route.abort())
    beside = rosa.page.context.new_page()
    beside.goto(rosa.link)
    rosa.see("Open in another tab")
    rosa.see("What was recorded here is still being sent.")
    leave_quickly(beside)
    rosa.page.wait_for_url(NEUTRAL)
    rosa.page.unroute("**/manifest")
    studio.end_all()
    asked = len(rosa.requests)
    rosa.page.goto(rosa.link)
    rosa.see("A recording of yours is still on this device.")
    # It says so here too once the uploads have looked for what they may send.
    expect(rosa.page.locator("#after-words")).to_contain_text("is still on this device")
    assert [url for url in rosa.requests[asked:] if is_sending(url)] == []
    with rosa.page.expect_response(lambda response: response.url.endswith("/manifest")):
        rosa.press("Send it")
    expect(rosa.page.locator("#left")).to_be_hidden()
    expect(rosa.page.locator("#after-title")).to_be_focused()
