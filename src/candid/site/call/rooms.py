"""Who is in which call now: decided without a socket, told through them.

The rooms live in this process alone and hold nothing that must last: what is signed lies in the
ledger, what is recorded on the disk. After a restart the browsers come back and say what they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

Message = dict[str, Any]
State = dict[str, Any]
# When a page was made, in us since 1970, and which of its tries to connect this is.
Turn = tuple[int, int]

STAGES = ("check", "lobby", "call", "after")
_FLAGS = ("ready", "recording", "muted", "camera", "paused", "erased")
_LONGEST_TAKE_ID = 128


class Socket(Protocol):
    """The browser's end, as a room needs it."""

    async def tell(self, message: Message) -> None:
        """Send a message; a socket that is gone swallows it."""

    async def dismiss(self, message: Message | None, code: int) -> None:
        """Send a last message, if there is one, and close with a code."""


class StateError(ValueError):
    """A message says something that a state cannot hold."""


@dataclass(slots=True)
class Seat:
    """One participant's place. `socket` is None while they are away.

    `turn` is that of the newest socket that was ever here; `has_joined` tells whether they have
    been in the call and not hung up since.
    """

    participant_id: str
    name: str
    socket: Socket | None = None
    state: State = field(default_factory=dict)
    turn: Turn = (0, 0)
    has_joined: bool = False
    percent: int | None = None

    def to_person(self) -> Message:
        """Return this participant as everybody in the call sees them."""
        return {
            "id": self.participant_id,
            "name": self.name,
            "is_here": self.socket is not None,
            "state": self.state,
        }

    @property
    def is_in_call(self) -> bool:
        """Whether they see and hear the others now."""
        return self.socket is not None and self.state.get("stage") == "call"


def read_state(message: Message) -> State:
    """Return the part of a state that a message names. Raises StateError for another type."""
    state: State = {}
    for name in _FLAGS:
        if name in message:
            if not isinstance(message[name], bool):
                raise StateError(f"{name} is true or false")
            state[name] = message[name]
    if "stage" in message:
        if message["stage"] not in STAGES:
            raise StateError("no such stage")
        state["stage"] = message["stage"]
    if "taking" in message:
        state["taking"] = _read_take_id(message["taking"])
    return state


def _read_take_id(value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and len(value) <= _LONGEST_TAKE_ID):
        raise StateError("taking is a take or null")
    return value


def decide_recording(seats: Iterable[Seat], *, is_on: bool) -> bool:
    """Tell whether recording is to be on now.

    It begins when everybody in the call is ready and at least two are there. It goes on through
    reconnects, reloads and latecomers; a pause, or fewer than two who have not hung up, ends it.
    """
    seats = list(seats)
    in_call = [seat for seat in seats if seat.is_in_call]
    if any(seat.state.get("paused") for seat in in_call):
        return False
    if is_on:
        return sum(seat.has_joined for seat in seats) >= 2
    return len(in_call) >= 2 and all(seat.state.get("ready") for seat in in_call)


@dataclass(slots=True)
class Room:
    """One call. `seats` are in the order that everybody sees, by participant."""

    call_id: str
    seats: dict[str, Seat]
    n_questions: int
    at: int = 0
    is_recording: bool = False
    is_held: bool = False
    has_recorded: bool = False

    async def enter(self, participant_id: str, socket: Socket, turn: Turn) -> None:
        """Give somebody their seat: the newest tab has it, and the others are told and closed.

        A tab that slept comes back later than the one that took over from it, and a try that the
        browser had given up may arrive behind the one that followed it.
        """
        seat = self.seats.get(participant_id)
        if seat is None:  # taken out meanwhile
            await socket.dismiss(None, 4003)
            return
        is_same_tab = turn[0] == seat.turn[0]
        last_word = None if is_same_tab else {"type": "replaced"}
        if turn < seat.turn:
            await socket.dismiss(last_word, 4001)
            return
        older, seat.socket, seat.turn = seat.socket, socket, turn
        if older is not None:
            await older.dismiss(last_word, 4001)
        await self._tell_people()

    async def leave(self, participant_id: str, socket: Socket) -> None:
        """Free a seat, unless a newer tab has taken it meanwhile, or it is gone."""
        seat = self.seats.get(participant_id)
        if seat is not None and seat.socket is socket:
            seat.socket = None
            await self._tell_people()
            await self._settle_recording()

    async def take_out(self, participant_ids: Iterable[str]) -> None:
        """Remove the seats of who takes part no more; the others no longer see their names."""
        gone = [self.seats.pop(one) for one in participant_ids if one in self.seats]
        for seat in gone:
            if seat.socket is not None:
                await seat.socket.dismiss(None, 4003)
        if gone:
            await self._tell_people()
            await self._settle_recording()

    async def hang_up(self, participant_id: str) -> None:
        """Note that somebody left on purpose: they no longer count for the recording."""
        seat = self.seats[participant_id]
        seat.has_joined = False
        seat.state |= {"stage": "after", "ready": False, "recording": False}
        await self._tell_people()
        await self._settle_recording()

    async def change_state(self, participant_id: str, change: State) -> None:
        """Take over what a device says about itself."""
        seat = self.seats[participant_id]
        seat.has_joined = seat.has_joined or change.get("stage") == "call"
        seat.state = seat.state | change
        await self._tell_people()
        await self._settle_recording(was_on=self.is_recording or self._recalls(change))

    async def move_guide(self, at: int) -> None:
        """Show another question to all. Raises StateError where there is none of this number."""
        if not 0 <= at < max(self.n_questions, 1):
            raise StateError("no such question")
        self.at = at
        await self.tell_all({"type": "guide", "at": at})

    async def tell_one(self, participant_id: str, message: Message) -> None:
        """Pass a message to one participant; nobody hears it while they are away."""
        seat = self.seats.get(participant_id)
        if seat is not None and seat.socket is not None:
            await seat.socket.tell(message)

    async def tell_all(self, message: Message) -> None:
        """Pass a message to everybody who is here; nobody waits for who reads slowly."""
        await asyncio.gather(*(socket.tell(message) for socket in self.sockets()))

    async def tell_others(self, participant_id: str, message: Message) -> None:
        """Pass a message to everybody else who is here; nobody waits for who reads slowly."""
        others = [seat.socket for one, seat in self.seats.items() if one != participant_id]
        await asyncio.gather(*(socket.tell(message) for socket in others if socket is not None))

    def people(self) -> list[Message]:
        """Return all participants, here or not."""
        return [seat.to_person() for seat in self.seats.values()]

    def sockets(self) -> Iterator[Socket]:
        """Yield the sockets of those who are here, as they were at the first step."""
        yield from [seat.socket for seat in self.seats.values() if seat.socket is not None]

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here."""
        return all(seat.socket is None for seat in self.seats.values())

    def _recalls(self, change: State) -> bool:
        """After a restart the first who comes back tells that it was on; the others will come."""
        if not change.get("recording"):
            return False
        if not self.has_recorded:
            for seat in self.seats.values():
                seat.has_joined = True
        return True

    async def _tell_people(self) -> None:
        await self.tell_all({"type": "people", "people": self.people()})

    async def _settle_recording(self, *, was_on: bool | None = None) -> None:
        was_on = self.is_recording if was_on is None else was_on
        is_on = decide_recording(self.seats.values(), is_on=was_on)
        if is_on != self.is_recording:
            self.is_recording = is_on
            self.has_recorded = True
            await self.tell_all({"type": "record", "is_on": is_on})


class Rooms:
    """The rooms of this process, by call. A room is forgotten some time after it emptied."""

    def __init__(self, most_empty: int = 200) -> None:
        self._rooms: dict[str, Room] = {}
        self._most_empty = most_empty

    def find(self, call_id: str) -> Room | None:
        """Return a room that somebody is or was in lately."""
        return self._rooms.get(call_id)

    def open(self, call_id: str, people: list[tuple[str, str]], n_questions: int) -> Room:
        """Return the room of a call; `people` are (participant_id, name) as they are now."""
        room = self._rooms.pop(call_id, None)
        if room is None:
            self._forget_empty()
            room = Room(call_id, {}, n_questions)
        # Last again: one that is empty for a moment, while all reconnect, is not the first to go.
        self._rooms[call_id] = room
        room.n_questions = n_questions
        known = dict(people)
        room.seats = {
            one: seat
            for one, seat in room.seats.items()
            # Whose row is gone and whose socket is not yet is told by take_out().
            if one in known or seat.socket is not None
        }
        for participant_id, name in people:
            seat = room.seats.setdefault(participant_id, Seat(participant_id, name))
            seat.name = name
        return room

    async def dismiss(
        self, call_id: str, participant_id: str | None, message: Message | None
    ) -> None:
        """Close the socket of one participant, or of all."""
        room = self.find(call_id)
        for seat in list(room.seats.values()) if room else []:
            if participant_id in (None, seat.participant_id) and seat.socket is not None:
                await seat.socket.dismiss(message, 4003)

    async def take_out(self, call_id: str, participant_ids: Iterable[str]) -> None:
        """Remove the seats of who takes part no more."""
        room = self.find(call_id)
        if room is not None:
            await room.take_out(participant_ids)

    def _forget_empty(self) -> None:
        empty = [call_id for call_id, room in self._rooms.items() if room.is_empty]
        for call_id in empty[: max(len(empty) - self._most_empty, 0)]:
            del self._rooms[call_id]


ROOMS = Rooms()
