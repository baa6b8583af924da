"""A participant at their browser: what they press, and what they can see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Response,
    TimeoutError,
    expect,
)

from tests.browser.takes import LEFT_BEHIND

# What takes a second on a free machine may take a minute on a busy one.
PATIENCE_MS = 90_000
NEUTRAL = "https://www.wikipedia.org/"
PRESSES = 3
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Guest:
    """One participant with a browser of their own.

    `requests` is all that it asked for, `kept` what the studio acknowledged, `faults` what the
    browser complained of.
    """

    page: Page
    link: str
    name: str
    requests: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def see(self, text: str) -> None:
        """Wait until the page says this."""
        expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def press(self, name: str) -> None:
        """Press a button by what it says."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def reach_by_tab(self, name: str) -> None:
        """Move the focus with Tab until it is on what has this name."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            label = self.page.evaluate(
                "document.activeElement?.labels?.[0]?.textContent ??"
                " document.activeElement?.textContent ?? ''"
            )
            if label.strip() == name:
                return
        raise AssertionError(f"Tab does not reach {name}")

    def press_by_keyboard(self, name: str) -> None:
        """Press a button with Tab and Enter alone, once it is there to be pressed."""
        button = self.page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled()
        self.reach_by_tab(name)
        self.page.keyboard.press("Enter")

    def agree(self) -> None:
        """Open the link and sign the agreement."""
        self.page.goto(self.link)
        self.page.get_by_role("textbox").first.fill(self.name)
        self.page.locator("button[name=answer][value=yes]").click()
        expect(self.page.locator("#check-title")).to_be_visible()

    def check(self) -> None:
        """Try camera and microphone, and go on to the lobby."""
        self.press("Turn on camera and microphone")
        self.see("Your voice is heard")
        self.see("The studio is reached")
        self.press("Go on")
        expect(self.page.locator("#lobby-title")).to_be_visible()

    def join(self) -> None:
        """Enter the call."""
        self.press("Join the conversation")
        expect(self.page.locator("#tiles")).to_be_visible()

    def see_the_other(self) -> None:
        """Wait until pictures of the other arrive one after the other."""
        self.page.wait_for_function(
            """() => {
                const video = document.querySelector("#tiles .tile:not(.own) video");
                return video?.getVideoPlaybackQuality().totalVideoFrames > 30;
            }"""
        )

    def see_recording(self, *, is_on: bool = True) -> None:
        """Wait until this device records, or does not."""
        wanted = "on" if is_on else "off"
        self.page.wait_for_selector(f"body[data-recording={wanted}]")

    def await_kept(self, track: str, number: int) -> None:
        """Wait until the studio has acknowledged this fragment."""
        ending = f"/{track}/{number}"
        if not any(url.endswith(ending) for url in self.kept):
            with self.page.expect_event(
                "response",
                lambda response: response.url.endswith(ending) and response.status == 201,
            ):
                pass

    def hang_up(self) -> None:
        """Leave the call; what was recorded is finished and sent."""
        self.press("Leave")
        expect(self.page.locator("#after-title")).to_be_visible()


def come_in(*guests: Guest) -> None:
    """Let all of them go the whole way into the call."""
    for one in guests:
        one.agree()
        one.check()
        one.join()


def meet(*guests: Guest) -> None:
    """Let all of them come into the call and see another."""
    come_in(*guests)
    for one in guests:
        one.see_the_other()


def be_recorded(*guests: Guest) -> None:
    """Let all of them, who are in the call, be recorded."""
    for one in guests:
        one.press("Ready to record")
    for one in guests:
        one.see_recording()


def hang_up(*guests: Guest) -> None:
    """Let all of them leave, and wait until what they recorded is at the studio."""
    for one in guests:
        one.hang_up()
    for one in guests:
        one.see("You may close this page.")


def erase(one: Guest) -> None:
    """Erase all, and see that it is gone."""
    one.page.get_by_text("Erase my recording").click()
    one.press("Erase it for good")
    one.see("Nothing of it is left.")
    assert one.page.evaluate(LEFT_BEHIND) == []


def leave_quickly(page: Page) -> None:
    """Press Escape until the neutral page is there: two that come within a second leave."""
    for _ in range(PRESSES):
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        with suppress(TimeoutError):
            page.wait_for_url(NEUTRAL, timeout=PATIENCE_MS / PRESSES)
            return
    raise AssertionError("pressing Escape twice does not leave the page")


def patient(context: BrowserContext) -> BrowserContext:
    """Let every wait of its pages last as long as those of `expect`."""
    context.set_default_timeout(PATIENCE_MS)
    return context


@contextmanager
def guest(browser: Browser, link: str, name: str, **options: object) -> Iterator[Guest]:
    """Give somebody a fresh browser profile with camera and microphone allowed."""
    options = {"permissions": ["camera", "microphone"]} | options
    with patient(browser.new_context(**options)) as context:  # type: ignore[arg-type]
        yield attended(context.new_page(), link, name)


def attended(page: Page, link: str, name: str) -> Guest:
    """Note all that a page asks for, what the studio acknowledges, and what goes wrong."""
    made = Guest(page, link, name)
    page.on("request", lambda request: _note(made, request))
    page.on("response", lambda response: _keep(made, response))
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    page.on(
        "console",
        lambda line: made.faults.append(line.text) if line.type == "error" else None,
    )
    return made


def _note(made: Guest, request: Request) -> None:
    made.requests.append(request.url)


def _keep(made: Guest, response: Response) -> None:
    if response.status == 201:
        made.kept.append(response.url)
