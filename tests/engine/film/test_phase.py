"""The film's instants fall where the cameras took their pictures, if those keep a step."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.cut.decisions import Cut, CutParticipant, Shot
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.phase import camera_phase_s
from candid.engine.film.planning import film_timeline
from candid.engine.film.sources import FilmSource
from candid.engine.timebase import ClockMap, Interval

RATE = Fraction(30)


@dataclass
class Camera:
    times_s: np.ndarray

    def frames(self, start_s, end_s):
        raise AssertionError("no picture is needed to find the phase")


def source(name, times_s):
    return FilmSource(
        name, name, name, Camera(np.asarray(times_s)) if times_s is not None else None, None
    )


def alignment(**offsets_s):
    takes = [TakeClock(n, ClockMap.offset(at), 0.0, (), "") for n, at in offsets_s.items()]
    return Alignment(tuple(takes), ())


@pytest.mark.parametrize("late_s", [0.004, 0.0167, 0.029])
def test_a_camera_in_step_with_the_film_is_met(late_s):
    times_s = np.arange(3000) / 30 + late_s - 0.25
    phase_s = camera_phase_s([source("a", times_s)], alignment(a=0.25), RATE)
    assert phase_s == pytest.approx(late_s, abs=1 / 30 / 64)


def test_cameras_that_keep_no_step_leave_the_instants_alone():
    times_s = np.cumsum(np.random.default_rng(1).uniform(0.03, 0.05, 3000))
    assert camera_phase_s([source("a", times_s)], alignment(a=0.0), RATE) == 0.0
    assert camera_phase_s([source("a", None)], alignment(a=0.0), RATE) == 0.0


def test_shown_instants_and_captions_move_together():
    shot = Shot("s", Interval(10.0, 12.0), "solo", ("a",), "")
    cut = Cut(None, "", None, (), (CutParticipant("a", None),), (shot,), ())
    (placed,) = film_timeline(cut, FilmOptions(phase_s=0.0125)).shots
    first_s = placed.call_s(placed.start_frame)
    assert 10.0 <= first_s < 10.0 + 1 / 30
    assert (first_s - 0.0125) * 30 == pytest.approx(round((first_s - 0.0125) * 30))
    assert placed.film_s(first_s) == pytest.approx(0.0, abs=1e-9)
