"""The live channel of a call, as docs/studio.md has it."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from candid.site.call.clocks import SERVER_CLOCK_ID, now_us
from candid.site.call.entry import Entry, enter_call
from candid.site.call.ice import ice_servers
from candid.site.call.limits import MESSAGES_AT_ONCE, MESSAGES_PER_S, STRIKE_AGAIN_S, Allowance
from candid.site.call.messages import (
    MessageError,
    Strike,
    read_message,
    read_strike,
    whole_number,
)
from candid.site.call.rooms import ROOMS, Message, Room, StateError, Turn, read_state
from candid.site.call.striking import TooManyStrikesError
from candid.site.call.struck import TooOftenError, strike_once, tell_others
from candid.site.conversations import links
from candid.site.conversations.actions import note_held

logger = logging.getLogger(__name__)

LONGEST_MESSAGE_BYTES = 64 * 1024
LONGEST_CHAT = 2000
INGEST_BASE = "/ingest/takes"
TOO_MUCH = 4008
TOO_SLOW = 4009
# A browser that has not taken a message for so long does not read, whatever its line.
LONGEST_TELL_S = 5.0
_LONGEST_NUMBER = 20
_SIGNAL_FIELDS = ("connection", "round", "description", "candidate")


class LiveConsumer(AsyncWebsocketConsumer):
    """One browser's end of the live channel; a socket of a room."""

    room: Room | None = None
    participant_id = ""
    is_dismissed = False
    closing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Free the seat whatever ends the socket; after an error no disconnect() would be heard."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.room is not None:
                await self.room.leave(self.participant_id, self)

    async def connect(self) -> None:
        """Let in whom the link names, if it holds; anybody else is refused before it opens."""
        entry = await self._find_entry() if _is_own_origin(self.scope) else None
        if entry is None:
            await self.close()
            return
        if entry.is_ended:
            await self.accept()
            await self.dismiss({"type": "ended"}, 4003)
            return
        self.participant_id = entry.participant_id
        self.allowance = Allowance(MESSAGES_PER_S, MESSAGES_AT_ONCE, time.monotonic())
        room = ROOMS.open(entry.call_id, entry.people, len(entry.questions))
        await self.accept()
        await self.tell(_welcome(entry, room))
        self.room = room
        if room.is_recording:
            await self.tell({"type": "record", "is_on": True})
        await room.enter(self.participant_id, self, _turn(self.scope))
        # What was revoked or ended while this came in found no socket to close.
        entry = await self._find_entry()
        if entry is None or entry.is_ended:
            await self.dismiss(None if entry is None else {"type": "ended"}, 4003)

    async def _find_entry(self) -> Entry | None:
        return await sync_to_async(enter_call)(self.scope["url_route"]["kwargs"]["link"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Act on a message; too many, too long or none of the contract's close the socket."""
        received_us = now_us()
        if self.room is None or self.is_dismissed:
            return
        try:
            self._check_allowance(text_data)
            await self._act(self.room, read_message(text_data), received_us)
        except (MessageError, StateError):
            await self.close(TOO_MUCH)

    def _check_allowance(self, text_data: str | None) -> None:
        if text_data is None or len(text_data.encode()) > LONGEST_MESSAGE_BYTES:
            raise MessageError("too long, or not text")
        if self.allowance.take(time.monotonic()):
            raise MessageError("too many messages")

    async def tell(self, message: Message) -> None:
        """Send a message; where the socket is going down, its reader will notice.

        As ASCII: JSON can hold half a character, which no socket sends as it is. Who reads nothing
        for some seconds is told nothing more, and closed: the others are not to wait for them.
        """
        if self.closing is not None:
            return
        try:
            async with asyncio.timeout(LONGEST_TELL_S):
                await self.send(json.dumps(message, separators=(",", ":")))
        except TimeoutError:
            self.closing = asyncio.create_task(self._close(TOO_SLOW))
        except (OSError, RuntimeError):  # the browser is gone
            return

    async def _close(self, code: int) -> None:
        self.is_dismissed = True
        with suppress(OSError, RuntimeError):
            await self.close(code)

    async def dismiss(self, message: Message | None, code: int) -> None:
        """Say a last word and close; what still comes in is not heard."""
        self.is_dismissed = True
        if message is not None:
            await self.tell(message)
        if self.closing is None:
            await self._close(code)

    async def _act(self, room: Room, message: Message, received_us: int) -> None:
        match message["type"]:
            case "ping":
                await self._answer_ping(message, received_us)
            case "signal":
                await self._pass_signal(room, message)
            case "state":
                await room.change_state(self.participant_id, read_state(message))
                await self._note_held(room)
            case "chat":
                await self._tell_chat(room, message)
            case "strike":
                await self._strike(room, message, received_us)
            case "guide":
                await room.move_guide(whole_number(message, "at"))
            case "uploads":
                percent = min(max(whole_number(message, "percent"), 0), 100)
                room.seats[self.participant_id].percent = percent
            case "leave":
                await room.hang_up(self.participant_id)
            # A newer page may say more than this server knows.
            case _:
                return

    async def _note_held(self, room: Room) -> None:
        """Keep the questions as they are once a recording has begun, whatever the guide becomes."""
        if room.is_recording and not room.is_held:
            room.is_held = True
            await sync_to_async(note_held)(room.call_id)

    async def _answer_ping(self, message: Message, received_us: int) -> None:
        t1_us = whole_number(message, "t1_us")
        await self.tell({"type": "pong", "t1_us": t1_us, "t2_us": received_us, "t3_us": now_us()})

    async def _pass_signal(self, room: Room, message: Message) -> None:
        kept: Message = {name: message[name] for name in _SIGNAL_FIELDS if name in message}
        to = str(message.get("to", ""))
        await room.tell_one(to, {"type": "signal", "from": self.participant_id, **kept})

    async def _strike(self, room: Room, message: Message, received_us: int) -> None:
        """Strike the seconds that ended `ago` seconds before; said twice, it is done once.

        What is done is told with the seconds since it ended, as far as was known here: a page whose
        words were held up on the way tells by it that too little was struck. What is not done is
        told with the seconds after which it may be said again, or None.
        """
        strike = read_strike(message)
        who = (self.participant_id, room.call_id)
        try:
            end_us, is_new = await sync_to_async(strike_once)(*who, strike, received_us)
        except TooOftenError as error:
            after_s: int | None = math.ceil(error.wait_s)
        except TooManyStrikesError:
            after_s = None
        except Exception:  # a disk, a database, a take: the call goes on all the same
            logger.exception("a strike could not be kept; the page says it again")
            after_s = math.ceil(STRIKE_AGAIN_S)
        else:
            await self._tell_struck(room, strike, end_us, is_new=is_new)
            return
        await self.tell({"type": "not_struck", "id": strike.id, "after_s": after_s})

    async def _tell_struck(self, room: Room, strike: Strike, end_us: int, *, is_new: bool) -> None:
        if is_new:
            await tell_others(room, self.participant_id, strike, end_us)
        if strike.id is not None:
            ago = (now_us() - end_us) / 1e6
            await self.tell({"type": "struck", "id": strike.id, "ago": ago})

    async def _tell_chat(self, room: Room, message: Message) -> None:
        text = message.get("text")
        if not isinstance(text, str) or len(text) > LONGEST_CHAT:
            raise MessageError("a chat is a text of at most 2,000 characters")
        told = {"from": self.participant_id, "text": text, "at_ms": time.time_ns() // 1_000_000}
        await room.tell_all({"type": "chat", **told})


class Nowhere(AsyncWebsocketConsumer):
    """What answers under an address that is none."""

    async def connect(self) -> None:
        """Refuse before it opens."""
        await self.close()


def _welcome(entry: Entry, room: Room) -> Message:
    relay = settings.ENVIRONMENT
    token = links.make_upload_token(entry.participant_id, entry.link_version, time.time())
    return {
        "type": "welcome",
        "you": entry.participant_id,
        "call_id": entry.call_id,
        "people": room.people(),
        "guide": {"at": room.at, "questions": entry.questions},
        "ice_servers": ice_servers(
            relay.turn_urls, relay.turn_secret, entry.participant_id, time.time()
        ),
        "upload": {"base": INGEST_BASE, "token": token},
        "server_clock_id": SERVER_CLOCK_ID,
    }


def _turn(scope: dict[str, Any]) -> Turn:
    """Return which page this is, and its how-manieth try; what tells no page is the newest."""
    told = parse_qs(scope["query_string"].decode("latin-1"))
    page, number = (told.get(name, [""])[0] for name in ("page", "try"))
    return (_count(page) or time.time_ns() // 1000, _count(number))


def _count(digits: str) -> int:
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER
    return int(digits) if is_number else 0


def _is_own_origin(scope: dict[str, Any]) -> bool:
    """Refuse pages of other sites; what is no browser names no origin."""
    origin = dict(scope["headers"]).get(b"origin")
    if origin is None:
        return True
    return settings.ENVIRONMENT.is_own(origin.decode("latin-1"))
