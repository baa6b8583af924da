"""Two who were invited, as tests need them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from candid.site.agreements.actions import load_first_text, sign
from candid.site.conversations.actions import Plan, load_first_guide, plan_conversation
from candid.site.conversations.models import Conversation, Participant

# What takes a second on a free machine may take a minute on a busy one.
PATIENCE_S = 60


def invite_two(*names: str) -> tuple[Conversation, list[Participant]]:
    people = [(name, f"{name.lower()}@example.org") for name in names or ("Rosa", "Daniel")]
    conversation = plan_conversation(Plan("Kitchen table", people, load_first_guide()))
    return conversation, list(conversation.participants.all())


def invite_two_who_agreed() -> tuple[Conversation, list[Participant]]:
    conversation, people = invite_two()
    for one in people:
        sign(one.participant_id, one.name, load_first_text())
    return conversation, people


def answer(client: httpx.Client, participant: Participant, **fields: str) -> httpx.Response:
    """Open the agreement and send its form, as a browser without scripts would."""
    page = client.get(f"{participant.path}agreement/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return client.post(f"{participant.path}agreement/", data=hidden | fields)


class Browser:
    """One end of the live channel."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.heard: list[dict[str, Any]] = []

    def say(self, **message: Any) -> None:
        self._socket.send(json.dumps(message))

    def say_raw(self, text: str | bytes) -> None:
        self._socket.send(text)

    def hear(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait for the next message of a type that has these fields."""
        while True:
            message: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE_S))
            self.heard.append(message)
            if message["type"] == kind and fields.items() <= message.items():
                return message

    def hear_state(self, participant_id: str, **state: Any) -> None:
        """Wait until somebody is said to be in a state."""
        while True:
            people = {one["id"]: one for one in self.hear("people")["people"]}
            if state.items() <= (people[participant_id]["state"] | people[participant_id]).items():
                return

    def close_code(self) -> int | None:
        """Read on until the socket is closed, and return the code."""
        with suppress(ConnectionClosed):
            while True:
                self._socket.recv(timeout=PATIENCE_S)
        return self._socket.protocol.close_code


@contextmanager
def live(
    origin: str, participant: Participant, query: str = "", **options: Any
) -> Iterator[Browser]:
    address = f"{origin.replace('http', 'ws')}{participant.path}live{query}"
    with connect(address, open_timeout=PATIENCE_S, **options) as socket:
        yield Browser(socket)
