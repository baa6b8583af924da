from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.simulation.conversation import Scene, beacon_exchanges
from candid.engine.alignment.align import align_takes
from candid.engine.alignment.beacons import Readings, fit_beacons, readings
from candid.engine.alignment.evidence import TakeEvidence
from candid.engine.alignment.result import Alignment
from candid.engine.recording.take import Beacon
from candid.engine.timebase import ClockMap

HOUR_S = 3600.0


def clock(start_s: float, drift_ppm: float) -> ClockMap:
    """From true time to a computer's clock that shows 0 at `start_s`."""
    return ClockMap(((start_s, 0.0), (start_s + 1000.0, 1000.0 * (1 + drift_ppm * 1e-6))))


def silent(take_id: str, beacons: tuple[Beacon, ...] = (), started_us: int = 0) -> TakeEvidence:
    return TakeEvidence(
        take_id, take_id, take_id, HOUR_S, None, beacons=beacons, started_us=started_us
    )


def worst_s(alignment: Alignment, truth: ClockMap) -> float:
    times_s = np.arange(0.0, HOUR_S, 5.0)
    return float(np.abs(alignment.between("a", "b")(times_s) - truth(times_s)).max())


@given(
    seed=st.integers(0, 10_000),
    drifts_ppm=st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
    offset_s=st.floats(0, 30),
    extra_s=st.floats(-0.09, 0.09),
    jitter_s=st.floats(0.0005, 0.03),
)
@settings(max_examples=40, deadline=None)
def test_the_stated_error_covers_the_true_one_and_is_half_a_round_trip(
    seed: int,
    drifts_ppm: tuple[float, float],
    offset_s: float,
    extra_s: float,
    jitter_s: float,
) -> None:
    first, second = clock(1.0, drifts_ppm[0]), clock(1.0 + offset_s, drifts_ppm[1])
    scene = Scene(duration_s=HOUR_S, beacon_extra_s=extra_s, beacon_jitter_s=jitter_s)
    beacons = tuple(beacon_exchanges(scene, first, second, np.random.default_rng(seed)))
    half_trip_s = min(beacon.round_trip_s for beacon in beacons) / 2

    alignment = align_takes([silent("a"), silent("b", beacons)])

    true_s = worst_s(alignment, second.after(first.inverse()))
    assert true_s <= alignment.error_s <= half_trip_s + 0.005
    if abs(extra_s) <= 0.002:
        assert true_s <= 0.005


def test_it_makes_no_difference_who_asked() -> None:
    first, second = clock(1.0, 60.0), clock(9.0, -40.0)
    beacons = tuple(
        beacon_exchanges(Scene(duration_s=HOUR_S), first, second, np.random.default_rng(1))
    )
    asked_by_b = align_takes([silent("a"), silent("b", beacons)]).between("a", "b")
    turned = align_takes([silent("b", beacons), silent("a")]).between("a", "b")
    times_s = np.arange(10.0, HOUR_S)
    np.testing.assert_allclose(asked_by_b(times_s), turned(times_s), atol=1e-4)


def test_a_clock_that_warms_up_is_followed() -> None:
    times_s = np.arange(0.0, HOUR_S, 5.0)
    difference_s = 2.0 + 40e-6 * times_s + 4e-9 * times_s**2
    exchanges = Readings(times_s, difference_s, np.full(len(times_s), 0.02))
    found = fit_beacons(exchanges).clock()
    # A line through this bend would be 6 ms off at the ends and in the middle.
    assert np.abs(found(times_s) - times_s - difference_s).max() < 0.002


@pytest.mark.parametrize("lost_s", [0.3, -0.3, 700.0])
def test_a_computer_that_slept_leaves_a_jump(lost_s: float) -> None:
    times_s = np.arange(0.0, 600.0, 5.0)
    difference_s = 3.0 + 20e-6 * times_s + np.where(times_s >= 300.0, lost_s, 0.0)
    fit = fit_beacons(Readings(times_s, difference_s, np.full(len(times_s), 0.02)))
    (jump,) = fit.jumps
    assert jump.size_s == pytest.approx(lost_s, abs=1e-3)
    assert 280.0 <= jump.at_s <= 301.0
    away = np.abs(times_s - 300.0) > 25
    assert np.abs(fit.clock()(times_s) - times_s - difference_s)[away].max() < 1e-3


def test_a_jump_that_the_network_could_have_made_is_none() -> None:
    times_s = np.arange(0.0, 600.0, 5.0)
    difference_s = np.where(times_s >= 300.0, 0.035, 0.0)
    assert not fit_beacons(Readings(times_s, difference_s, np.full(len(times_s), 0.02))).jumps


def test_one_exchange_is_enough_and_says_how_little_it_knows() -> None:
    beacon = Beacon("a", "a", 0, 5_060_000, 5_070_000, 100_000)
    alignment = align_takes([silent("a"), silent("b", (beacon,))])
    # Half-way through, at 0.05 s of its own, b saw a's clock show 5.065 s.
    assert alignment.between("b", "a")(0.05) == pytest.approx(5.065, abs=1e-6)
    assert 0.045 <= alignment.error_s <= 0.05


def test_an_exchange_that_ran_backwards_is_left_out() -> None:
    good = Beacon("a", "a", 0, 5_060_000, 5_070_000, 100_000)
    backwards = Beacon("a", "a", 0, 5_000_000, 5_900_000, 100_000)
    assert len(readings((good, backwards), 0, 0)) == 1


def test_no_exchange_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="no exchange"):
        fit_beacons(readings((), 0, 0))


def test_two_takes_that_only_spoke_to_the_server_meet_on_its_clock() -> None:
    server, first, second = clock(-5e5, 0.0), clock(1.0, 80.0), clock(21.0, -30.0)
    scene = Scene(duration_s=HOUR_S)
    takes: list[TakeEvidence] = []
    for take_id, own in (("a", first), ("b", second)):
        rng = np.random.default_rng(len(takes))
        exchanges = beacon_exchanges(scene, server, own, rng)
        beacons = tuple(
            replace(each, peer_take_id=None, peer_clock_id="server") for each in exchanges
        )
        takes.append(silent(take_id, beacons))

    alignment = align_takes(takes)

    assert alignment.take("b").evidence == ("beacons",)
    assert worst_s(alignment, second.after(first.inverse())) <= 0.005 <= alignment.error_s
    assert "server" in alignment.take("b").estimate


def test_a_reload_on_one_device_needs_no_beacons_of_its_own() -> None:
    first, second = clock(1.0, 60.0), clock(9.0, -40.0)
    beacons = tuple(
        beacon_exchanges(Scene(duration_s=HOUR_S), first, second, np.random.default_rng(1))
    )
    b = silent("b", beacons)
    later = replace(silent("b-2"), clock_id="b", participant_id="b", started_us=1_800_000_000)
    alignment = align_takes([silent("a"), b, later])
    assert alignment.take("b-2").evidence == ("clock",)
    assert alignment.between("b", "b-2")(1900.0) == pytest.approx(100.0, abs=1e-6)
    assert alignment.take("b-2").error_s == alignment.take("b").error_s
