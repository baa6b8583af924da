"""When a conversation is being recorded."""

from hypothesis import given
from hypothesis import strategies as st

from candid.site.call.rooms import Seat, decide_recording


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
        seat.has_left = draw(st.booleans())
        made.append(seat)
    return made


def here_in(seats):
    return [seat for seat in seats if seat.socket is not None and not seat.has_left]


@given(seats(), st.booleans())
def test_nobody_is_recorded_while_anybody_here_pauses(seats, is_on):
    if any(seat.state["paused"] for seat in here_in(seats)):
        assert not decide_recording(seats, is_on=is_on)


@given(seats())
def test_recording_begins_only_when_everybody_here_is_ready_and_two_are_here(seats):
    if decide_recording(seats, is_on=False):
        assert len(here_in(seats)) >= 2
        assert all(seat.state["ready"] for seat in here_in(seats))


@given(seats())
def test_a_lost_connection_never_ends_a_recording(seats):
    for seat in seats:
        seat.socket = seat.socket if seat.has_left else None
        seat.has_left = False
    assert decide_recording(seats, is_on=True) or any(s.state["paused"] for s in here_in(seats))
