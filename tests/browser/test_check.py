"""The check before a call: what is found, what is missing, what was refused, and what helps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.axe import violations
from tests.browser.journey import Guest, guest
from tests.browser.pages import CHROMIUM, FLAGS
from tests.browser.studio import Studio

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(300)]

ALLOW, DEVICES = "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
Visit = Callable[..., Guest]
# What the browser opens is handed out only when the test lets it.
GATE = """(() => {
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.opened = [];
  const held = new Promise((resolve) => (window.letThrough = resolve));
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await own(wish);
    window.opened.push(...stream.getTracks());
    await held;
    return stream;
  };
})()"""

# A browser that starts no sound, as some do on a device that has nothing to play it.
SOUNDLESS = """(() => {
  window.AudioContext = class extends AudioContext {
    constructor(...given) {
      super(...given);
      window.sound = this;
      void super.suspend();
    }
    resume() { return new Promise(() => undefined); }
    plugIn() { return super.resume(); }
  };
})()"""


@pytest.fixture
def visit(playwright: Playwright, studio: Studio) -> Iterator[Visit]:
    """Bring Rosa to the check in a browser without these flags and with those."""
    with ExitStack() as stack:

        def visit(*added: str, without: tuple[str, ...] = (), script: str = "") -> Guest:
            flags = [flag for flag in FLAGS if flag not in without]
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=[*flags, *added]
            )
            stack.callback(browser.close)
            permissions = [] if ALLOW in without else ["camera", "microphone"]
            rosa = stack.enter_context(
                guest(
                    browser, studio.links["Rosa"], "Rosa", bypass_csp=True, permissions=permissions
                )
            )
            rosa.page.add_init_script(script)
            rosa.agree()
            rosa.press("Turn on camera and microphone")
            return rosa

        yield visit


def test_it_tells_what_is_heard_what_the_line_carries_and_whether_headphones_help(
    visit: Visit,
) -> None:
    rosa = visit()
    rosa.see("Your voice is heard")
    rosa.see("The studio is reached.")
    rosa.see("Mbit/s")
    rosa.press("Play three notes")
    rosa.see("Your microphone does not hear the loudspeaker.")
    assert violations(rosa.page) == []


def test_a_refusal_is_told_with_what_to_press_in_this_browser(visit: Visit) -> None:
    rosa = visit(without=(ALLOW,))
    rosa.see("Camera and microphone cannot be used")
    rosa.see("This browser was told to refuse it.")
    rosa.see("Press the sign to the left of the address, allow camera and microphone")
    expect(rosa.page.get_by_role("button", name="Turn on camera and microphone")).to_be_visible()
    assert violations(rosa.page) == []


def test_without_a_camera_the_way_goes_on_without_a_picture(visit: Visit) -> None:
    rosa = visit(f"{DEVICES}=device-count=0", without=(DEVICES,))
    rosa.see("The camera cannot be used")
    rosa.see("The conversation goes on without a picture. That is fine.")
    rosa.see("Your voice is heard")
    rosa.press("Go on")
    expect(rosa.page.locator("#lobby-title")).to_be_visible()
    rosa.join()
    rosa.press("Camera off")
    rosa.see("The camera cannot be used. None was found.")


def test_without_a_microphone_it_says_what_is_needed(visit: Visit) -> None:
    rosa = visit(without=(DEVICES,))
    rosa.see("None was found. Is it plugged in, and turned on?")
    rosa.see("A conversation needs a microphone. Your link opens on a telephone too.")


def test_where_the_browser_starts_no_sound_it_says_so_and_goes_on_when_it_does(
    visit: Visit,
) -> None:
    rosa = visit(script=SOUNDLESS)
    rosa.see("Sound does not start on this device, so your voice is not heard.")
    rosa.page.evaluate("sound.plugIn()")
    rosa.see("Your voice is heard")


@pytest.mark.parametrize("then", ["Camera off", "Leave"])
def test_a_camera_that_opens_late_goes_out_where_nobody_wants_it_any_more(
    visit: Visit, then: str
) -> None:
    rosa = visit()
    rosa.see("Your voice is heard")
    rosa.press("Go on")
    rosa.join()
    rosa.press("Camera off")
    rosa.page.evaluate(GATE)
    rosa.press("Camera off")
    rosa.page.wait_for_function("opened.length === 1")
    rosa.press(then)
    rosa.page.evaluate("letThrough()")
    rosa.page.wait_for_function("opened.every((track) => track.readyState === 'ended')")
