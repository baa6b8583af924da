"""The mix is sample exact on the film clock, through drift, cuts, holes and struck time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from candid.engine.film.defaults import FilmOptions
from candid.engine.film.mix import Mixer, fade
from candid.engine.film.plan import AudioClip, SoundPlan
from candid.engine.film.planning import plan_film
from candid.engine.film.sources import FilmSource
from candid.engine.recording.take import Gap, GapReason
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.words import Word
from tests.engine.film.material import RATE_HZ, aligned, cut, microphone, take, voice

OPTIONS = FilmOptions(title_s=1.0)


def mixed(
    sources: tuple[FilmSource, ...],
    shots: list[tuple[float, float, str, str]],
    words: tuple[Word, ...] = (),
    title: str | None = None,
    **clocks: ClockMap,
) -> tuple[NDArray[np.float32], SoundPlan]:
    alignment = aligned(sources, **clocks)
    plan = plan_film(cut(shots, title=title), alignment, sources, words, OPTIONS)
    maps = {source.take_id: alignment.take(source.take_id).clock for source in sources}
    return np.concatenate(list(Mixer(plan.sound, sources, maps, {}).blocks())), plan.sound


def test_a_film_sample_is_the_sample_of_its_moment(tmp_path: Path) -> None:
    sound = np.round(voice(6, 1) * 32767) / 32768
    source = (take("a", microphone=microphone(tmp_path / "a.pcm", sound)),)
    film, plan = mixed(source, [(1.0, 2.0, "voice", "a"), (4.0, 5.0, "voice", "a")], title="T")
    assert len(film) == plan.n_samples == 3 * RATE_HZ
    assert np.abs(film[:RATE_HZ]).max() < 0.5 / 32768  # the title card is silent
    first = film[RATE_HZ + 10_000 : RATE_HZ + 40_000]
    second = film[2 * RATE_HZ + 5_000 : 2 * RATE_HZ + 15_000]
    assert np.allclose(first, sound[RATE_HZ + 10_000 : RATE_HZ + 40_000], atol=1e-4)
    assert np.allclose(second, sound[4 * RATE_HZ + 5_000 : 4 * RATE_HZ + 15_000], atol=1e-4)


def test_two_drifting_microphones_meet_to_a_fraction_of_a_sample(tmp_path: Path) -> None:
    """One tone recorded by two clocks 200 ppm apart cancels when one is turned over."""
    at_s = np.arange(20 * RATE_HZ) / RATE_HZ
    slow, fast = ClockMap(((0, 0), (100, 100.01))), ClockMap(((0, 3), (100, 102.99)))
    sources = tuple(
        take(
            person,
            microphone=microphone(
                tmp_path / f"{person}.pcm", sign * 0.4 * np.sin(2 * np.pi * 1_000 * clock(at_s))
            ),
        )
        for person, sign, clock in (("a", 1, slow), ("b", -1, fast))
    )
    film, _ = mixed(sources, [(10, 12, "voice", "ab")], a=slow, b=fast)
    alone, _ = mixed(sources[:1], [(10, 12, "voice", "a")], a=slow)
    inner = slice(RATE_HZ // 2, RATE_HZ)
    assert np.abs(alone[inner]).max() > 0.39
    assert np.abs(film[inner]).max() < 5e-4


def test_a_cut_in_the_sound_is_crossfaded_with_equal_power(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(1).normal(size=30 * RATE_HZ)
    source = (take("a", microphone=microphone(tmp_path / "a.pcm", noise)),)
    shots = [(k * 0.5, k * 0.5 + 0.4, "voice", "a") for k in range(40)]
    film, plan = mixed(source, shots)
    half = round(OPTIONS.sound.crossfade_s * RATE_HZ / 2)
    joints = [clip.start_sample + half for clip in plan.clips[1:]]
    at_joints = np.concatenate([film[joint - half // 2 : joint + half // 2] for joint in joints])
    away = np.concatenate([film[joint - 5000 : joint - 2000] for joint in joints])
    assert np.std(at_joints) / np.std(away) == pytest.approx(1, abs=0.05)


def test_neighbours_overlap_by_the_crossfade_and_their_powers_add_to_one(tmp_path: Path) -> None:
    source = (take("a", microphone=microphone(tmp_path / "a.pcm", voice(6, 1))),)
    _, plan = mixed(source, [(1.0, 2.0, "voice", "a"), (4.0, 5.0, "voice", "a")])
    first, second = plan.clips
    overlap = np.arange(second.start_sample, first.end_sample)
    assert len(overlap) == round(OPTIONS.sound.crossfade_s * RATE_HZ)
    power = fade(first, overlap - first.start_sample) ** 2
    power += fade(second, overlap - second.start_sample) ** 2
    assert np.allclose(power, 1, atol=1e-5)


def test_shots_that_touch_are_one_clip(tmp_path: Path) -> None:
    source = (take("a", microphone=microphone(tmp_path / "a.pcm", voice(6, 1))),)
    _, plan = mixed(source, [(1.0, 2.01, "voice", "a"), (2.01, 3.0, "voice", "a")])
    assert len(plan.clips) == 1


def test_the_film_fades_in_and_out() -> None:
    clip = AudioClip(0, 48_000, 0.0, 4_800, 9_600)
    gain = fade(clip, np.arange(48_000))
    assert gain[0] < 0.01
    assert gain[-1] < 0.01
    assert np.all(gain[4_800:38_400] > 0.999)
    assert np.all(np.diff(gain[:4_800]) > 0)


def test_the_other_microphone_is_ducked_while_one_speaks(tmp_path: Path) -> None:
    sources = (
        take("a", microphone=microphone(tmp_path / "a.pcm", np.zeros(8 * RATE_HZ))),
        take("b", microphone=microphone(tmp_path / "b.pcm", np.full(8 * RATE_HZ, 0.1))),
    )
    words = (
        Word("1", "a", "take-a", "So.", Interval(1.0, 4.0)),
        Word("2", "b", "take-b", "Yes.", Interval(5.0, 7.0)),
    )
    film, _ = mixed(sources, [(1.0, 7.0, "voice", "ab")], words)
    down = 0.1 * 10 ** (OPTIONS.sound.duck_db / 20)
    assert film[2 * RATE_HZ] == pytest.approx(down, rel=0.01)
    assert film[4 * RATE_HZ + 100] == pytest.approx(0.1, rel=0.01)


def test_struck_time_is_silent_even_within_a_crossfade(tmp_path: Path) -> None:
    struck = Interval(2.0, 3.0)
    loud = microphone(tmp_path / "a.pcm", np.full(6 * RATE_HZ, 0.5))
    source = (take("a", microphone=loud, struck=(struck,)),)
    film, plan = mixed(source, [(1.0, 2.0, "voice", "a"), (3.0, 4.0, "voice", "a")])
    assert plan.clips[0].end_sample > RATE_HZ
    handle = film[RATE_HZ - 400 : RATE_HZ + 400]
    first, second = plan.clips
    number = np.arange(RATE_HZ - 400, RATE_HZ + 400)
    # Up to the joint only the first clip is heard, from it on only the second.
    assert np.allclose(handle[:400], 0.5 * fade(first, number[:400]), atol=1e-3)
    assert np.allclose(
        handle[400:], 0.5 * fade(second, number[400:] - second.start_sample), atol=1e-3
    )


def test_time_that_a_recorder_never_saw_is_silence(tmp_path: Path) -> None:
    source = (take("a", microphone=microphone(tmp_path / "a.pcm", np.full(6 * RATE_HZ, 0.3))),)
    hole = ClockMap(((0, 0), (2, 2), (2, 2.5), (6, 6.5)))
    film, _ = mixed(source, [(1.0, 4.0, "voice", "a")], a=hole)
    assert np.abs(film[round(1.02 * RATE_HZ) : round(1.48 * RATE_HZ)]).max() == 0
    assert film[round(1.9 * RATE_HZ)] == pytest.approx(0.3, abs=1e-3)


def test_a_track_of_another_rate_is_heard_at_its_pitch(tmp_path: Path) -> None:
    at_s = np.arange(6 * 16_000) / 16_000
    sound = 0.4 * np.sin(2 * np.pi * 500 * at_s)
    source = (take("a", microphone=microphone(tmp_path / "a.pcm", sound, rate_hz=16_000)),)
    film, _ = mixed(source, [(1.0, 3.0, "voice", "a")])
    expected = 0.4 * np.sin(2 * np.pi * 500 * np.arange(2 * RATE_HZ) / RATE_HZ)
    assert np.allclose(film[10_000:60_000], expected[10_000:60_000], atol=2e-3)


def heard_of_two_takes(
    first: SoundTrack, second: SoundTrack, **parts: tuple[Interval, ...]
) -> NDArray[np.float32]:
    """Return 0.5 to 4.5 s of two takes of one person, on one clock; `parts` are the first's."""
    one = take("a", microphone=first, **parts)
    other = replace(take("a", microphone=second), take_id="take-a2")
    maps = {"take-a": ClockMap.identity(), "take-a2": ClockMap.identity()}
    plain = (replace(one, struck=()),)  # a plan refuses a shot that holds struck time
    plan = plan_film(cut([(0.0, 5.5, "voice", "a")]), aligned(plain), plain, (), OPTIONS)
    film = list(Mixer(plan.sound, (one, other), maps, {}).blocks())
    return np.concatenate(film)[RATE_HZ // 2 : 9 * RATE_HZ // 2]


def test_two_takes_of_one_person_are_heard_once(tmp_path: Path) -> None:
    sound = voice(6, 1)
    first = microphone(tmp_path / "1.pcm", sound[: 2 * RATE_HZ])
    film = heard_of_two_takes(first, microphone(tmp_path / "2.pcm", sound))
    # Through the switch at 2 s as well: equal sounds stay as they are.
    assert np.allclose(film, sound[RATE_HZ // 2 : round(4.5 * RATE_HZ)], atol=1e-3)


def test_the_take_that_is_named_first_is_heard(tmp_path: Path) -> None:
    first = microphone(tmp_path / "1.pcm", np.full(6 * RATE_HZ, 0.3))
    second = microphone(tmp_path / "2.pcm", np.full(6 * RATE_HZ, 0.2))
    assert np.allclose(heard_of_two_takes(first, second), 0.3, atol=1e-3)
    assert np.allclose(heard_of_two_takes(second, first), 0.2, atol=1e-3)


@pytest.mark.parametrize(
    ("reason", "level"), [("missing", 0.2), ("stalled", 0.2), ("muted", 0.0), ("struck", 0.0)]
)
def test_a_hole_is_filled_by_another_take_but_no_secret_is_told(
    tmp_path: Path, reason: GapReason, level: float
) -> None:
    hole = slice(2 * RATE_HZ, 3 * RATE_HZ)
    sound = np.full(6 * RATE_HZ, 0.3)
    sound[hole] = 0.0
    first = replace(microphone(tmp_path / "1.pcm", sound), gaps=(Gap(reason, Interval(2.0, 3.0)),))
    second = microphone(tmp_path / "2.pcm", np.full(6 * RATE_HZ, 0.2))
    film = heard_of_two_takes(first, second)
    assert np.allclose(film[round(1.51 * RATE_HZ) : round(2.49 * RATE_HZ)], level, atol=1e-3)
    assert np.allclose(film[: round(1.49 * RATE_HZ)], 0.3, atol=1e-3)
    assert np.allclose(film[round(2.51 * RATE_HZ) :], 0.3, atol=1e-3)


def test_struck_time_is_silent_though_another_take_has_it(tmp_path: Path) -> None:
    first = microphone(tmp_path / "1.pcm", np.full(6 * RATE_HZ, 0.3))
    second = microphone(tmp_path / "2.pcm", np.full(6 * RATE_HZ, 0.2))
    film = heard_of_two_takes(first, second, struck=(Interval(2.0, 3.0),))
    assert not film[round(1.51 * RATE_HZ) : round(2.49 * RATE_HZ)].any()


def test_time_that_the_first_recorder_stood_still_is_told_by_the_other(tmp_path: Path) -> None:
    first = microphone(
        tmp_path / "1.pcm",
        np.full(5 * RATE_HZ, 0.3),
        clock=ClockMap(((0, 0), (2, 2), (2, 3), (5, 6))),
    )
    second = microphone(tmp_path / "2.pcm", np.full(6 * RATE_HZ, 0.2))
    film = heard_of_two_takes(first, second)
    assert np.allclose(film[round(1.51 * RATE_HZ) : round(2.49 * RATE_HZ)], 0.2, atol=1e-3)
    assert np.allclose(film[: round(1.49 * RATE_HZ)], 0.3, atol=1e-3)
    assert np.allclose(film[round(2.51 * RATE_HZ) :], 0.3, atol=1e-3)
