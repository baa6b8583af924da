"""Clocks that move, tokens that end, clients that stand still: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest

from candid.site.conversations.links import UPLOAD_TOKEN_LIFE_S, make_upload_token
from candid.site.recording.receiver import make_receiver
from candid.site.recording.tokens import LinkTokens
from tests.site.people_who_talk import invite_two_who_agreed, live
from tests.site.recording.material import (
    address,
    headers_for,
    leftovers,
    manifest_for,
    some_parts,
    take_folder,
    with_limits,
)

DAY_S = 24 * 3600
PARTS = some_parts(4)
DATA = b"two seconds of lossless sound" * 40_000


class Wall:
    """A wall clock that can be set, as somebody sets that of a computer."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@pytest.mark.parametrize("moved_s", [DAY_S, -DAY_S])
def test_a_server_whose_clock_moves_by_a_day_goes_on_taking_what_comes(
    transactional_db, studio, moved_s
):
    """`studio` is a folder's; tokens are those of real links."""
    _conversation, (ada, _bob) = invite_two_who_agreed()
    wall, take_id = Wall(), f"{ada.participant_id}-00000001"
    tokens = LinkTokens(wall_s=wall)
    studio.receiver = make_receiver(tokens, studio.receiver.storage)
    token = make_upload_token(ada.participant_id, ada.link_version, time.time())

    async def put(number):
        data = PARTS[number + 1]
        told = await studio.ask(
            "PUT", address(f"heard/{number}", take_id), body=data, headers=headers_for(data, token)
        )
        return told.status

    async def story():
        before = [await put(number) for number in (0, 1)]
        wall.ahead_s = moved_s
        return before, [await put(number) for number in (1, 2, 3)]

    assert asyncio.run(story()) == ([201, 201], [200, 201, 201])


def test_a_token_that_ended_is_renewed_by_opening_the_link_again(studio_with_people):
    """The take goes on where it was: what was acknowledged stays, the rest comes after."""
    origin, ada = studio_with_people
    take_id = f"{ada.participant_id}-00000001"
    long_ago = time.time() - UPLOAD_TOKEN_LIFE_S - DAY_S
    ended = make_upload_token(ada.participant_id, ada.link_version, long_ago)
    with httpx.Client(base_url=origin, timeout=60) as client:

        def put(what, data, token):
            path = address(what, take_id)
            return client.put(path, content=data, headers=headers_for(data, token)).status_code

        assert put("camera/0", PARTS[1], ended) == 401
        with live(origin, ada) as browser:
            token = browser.hear("welcome")["upload"]["token"]
        for number in range(4):
            assert put(f"camera/{number}", PARTS[number + 1], token) == 201
        assert put("camera/init", PARTS[0], token) == 201
        call_id = ada.conversation.call_id
        manifest = manifest_for({"camera": PARTS}, take_id=take_id, call_id=call_id)
        assert put("manifest", json.dumps(manifest).encode(), token) == 201
        state = client.get(address("", take_id), headers={"authorization": f"Bearer {token}"})
    assert (state.json()["state"], state.json()["holes"]) == ("complete", [])


@pytest.fixture
def studio_with_people(transactional_db, origin):
    return origin, invite_two_who_agreed()[1][0]


def test_a_client_that_stands_still_holds_nothing_and_finishes_when_it_comes_back(tmp_path):
    """As a laptop that is shut in the middle of an upload, with its connection open."""
    studio = with_limits(tmp_path, upload_s=0.3)

    async def story():
        awake = asyncio.Event()
        sent = []

        async def receive():
            if not awake.is_set():
                awake.set()
                return {"type": "http.request", "body": DATA[:600_000], "more_body": True}
            return await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        headers = headers_for(DATA) | {"content-length": str(len(DATA))}
        scope = {
            "type": "http",
            "method": "PUT",
            "path": address("camera/0"),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await studio.receiver(scope, receive, send)
        assert leftovers(tmp_path) == []
        again = await studio.ask("PUT", address("camera/0"), body=DATA, headers=headers_for(DATA))
        return sent[0]["status"], again.status

    assert asyncio.run(story()) == (408, 201)
    assert (take_folder(tmp_path) / "camera/000000.m4s").read_bytes() == DATA
