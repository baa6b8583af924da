"""The system takes a device for a telephone call, or puts the page away, and gives it back.

No simulated device is ever held: what a browser would tell the page of that is told here. The
window that is put away is really minimised, and all that the page does is real: it opens devices,
and asks for the lock on the screen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.journey import Guest, come_in, guest
from tests.browser.pages import CHROMIUM, FLAGS
from tests.browser.studio import running_studio

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(300)]

SYSTEM = """(() => {
  const ask = navigator.wakeLock.request.bind(navigator.wakeLock);
  window.locks = [];
  navigator.wakeLock.request = async (kind) => {
    const lock = await ask(kind);
    window.locks.push(lock);
    return lock;
  };
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.opened = [];
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await open(wish);
    window.opened.push(...stream.getTracks());
    return stream;
  };
  window.hold = (kind, isHeld) => {
    const track = window.opened.findLast((one) => one.kind === kind);
    Object.defineProperty(track, "muted", { value: isHeld, configurable: true });
    track.dispatchEvent(new Event(isHeld ? "mute" : "unmute"));
  };
})()"""

HELD_FOR_A_MOMENT = """(kind) => {
  hold(kind, true);
  const told = document.querySelector("#notice").innerText;
  hold(kind, false);
  return told;
}"""
LETS_THROUGH = "opened.findLast((one) => one.kind === 'audio').enabled"
DEVICES = {"audio": "microphone", "video": "camera"}


@pytest.fixture
def rosa(playwright: Playwright, tmp_path: Path) -> Iterator[Guest]:
    """Rosa in the call, with camera and microphone on."""
    with running_studio(tmp_path / "home") as studio:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
        with guest(browser, studio.links["Rosa"], "Rosa") as arrived:
            arrived.page.add_init_script(SYSTEM)
            come_in(arrived)
            yield arrived
        browser.close()


def test_a_device_that_the_system_holds_is_waited_for_and_if_it_is_not_given_back_opened_anew(
    rosa: Guest,
) -> None:
    for kind, device in DEVICES.items():
        # At once, for after some seconds it would be opened anew.
        told = rosa.page.evaluate(HELD_FOR_A_MOMENT, kind)
        assert f"Something else holds your {device}" in told
        rosa.see(f"Your {device} is back.")
    assert stand(rosa) == ["audio live", "video live"]
    rosa.press("Mute")
    rosa.page.evaluate("hold('audio', true)")
    rosa.see("Your microphone is back.")
    assert stand(rosa) == ["audio ended", "audio live", "video live"]
    assert rosa.page.evaluate(LETS_THROUGH) is False
    rosa.press("Mute")
    assert rosa.page.evaluate(LETS_THROUGH) is True
    rosa.page.evaluate("hold('video', true)")
    rosa.see("Your camera is back.")
    assert stand(rosa) == ["audio ended", "audio live", "video ended", "video live"]


def stand(one: Guest) -> list[str]:
    """Return how each device that was ever opened stands."""
    return sorted(one.page.evaluate("opened.map((track) => `${track.kind} ${track.readyState}`)"))


class Window:
    """A window that can be put away.

    The driver keeps its own pages in front, so this is none of them: it is spoken to in the
    browser's own words.
    """

    def __init__(self, browser: Browser, driven: Page) -> None:
        self.driven = driven
        self.browser = browser.new_browser_cdp_session()
        made = self.browser.send("Target.createTarget", {"url": "about:blank"})
        self.target = {"targetId": made["targetId"]}
        attached = self.browser.send("Target.attachToTarget", self.target | {"flatten": False})
        self.line = {"sessionId": attached["sessionId"]}
        self.window = self.browser.send("Browser.getWindowForTarget", self.target)["windowId"]
        self.answers: dict[int, Any] = {}
        self.n_asked = 0
        self.browser.on("Target.receivedMessageFromTarget", self.hear)

    def hear(self, event: dict[str, str]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self.answers[message["id"]] = message["result"]

    def send(self, method: str, **params: object) -> Any:
        self.n_asked += 1
        asked = json.dumps({"id": self.n_asked, "method": method, "params": params})
        self.browser.send("Target.sendMessageToTarget", self.line | {"message": asked})
        while self.n_asked not in self.answers:
            self.driven.wait_for_timeout(20)
        return self.answers[self.n_asked]

    def evaluate(self, script: str) -> Any:
        said = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until this holds; the time limit of the test is its end."""
        while not self.evaluate(script):
            self.driven.wait_for_timeout(100)

    def see(self, words: str) -> None:
        self.until(f"document.body.innerText.includes({json.dumps(words)})")

    def press(self, button: str) -> None:
        self.until(f"document.getElementById('{button}')?.checkVisibility()")
        self.evaluate(f"document.getElementById('{button}').click()")

    def put(self, state: str) -> None:
        where = {"windowId": self.window, "bounds": {"windowState": state}}
        self.browser.send("Browser.setWindowBounds", where)


@pytest.fixture
def window(playwright: Playwright, tmp_path: Path) -> Iterator[Window]:
    """A window of its own in which Rosa is in the call."""
    with running_studio(tmp_path / "home") as studio:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS])
        with guest(browser, studio.links["Rosa"], "Rosa") as arrived:
            arrived.agree()
            made = Window(browser, arrived.page)
            arrived.page.goto("about:blank")
            made.send("Page.enable")
            made.send("Page.addScriptToEvaluateOnNewDocument", source=SYSTEM)
            made.send("Page.navigate", url=studio.links["Rosa"])
            made.until("document.getElementById('open-both')?.disabled === false")
            for button in ("open-both", "to-lobby", "join"):
                made.press(button)
            yield made
        browser.close()


def test_a_page_that_was_put_away_takes_up_its_devices_and_keeps_the_screen_on_again(
    window: Window,
) -> None:
    window.until("locks.length === 1 && !locks[0].released")
    window.put("minimized")
    window.until("document.visibilityState === 'hidden' && locks[0].released")
    window.evaluate("hold('audio', true)")
    window.see("Something else holds your microphone")
    window.put("normal")
    window.see("Your microphone is back.")
    window.until("locks.length === 2 && !locks[1].released")
    assert window.evaluate("opened.length") == 3
