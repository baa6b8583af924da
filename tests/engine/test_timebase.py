from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candid.engine.timebase import (
    ClockMap,
    Interval,
    frame_time_s,
    frames_in,
    merge_intervals,
    subtract_intervals,
)

seconds = st.floats(-1e4, 1e4).map(lambda value: round(value, 3))
# Clocks run alike: a rate beyond half and twice another's is no clock.
steps = st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.5, 2)), min_size=1, max_size=6)


@st.composite
def clock_maps(draw):
    x, y = draw(seconds), draw(seconds)
    knots = [(x, y)]
    for dx, rate in draw(steps):
        x, y = x + dx, y + dx * rate
        knots.append((x, y))
    return ClockMap(tuple(knots))


@st.composite
def intervals(draw):
    start_s = draw(st.integers(-100, 100))
    return Interval(start_s, start_s + draw(st.integers(0, 50)))


@given(clock_maps(), seconds)
def test_a_clock_map_and_its_inverse_undo_each_other(clock, time_s):
    assert clock.inverse()(clock(time_s)) == pytest.approx(time_s, abs=1e-5)


@given(clock_maps(), clock_maps(), seconds)
def test_a_composed_map_applies_one_after_the_other(first, second, time_s):
    assert second.after(first)(time_s) == pytest.approx(second(first(time_s)), abs=1e-4)


@given(clock_maps())
def test_a_map_gives_the_same_for_a_number_and_an_array(clock):
    times = np.linspace(-50, 50, 11)
    assert clock(times).tolist() == [clock(float(time_s)) for time_s in times]


def test_a_jump_takes_the_value_after_the_hole_and_its_inverse_stands_still():
    clock = ClockMap(((0.0, 10.0), (5.0, 15.0), (5.0, 15.2), (10.0, 20.2)))
    assert clock(5.0) == 15.2
    assert clock(np.nextafter(5.0, 0)) == pytest.approx(15.0)
    assert [clock.inverse()(call_s) for call_s in (15.0, 15.1, 15.2)] == pytest.approx(
        [5.0, 5.0, 5.0]
    )


def test_a_composed_map_keeps_to_both_sides_of_a_hole_that_both_maps_have():
    """Two takes seen through a third one that lost time: outside of that they agree."""
    one = ClockMap(((0.0, 0.0), (50.0, 50.0), (50.2, 50.0), (100.0, 99.8)))
    other = ClockMap(((-9.0, 0.0), (41.0, 50.0), (41.2, 50.0), (91.0, 99.8)))
    between = other.inverse().after(one)
    assert [between(time_s) for time_s in (20.0, 49.9, 50.3, 80.0)] == pytest.approx(
        [11.0, 40.9, 41.3, 71.0]
    )
    assert 41.0 <= between(50.1) <= 41.2


def test_outside_its_knots_a_map_goes_on_with_the_nearest_slope():
    clock = ClockMap(((0.0, 0.0), (10.0, 10.0), (20.0, 22.0)))
    assert clock(-5.0) == -5.0
    assert clock(25.0) == pytest.approx(28.0)
    assert ClockMap(((3.0, 4.0),))(5.0) == 6.0


def test_drift_is_the_rate_over_the_whole_span():
    assert ClockMap(((0.0, 5.0), (1000.0, 1005.1))).drift_ppm() == pytest.approx(100)


@pytest.mark.parametrize(
    "knots",
    [(), ((0.0, 1.0), (1.0, 0.0)), ((0.0, 0.0), (0.0, 0.0)), ((0.0, 0.0), (float("nan"), 1.0))],
)
def test_knots_that_do_not_rise_are_refused(knots):
    with pytest.raises(ValueError, match="clock map"):
        ClockMap(knots)


@given(intervals(), st.lists(intervals(), max_size=6))
def test_what_is_left_and_what_was_taken_make_the_whole(whole, holes):
    left = subtract_intervals(whole, holes)
    taken = [both for hole in merge_intervals(holes) if (both := whole.intersection(hole))]
    assert sum(part.duration_s for part in (*left, *taken)) == whole.duration_s
    assert not any(part.overlap_s(hole) for part in left for hole in holes)


def test_intervals_that_nearly_touch_are_merged_on_request():
    parts = [Interval(2.1, 3), Interval(0, 1), Interval(1, 2)]
    assert merge_intervals(parts) == (Interval(0, 2), Interval(2.1, 3))
    assert merge_intervals(parts, within_s=0.2) == (Interval(0, 3),)


def test_an_interval_cannot_end_before_it_starts():
    with pytest.raises(ValueError, match="cannot end"):
        Interval(2, 1)


@given(st.integers(0, 10**6), st.sampled_from([Fraction(30), Fraction(25), Fraction(30000, 1001)]))
def test_a_whole_number_of_frames_survives_the_way_through_seconds(frame, rate):
    assert frames_in(frame_time_s(frame, rate), rate) == frame
