import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from candid.engine.alignment.sound import (
    FRAME_HZ,
    PRINT_HZ,
    is_active,
    prepare_sound,
    without_own_voice,
)

CLICKS_S = (0.5, 4.0, 9.995, 10.02, 13.3)


def clicks(rate_hz: int, length_s: float = 14.0) -> NDArray[np.float32]:
    """Short beats of 600 Hz at CLICKS_S, half of full scale."""
    times_s = np.arange(int(length_s * rate_hz)) / rate_hz
    wave = np.zeros(len(times_s))
    for click_s in CLICKS_S:
        apart_s = times_s - click_s
        wave += 0.5 * np.exp(-((apart_s / 0.003) ** 2)) * np.cos(2 * np.pi * 600 * apart_s)
    return wave.astype(np.float32)


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_a_sound_stands_at_the_same_time_and_height_at_every_rate(rate_hz: int) -> None:
    made = prepare_sound([clicks(rate_hz)], rate_hz).wave / 32767
    wanted = clicks(PRINT_HZ)[: len(made)]

    for click_s in CLICKS_S:
        around = slice(int((click_s - 0.01) * PRINT_HZ), int((click_s + 0.01) * PRINT_HZ))
        # 0.05 ms of 600 Hz at half scale is 0.09; that is all a mean of neighbours may shift.
        assert np.abs(made[around] - wanted[around]).max() < 0.09
    assert abs(len(made) / PRINT_HZ - 14.0) < 1e-3


@given(cuts=st.lists(st.integers(0, 16_000 * 14), max_size=6))
@settings(max_examples=15, deadline=None)
def test_the_size_of_the_blocks_makes_no_difference(cuts: list[int]) -> None:
    samples = clicks(16_000)
    whole = prepare_sound([samples], 16_000)
    pieces = prepare_sound(np.split(samples, sorted(cuts)), 16_000)
    np.testing.assert_array_equal(whole.wave, pieces.wave)
    np.testing.assert_array_equal(whole.flux, pieces.flux)


def test_integers_and_floats_make_the_same_print() -> None:
    samples = np.round(clicks(8_000) * 32768).astype(np.int16)
    of_integers = prepare_sound([samples], 8_000)
    of_floats = prepare_sound([samples.astype(np.float32) / 32768], 8_000)
    np.testing.assert_array_equal(of_integers.wave, of_floats.wave)


def test_a_print_is_small_enough_for_hours() -> None:
    sound = prepare_sound([np.zeros(48_000 * 10, dtype=np.int16)], 48_000)
    per_hour = 360 * (sound.wave.nbytes + sound.flux.nbytes + sound.level.nbytes)
    assert per_hour < 35e6


def test_what_is_above_the_print_s_band_does_not_fold_into_it() -> None:
    times_s = np.arange(48_000 * 2) / 48_000
    for high_hz in (2_500.0, 5_000.0, 7_000.0):
        tone = np.asarray(0.5 * np.sin(2 * np.pi * high_hz * times_s), dtype=np.float32)
        left = prepare_sound([tone], 48_000).wave[400:-400] / 32767
        assert np.abs(left).max() < 0.005


def test_a_rate_below_the_print_s_own_is_refused() -> None:
    with pytest.raises(ValueError, match="4000 Hz, not 3999"):
        prepare_sound([np.zeros(10, dtype=np.float32)], 3_999)


@pytest.mark.parametrize("n_samples", [0, 1, 100, 6_400])
def test_next_to_nothing_makes_a_print_too(n_samples: int) -> None:
    sound = prepare_sound([np.full(n_samples, 1, dtype=np.float32)], 16_000)
    assert abs(sound.duration_s - n_samples / 16_000) <= 1 / PRINT_HZ
    assert len(sound.flux) == len(sound.level) == int(sound.duration_s * FRAME_HZ)
    assert len(is_active(sound)) == len(sound.flux)


def test_only_what_is_quieter_than_the_own_voice_is_left_as_bleed() -> None:
    rng = np.random.default_rng(1)
    voice = rng.normal(0, 0.2, 16_000 * 6).astype(np.float32)
    voice[16_000 * 2 : 16_000 * 4] *= 0.02
    left = without_own_voice(prepare_sound([voice], 16_000)).wave
    assert not left[: int(1.8 * PRINT_HZ)].any()
    assert left[int(2.3 * PRINT_HZ) : int(3.7 * PRINT_HZ)].std() > 0
    assert not left[int(4.2 * PRINT_HZ) :].any()
