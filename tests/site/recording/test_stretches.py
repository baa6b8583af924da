"""A stretch of the conversation is found on the clock of a device that slept meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from candid.engine.recording.take import Beacon, Take
from candid.site.recording.stretches import Stretch, on_clock

SERVER = "server-clock"
S = 1_000_000


@dataclass(frozen=True)
class Device:
    """A recorder whose clock stands still where the device sleeps, each from and until in us.

    Where the server slept, its own clock stood still: seen from it the device's clock jumped.
    """

    ahead_us: int = 0
    sleeps: tuple[tuple[int, int], ...] = ()
    jumps: tuple[tuple[int, int], ...] = ()

    def reads(self, at_us: int) -> int:
        """Return what its clock reads at a moment of the server's."""
        slept = sum(max(0, min(at_us, end) - start) for start, end in self.sleeps)
        jumped = sum(by for when, by in self.jumps if at_us >= when)
        return at_us - slept + jumped + self.ahead_us

    def exchange(self, at_us: int, there_us: int = 1000, back_us: int = 1000) -> Beacon:
        """Ask the server, who answers at that moment of its clock."""
        sent, received = self.reads(at_us - there_us), self.reads(at_us + back_us)
        return Beacon(None, SERVER, sent, at_us, at_us, received)


def place(beacons: list[Beacon], start_us: int, end_us: int) -> tuple[int, int]:
    who = {"call_id": "c", "participant_id": "p", "take_id": "t", "clock_id": "clock"}
    take = Take(
        folder=Path(),
        state="recording",
        started_us=0,
        name=None,
        tracks=(),
        beacons=tuple(beacons),
        gaps=(),
        **who,
    )
    [placed] = on_clock(take, (Stretch(SERVER, start_us, end_us),))
    return placed.start_us, placed.end_us


def every_five_seconds(device: Device, *, rushed_at_us: int) -> list[Beacon]:
    """Return what a device that sleeps tells: nothing meanwhile, and one exchange was the best."""
    times = [at for at in range(800 * S, 1300 * S, 5 * S) if is_awake(device, at)]
    return [device.exchange(at, *((100, 100) if at == rushed_at_us else ())) for at in times]


def is_awake(device: Device, at_us: int) -> bool:
    return not any(start <= at_us < end for start, end in device.sleeps)


def test_what_was_said_before_a_device_fell_asleep_goes_from_its_take_too():
    device = Device(sleeps=((1000 * S, 1090 * S),))
    for rushed in (990 * S, 1095 * S):
        beacons = every_five_seconds(device, rushed_at_us=rushed)
        for start, end in ((940, 1030), (900, 1050), (985, 1200), (1020, 1060), (950, 990)):
            placed = place(beacons, start * S, end * S)
            assert placed[0] <= device.reads(start * S)
            assert placed[1] >= device.reads(end * S)
            # And nothing beyond the next exchange.
            assert placed[0] >= device.reads(start * S) - 6 * S
            assert placed[1] <= device.reads(end * S) + 6 * S


def test_a_clock_that_ran_on_is_struck_for_what_was_asked_and_no_more():
    device = Device(ahead_us=-700 * S)
    beacons = every_five_seconds(device, rushed_at_us=1000 * S)
    start, end = place(beacons, 950 * S, 980 * S)
    assert abs(start - 250 * S) <= 1000
    assert abs(end - 280 * S) <= 1000


def test_one_slow_answer_among_many_widens_nothing():
    device = Device()
    slow = device.exchange(949 * S, 3 * S, 1 * S)
    beacons = [*every_five_seconds(device, rushed_at_us=1000 * S), slow]
    assert place(beacons, 950 * S, 980 * S) == (950 * S - 1000, 980 * S + 1000)


moments = st.integers(0, 600 * S)
delays = st.integers(0, 20 * S)
pauses = st.lists(st.tuples(moments, st.integers(0, 300 * S)), max_size=4)
exchanges = st.lists(st.tuples(moments, delays, delays), min_size=1, max_size=40)


def asleep(pauses: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return stretches that do not overlap."""
    found: list[tuple[int, int]] = []
    for start, length in sorted(pauses):
        begin = max(start, found[-1][1]) if found else start
        found.append((begin, max(begin, start + length)))
    return tuple(found)


@given(ahead=moments, pauses=pauses, told=exchanges, edges=st.tuples(moments, moments))
def test_wherever_a_clock_stood_still_all_that_was_asked_for_is_covered(ahead, pauses, told, edges):
    device = Device(ahead, asleep(pauses))
    beacons = [device.exchange(at, *delay) for at, *delay in [*told, (0, 0, 0), (600 * S, 0, 0)]]
    start, end = sorted(edges)
    placed = place(beacons, start, end)
    assert placed[0] <= device.reads(start)
    assert device.reads(end) <= placed[1]


@given(ahead=moments, jumps=pauses, told=exchanges, edges=st.tuples(moments, moments))
def test_wherever_a_clock_jumped_all_that_was_asked_for_is_covered(ahead, jumps, told, edges):
    device = Device(ahead, jumps=tuple(jumps))
    beacons = [device.exchange(at, *delay) for at, *delay in [*told, (0, 0, 0), (600 * S, 0, 0)]]
    start, end = sorted(edges)
    placed = place(beacons, start, end)
    assert placed[0] <= device.reads(start)
    assert device.reads(end) <= placed[1]


@given(
    told=st.lists(
        st.tuples(*[st.integers(-(2**53), 2**53)] * 4).map(
            lambda readings: Beacon(None, SERVER, *readings)
        ),
        min_size=1,
        max_size=30,
    ),
    edges=st.tuples(moments, moments),
)
def test_whatever_a_device_tells_the_stretch_is_one_that_a_manifest_can_hold(told, edges):
    start, end = place(told, *sorted(edges))
    assert -(2**53) <= start <= end <= 2**53
