import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from candid.engine.recording.stamps import (
    StampOptions,
    find_splice,
    fit_clock,
    read_stamps,
)

Array = NDArray[np.float64]
OPTIONS = StampOptions()


def anchors(
    minutes: float, holes: list[tuple[float, float]], ppm: float, seed: int, outliers: float = 0.02
) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    sample_s = np.arange(round(minutes * 60), dtype=np.float64)
    time_s = sample_s * (1 + ppm * 1e-6) + rng.normal(0, 3e-4, len(sample_s))
    for at_s, length_s in holes:
        time_s += np.where(sample_s >= at_s, length_s, 0.0)
    late = rng.random(len(sample_s)) < outliers
    time_s[late] += rng.exponential(0.1, int(late.sum()))
    return sample_s, np.asarray(time_s, dtype=np.float64)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    minutes=st.sampled_from([1, 5, 60]),
    ppm=st.floats(-100, 100),
    at=st.floats(0.15, 0.85),
    length_s=st.floats(0.02, 0.4),
    seed=st.integers(0, 10_000),
)
def test_a_hole_is_found_within_a_second_and_to_two_milliseconds(
    minutes: int, ppm: float, at: float, length_s: float, seed: int
) -> None:
    at_s = at * minutes * 60
    sample_s, time_s = anchors(minutes, [(at_s, length_s)], ppm, seed)

    stamps = read_stamps(sample_s, time_s, OPTIONS)

    (step,) = stamps.steps
    # A late reading just before it may look like a part of it: then it is a second off.
    assert step.after_s - 1 < at_s <= step.before_s + 1
    assert step.length_s == pytest.approx(length_s, abs=2e-3)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(ppm=st.floats(-100, 100), seed=st.integers(0, 10_000))
def test_the_clock_of_an_hour_is_right_to_a_fifth_of_a_millisecond(ppm: float, seed: int) -> None:
    sample_s, time_s = anchors(60, [], ppm, seed)

    stamps = read_stamps(sample_s, time_s, OPTIONS)
    at_s, late_s = fit_clock(stamps, OPTIONS)

    assert stamps.steps == ()
    true_s = at_s * ppm * 1e-6
    np.testing.assert_allclose(late_s, true_s, atol=2e-4)


def test_two_holes_close_to_each_other_add_up() -> None:
    sample_s, time_s = anchors(2, [(50.5, 0.1), (52.5, 0.15)], 30, 1, outliers=0)
    stamps = read_stamps(sample_s, time_s, OPTIONS)
    np.testing.assert_allclose([step.length_s for step in stamps.steps], [0.1, 0.15], atol=2e-3)


def test_stamps_in_any_order_are_the_same_stamps() -> None:
    sample_s, time_s = anchors(3, [(90.5, 0.1)], -50, 2)
    mixed = np.random.default_rng(0).permutation(len(sample_s))
    assert (
        read_stamps(sample_s[mixed], time_s[mixed], OPTIONS).steps
        == read_stamps(sample_s, time_s, OPTIONS).steps
    )


def test_one_stamp_gives_an_offset() -> None:
    stamps = read_stamps(np.array([2.0]), np.array([5.5]), OPTIONS)
    at_s, late_s = fit_clock(stamps, OPTIONS)
    assert (at_s.tolist(), late_s.tolist()) == ([2.0], [3.5])
    assert stamps.steps == ()


def test_timestamps_rounded_to_milliseconds_are_no_drift() -> None:
    sample_s = np.asarray(np.arange(3000) * 0.0213, dtype=np.float64)
    stamps = read_stamps(sample_s, np.asarray(np.round(sample_s, 3), dtype=np.float64), OPTIONS)
    at_s, late_s = fit_clock(stamps, OPTIONS)
    assert len(at_s) == 1
    assert abs(late_s[0]) < 1e-4


def test_a_stamp_every_frame_of_an_hour_is_fitted_with_a_knot_every_two_minutes() -> None:
    sample_s = np.arange(0, 3600, 0.02)
    stamps = read_stamps(sample_s, sample_s * (1 + 80e-6), OPTIONS)
    at_s, late_s = fit_clock(stamps, OPTIONS)
    assert len(at_s) == 31
    np.testing.assert_allclose(late_s, at_s * 80e-6, atol=1e-6)


def test_a_cut_in_a_vowel_is_found_to_the_sample() -> None:
    at_s = np.arange(48_000) / 48_000
    voice = sum(np.sin(2 * np.pi * 150 * k * at_s) / k for k in range(1, 10)) * 0.2
    hiss = np.random.default_rng(1).standard_normal(48_000) * 1e-3
    sound = (np.asarray(voice) + hiss).astype(np.float32)
    cut = np.concatenate([sound[:20_000], sound[24_321:]])
    found = find_splice(cut, 48_000)
    assert found is not None
    assert abs(found - 20_000) <= 2


@pytest.mark.parametrize("level", [0.0, 0.1])
def test_no_cut_is_invented_in_silence_or_even_noise(level: float) -> None:
    hiss = np.random.default_rng(1).standard_normal(48_000).astype(np.float32) * level
    assert find_splice(hiss, 48_000) is None


def test_a_late_stamp_before_a_hole_still_says_that_the_hole_came_later() -> None:
    sample_s = np.arange(60, dtype=np.float64)
    time_s = sample_s + np.where(sample_s > 30.0, 0.2, 0.0)
    time_s[30] += 0.05
    (step,) = read_stamps(sample_s, time_s, OPTIONS).steps
    assert (step.after_s, step.before_s) == (30.0, 31.0)


def test_a_late_stamp_after_a_hole_leaves_the_hole_where_the_stamps_before_it_bound_it() -> None:
    sample_s = np.arange(60, dtype=np.float64)
    time_s = sample_s + np.where(sample_s > 30.0, 0.2, 0.0)
    time_s[32] += 0.05
    (step,) = read_stamps(sample_s, time_s, OPTIONS).steps
    assert (step.after_s, step.before_s, step.likely_before_s) == (30.0, 31.0, 31.0)


def test_a_stamp_later_than_the_hole_is_long_likely_but_not_surely_came_after_it() -> None:
    sample_s = np.arange(60, dtype=np.float64)
    time_s = sample_s + np.where(sample_s > 30.0, 0.2, 0.0)
    time_s[31] += 0.05
    (step,) = read_stamps(sample_s, time_s, OPTIONS).steps
    assert (step.after_s, step.before_s, step.likely_before_s) == (30.0, 32.0, 31.0)


def test_two_cuts_alike_are_no_cut_since_speech_has_jumps_of_its_own() -> None:
    hiss = np.random.default_rng(1).standard_normal(48_000) * 1e-3
    hiss[[15_000, 30_000]] += 0.1
    assert find_splice(hiss.astype(np.float32), 48_000) is None
