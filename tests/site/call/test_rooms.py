"""When a conversation is being recorded."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candid.site.call.rooms import Room, Rooms, Seat, decide_recording


class Here:
    async def tell(self, message):
        """Nobody listens."""

    async def dismiss(self, message, code):
        """Nobody listens."""


@st.composite
def seats(draw):
    made = []
    for name in "abcd"[: draw(st.integers(2, 4))]:
        seat = Seat(name, name, Here() if draw(st.booleans()) else None)
        seat.state = {"ready": draw(st.booleans()), "paused": draw(st.booleans())}
        seat.state["stage"] = draw(st.sampled_from(("lobby", "call", "after")))
        seat.has_joined = draw(st.booleans())
        made.append(seat)
    return made


def in_call(seats):
    return [seat for seat in seats if seat.socket is not None and seat.state["stage"] == "call"]


@given(seats(), st.booleans())
def test_nobody_is_recorded_while_anybody_in_the_call_pauses(seats, is_on):
    if any(seat.state["paused"] for seat in in_call(seats)):
        assert not decide_recording(seats, is_on=is_on)


@given(seats())
def test_recording_begins_only_when_everybody_in_the_call_is_ready_and_two_are_there(seats):
    if decide_recording(seats, is_on=False):
        assert len(in_call(seats)) >= 2
        assert all(seat.state["ready"] for seat in in_call(seats))


@given(seats())
def test_a_lost_connection_never_ends_a_recording(seats):
    for seat in seats:
        seat.socket, seat.has_joined = None, True
    assert decide_recording(seats, is_on=True)


@given(seats())
def test_who_never_joined_does_not_keep_a_recording_on(seats):
    for seat in seats[1:]:
        seat.has_joined = False
    assert not decide_recording(seats, is_on=True)


def test_a_room_that_is_empty_for_a_moment_goes_after_those_that_nobody_came_back_to():
    rooms = Rooms(most_empty=2)
    first = rooms.open("first", [], 0)
    for name in ("second", "third"):
        rooms.open(name, [], 0)
    rooms.open("first", [], 0)
    rooms.open("fourth", [], 0)
    assert rooms.find("first") is first
    assert rooms.find("second") is None


@pytest.mark.parametrize(
    "tell", [lambda room: room.tell_all({}), lambda room: room.tell_others("c", {})]
)
def test_nobody_waits_for_who_reads_nothing(tell):
    heard = asyncio.Event()

    class Reader(Here):
        async def tell(self, message):
            heard.set()

    class Sleeper(Here):
        async def tell(self, message):
            await heard.wait()

    seats = {"a": Seat("a", "A", Sleeper()), "b": Seat("b", "B", Reader())}
    asyncio.run(asyncio.wait_for(tell(Room("call", seats, 0)), 20))


def test_whoever_takes_part_no_more_keeps_no_seat_in_a_room_that_is_opened_again():
    rooms = Rooms()
    rooms.open("call", [("a", "Ada"), ("b", "Ben"), ("c", "Cleo")], 0)
    room = rooms.open("call", [("c", "Cleo"), ("b", "Benjamin")], 0)
    assert {one["id"]: one["name"] for one in room.people()} == {"b": "Benjamin", "c": "Cleo"}
