import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.fit import fit_clock
from candid.engine.alignment.steps import Curves, Prices, find_steps, join_curves

Floats = NDArray[np.float64]
OPTIONS = AlignOptions()


def curves(g: Floats, there_s: Floats, back_s: Floats, times_s: Floats, seed: int = 0) -> Curves:
    """Turns of 12 s: the first one's voice is heard in even ones, the second's in odd ones."""
    noise = np.random.default_rng(seed).normal(0, 0.002, len(times_s))
    is_upper = (times_s // 12).astype(int) % 2 == 0
    return join_curves(
        (times_s[is_upper], (g + there_s + noise)[is_upper]),
        (times_s[~is_upper], (g - back_s + noise)[~is_upper]),
    )


def between(times_s: Floats, start_s: float, end_s: float) -> Floats:
    return np.asarray((times_s >= start_s) & (times_s < end_s), dtype=float)


def after(at_s: float) -> Floats:
    return between(TIMES_S, at_s, np.inf)


TIMES_S = np.arange(0.0, 600.0, 1.5)
FLAT = np.full(len(TIMES_S), 0.12)


@given(
    offset_s=st.floats(-30, 30),
    drift_ppm=st.floats(-250, 250),
    hole_s=st.floats(0.06, 0.3),
    at_s=st.floats(100, 500),
    first_lost=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_offset_drift_and_hole_come_out(
    offset_s: float, drift_ppm: float, hole_s: float, at_s: float, first_lost: bool
) -> None:
    size_s = hole_s if first_lost else -hole_s
    g = offset_s + drift_ppm * 1e-6 * TIMES_S + size_s * after(at_s)
    fit = fit_clock(curves(g, FLAT, FLAT, TIMES_S), OPTIONS)
    (hole,) = fit.holes
    assert hole.size_s == pytest.approx(size_s, abs=0.005)
    assert abs(hole.at_s - at_s) < 6.0
    away = np.abs(TIMES_S - at_s) > 6.0
    assert np.abs(fit.clock_difference(TIMES_S) - g)[away].max() < 0.006


def test_a_change_of_the_network_moves_no_clock() -> None:
    g = 4.0 + 50e-6 * TIMES_S
    there_s = FLAT + 0.08 * between(TIMES_S, 150, 260)
    back_s = FLAT + 0.06 * between(TIMES_S, 300, 450)
    fit = fit_clock(curves(g, there_s, back_s, TIMES_S), OPTIONS)
    assert fit.holes == ()
    assert np.abs(fit.clock_difference(TIMES_S) - g).max() < 0.005


def test_a_hole_beside_a_change_of_the_network_keeps_its_size() -> None:
    """What Viterbi alone would read as a smaller hole and another change."""
    g = 4.0 + 0.28 * after(300)
    back_s = FLAT + 0.05 * between(TIMES_S, 290, 345)
    fit = fit_clock(curves(g, FLAT, back_s, TIMES_S), OPTIONS)
    (hole,) = fit.holes
    assert hole.size_s == pytest.approx(0.28, abs=0.008)


def test_two_holes_are_told_apart() -> None:
    g = 4.0 + 0.2 * after(200) - 0.1 * after(420)
    fit = fit_clock(curves(g, FLAT, FLAT, TIMES_S), OPTIONS)
    assert [round(hole.size_s, 2) for hole in fit.holes] == [0.2, -0.1]


def test_a_buffer_that_plays_one_to_one_hides_the_drift_only_for_a_while() -> None:
    """The delay saws: it follows the drift for 10 ms, then is corrected at once."""
    drift = 150e-6
    g = 1.0 + drift * TIMES_S
    saw = 0.12 - np.mod(drift * TIMES_S, 0.01)
    fit = fit_clock(curves(g, saw, 0.24 - saw, TIMES_S), OPTIONS)
    assert np.abs(fit.clock_difference(TIMES_S) - g).max() < 0.01


def test_unequal_delays_shift_the_clock_by_half_and_both_delays_tell() -> None:
    fit = fit_clock(curves(np.zeros(len(TIMES_S)), FLAT - 0.04, FLAT + 0.14, TIMES_S), OPTIONS)
    assert fit.clock_difference(np.array([300.0]))[0] == pytest.approx(-0.09, abs=0.005)
    assert fit.least_there_s is not None
    assert fit.least_back_s is not None
    assert (fit.least_there_s + fit.least_back_s) / 2 == pytest.approx(0.17, abs=0.005)


def test_a_hole_that_one_direction_alone_could_see_is_not_claimed_but_counted() -> None:
    g = 4.0 + 0.25 * after(470)
    full = curves(g, FLAT, FLAT, TIMES_S)
    kept = ~((full.times_s >= 465) & ~full.is_upper)
    cut = Curves(full.times_s[kept], full.values_s[kept], full.is_upper[kept])
    fit = fit_clock(cut, OPTIONS)
    assert fit.holes == ()
    assert fit.unsure_s == pytest.approx(0.25, abs=0.02)


def test_one_curve_gives_a_line_and_its_wander() -> None:
    is_upper = np.ones(len(TIMES_S), dtype=bool)
    jumping = 3.0 + 0.1 * after(400)
    fit = fit_clock(Curves(TIMES_S, jumping, is_upper), OPTIONS)
    assert fit.holes == ()
    assert fit.least_back_s is None
    assert fit.wander_s > 0.03


def test_no_points_cannot_be_fitted() -> None:
    nothing = np.zeros(0)
    with pytest.raises(ValueError, match="no lags"):
        fit_clock(join_curves((nothing, nothing), (nothing, nothing)), OPTIONS)


def test_a_history_without_steps_has_none() -> None:
    steps = find_steps(curves(np.zeros(len(TIMES_S)), FLAT, FLAT, TIMES_S), 0.0, Prices())
    assert steps == ()


def test_outliers_are_no_steps() -> None:
    made = curves(np.zeros(len(TIMES_S)), FLAT, FLAT, TIMES_S)
    values = made.values_s.copy()
    values[::29] += 0.2
    steps = find_steps(Curves(made.times_s, values, made.is_upper), 0.0, Prices())
    assert steps == ()
