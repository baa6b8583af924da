"""Which frame is seen: the nearest while the camera runs, a held one in a hole, else a card."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from candid.engine.film.picking import LONGEST_STEP_S, PickRules, pick_frames, pick_of_takes
from candid.engine.film.plan import Picture, VoiceCard
from candid.engine.timebase import ClockMap
from tests.engine.film.material import DrawnCamera, take

RULES = PickRules(longest_held_s=2.0, half_step_s=1 / 60)
# A little below the limit, which a sum of steps may pass by rounding.
STEPS = st.lists(st.floats(0.01, LONGEST_STEP_S - 1e-6), min_size=2, max_size=60)


@given(STEPS, st.floats(0, 1))
def test_a_running_camera_gives_the_nearest_frame(steps: list[float], part: float) -> None:
    times_s = np.cumsum(steps)
    wanted_s = np.asarray([times_s[0] + part * (times_s[-1] - times_s[0])])
    picks = pick_frames(times_s, wanted_s, RULES)
    assert abs(picks.take_s[0] - wanted_s[0]) == np.abs(times_s - wanted_s[0]).min()
    assert not picks.held[0]


def test_in_a_hole_the_frame_before_is_held_until_the_next_is_due() -> None:
    times_s = np.asarray([0.0, 0.03, 1.03, 1.06])
    wanted_s = np.asarray([0.04, 0.5, 0.9, 1.0, 1.02])
    picks = pick_frames(times_s, wanted_s, RULES)
    assert picks.take_s.tolist() == [0.03, 0.03, 0.03, 0.03, 1.03]
    assert picks.held.tolist() == [False, True, True, True, False]
    assert not picks.lost.any()


def test_a_hole_that_is_too_long_is_lost_but_for_its_edges() -> None:
    times_s = np.asarray([0.0, 5.0])
    picks = pick_frames(times_s, np.asarray([0.1, 1.0, 4.0, 4.99]), RULES)
    assert picks.lost.tolist() == [False, True, True, False]


def test_before_the_first_and_after_the_last_frame_the_edge_is_held() -> None:
    times_s = np.asarray([10.0, 10.03])
    picks = pick_frames(times_s, np.asarray([5.0, 9.0, 11.0, 15.0]), RULES)
    assert picks.take_s.tolist() == [10.0, 10.0, 10.03, 10.03]
    assert picks.lost.tolist() == [True, False, False, True]


def shown_over(times_s: list[float], start_s: float, end_s: float) -> list[object]:
    source = take("a", camera=DrawnCamera(np.asarray(times_s)))
    call_s = np.arange(start_s, end_s, 1 / 30)
    return list(pick_of_takes([(source, ClockMap.identity())], call_s, RULES)[0])


def test_a_long_hole_shows_the_card_and_comes_back() -> None:
    shown = shown_over([0.0, 4.0, 4.03], 0, 4.04)
    kinds = [type(each) for each in shown]
    assert kinds[0] is Picture
    assert kinds[60] is VoiceCard
    assert kinds[-1] is Picture
    assert kinds.count(VoiceCard) > 100


def test_a_card_never_flashes() -> None:
    # Only the last third of a second of the hole lies within the shot.
    shown = shown_over([0.0, 4.0, 4.03, 4.06, 4.09], 3.7, 4.1)
    assert all(isinstance(each, Picture) for each in shown)


def test_a_person_without_a_camera_is_a_card() -> None:
    shown, held = pick_of_takes([(take("a"), ClockMap.identity())], np.arange(5.0), RULES)
    assert shown == [VoiceCard(0)] * 5
    assert not held.any()


def test_the_running_camera_of_two_takes_wins_over_the_held_one() -> None:
    first = take("a", camera=DrawnCamera(np.asarray([0.0, 0.5])))
    second = take("a", camera=DrawnCamera(np.arange(0, 2, 0.03)))
    clocks = [(first, ClockMap.identity()), (second, ClockMap.offset(0.7))]
    shown, held = pick_of_takes(clocks, np.asarray([0.3, 0.9, 1.2]), RULES)
    times_s = [each.take_s for each in shown if isinstance(each, Picture)]
    assert times_s[0] == 0.0
    assert np.isclose(times_s[1], 0.2, atol=0.016)
    assert held.tolist() == [True, False, False]
