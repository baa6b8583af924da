"""What a page says of itself and makes of what others say, without a device or a network."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from candid.site.call.rooms import read_state

pytestmark = pytest.mark.xdist_group("conversation")

NEW_PAGE = """async (before) => {
    const { Room } = await import("/static/browser/call/room.js");
    const people = [{ id: "rosa", name: "Rosa" }, { id: "daniel", name: "Daniel" }];
    const room = new Room({ participant_id: "rosa", people, is_erased: false });
    const told = [];
    room.send = (message) => told.push(message);
    const here = people.map((one) => ({ ...one, is_here: true, state: {} }));
    here[0].state = before;
    room.hear({ type: "welcome", you: "rosa", people: here });
    return told;
}"""


def told_after(page: Page, before: dict[str, Any]) -> dict[str, Any]:
    """Return what the studio has of somebody whose page was loaded anew after saying `before`."""
    [message] = page.evaluate(NEW_PAGE, before)
    return before | read_state(message)


@pytest.mark.parametrize(
    "before",
    [
        {"ready": True},
        {"ready": True, "paused": True},
        {"muted": True},
        {"ready": True, "recording": True, "taking": "rosa-12345678"},
    ],
)
def test_a_page_that_is_loaded_anew_takes_back_what_the_one_before_said(
    one_page: Page, before: dict[str, Any]
) -> None:
    now = told_after(one_page, {"stage": "call", "camera": True} | before)
    assert now == {
        "stage": "check",
        "camera": True,
        # Who was being recorded need not agree again.
        "ready": before.get("recording", False),
        "recording": False,
        "muted": False,
        "paused": False,
        "taking": None,
        "erased": False,
    }


LOBBY = """async (steps) => {
    const { Room } = await import("/static/browser/call/room.js");
    const { openLobby } = await import("/static/browser/call/lobby.js");
    const said = ["is_away", "is_here", "is_in_call", "came", "went", "tile_away"];
    const words = JSON.stringify(Object.fromEntries(said.map((one) => [one, one])));
    document.body.insertAdjacentHTML("beforeend",
        `<script type="application/json" id="words">${words}</script><ul id="lobby-people"></ul>`);
    const room = new Room({ participant_id: "rosa", people: [{ id: "daniel", name: "Daniel" }] });
    let news = null;
    openLobby(room, (words) => (news = words));
    return steps.map(([is_here, stage, isOpen]) => {
        news = null;
        room.ways = { daniel: { isOpen, isPaused: false } };
        const state = stage === null ? {} : { stage };
        room.hear({ type: "people", people: [{ id: "daniel", name: "Daniel", is_here, state }] });
        return [news, document.querySelector("#lobby-people").textContent];
    });
}"""


def test_nobody_is_said_to_have_left_who_only_lost_the_studio_or_not_to_have_come_who_was_here(
    page: Page,
) -> None:
    told = page.evaluate(
        LOBBY,
        [
            (False, None, False),
            (True, "lobby", False),
            (True, "call", True),
            # The studio is lost, and the voice goes on.
            (False, "call", True),
            (False, "call", False),
            (True, "call", False),
            (True, "after", False),
            (False, "after", False),
            (True, "check", False),
        ],
    )
    assert told == [
        [None, "is_away"],
        ["came", "is_here"],
        [None, "is_in_call"],
        [None, "is_in_call"],
        ["tile_away", "tile_away"],
        ["came", "is_in_call"],
        ["went", "went"],
        [None, "went"],
        ["came", "is_here"],
    ]
