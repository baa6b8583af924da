import numpy as np
import pytest

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.lags import LagCurve, agreed_line, coarse_hits, fine_lags, supported
from candid.engine.alignment.listening import find_sound
from candid.engine.alignment.sound import PRINT_HZ, SoundPrint, prepare_sound
from candid.engine.timebase import ClockMap
from tests.engine.alignment.material import CALM, sound_of

OPTIONS = AlignOptions()


def voice(seed: int = 0) -> SoundPrint:
    return sound_of(CALM, seed, "a", "microphone")


def late(sound: SoundPrint, by_s: float, noise: float = 0.0) -> SoundPrint:
    """The same sound, later, in noise `noise` times as loud."""
    rng = np.random.default_rng(5)
    shift = round(by_s * PRINT_HZ)
    wave = np.concatenate([np.zeros(shift, dtype=np.int16), sound.wave]).astype(np.float32)
    wave += rng.normal(0, noise * float(sound.wave.std()), len(wave))
    return prepare_sound([wave / 32768], PRINT_HZ, sound.clock)


@pytest.mark.parametrize("by_s", [0.0, 0.1375, 7.25, 61.0])
def test_a_late_copy_is_found_to_a_quarter_of_a_millisecond(by_s: float) -> None:
    curve = find_sound(voice(), late(voice(), by_s), OPTIONS)
    assert len(curve) > 0.9 * curve.looked_at > 5
    np.testing.assert_allclose(curve.lags_s, by_s, atol=2.6e-4)


def test_a_copy_in_noise_as_loud_as_itself_is_found() -> None:
    curve = find_sound(voice(), late(voice(), 2.0, noise=1.0), OPTIONS)
    assert len(curve) > 0.7 * curve.looked_at
    np.testing.assert_allclose(curve.lags_s, 2.0, atol=1e-3)


def test_lags_are_told_on_the_takes_clocks() -> None:
    slow = late(voice(), 1.0)
    clock = ClockMap(((0.0, 100.0), (1000.0, 1100.1)))
    curve = find_sound(voice(), SoundPrint(slow.wave, slow.flux, slow.level, clock), OPTIONS)
    np.testing.assert_allclose(curve.listener_s, clock(curve.source_s + 1.0), atol=3e-4)


@pytest.mark.parametrize("seed", range(1, 4))
def test_another_voice_is_not_found(seed: int) -> None:
    curve = find_sound(voice(), voice(seed), OPTIONS)
    assert len(curve) == 0


def test_silence_is_not_found_and_finds_nothing() -> None:
    silence = prepare_sound([np.zeros(PRINT_HZ * 60, dtype=np.int16)], PRINT_HZ)
    assert len(find_sound(voice(), silence, OPTIONS)) == 0
    assert len(find_sound(silence, voice(), OPTIONS)) == 0


@pytest.mark.parametrize("n_samples", [0, 1, 39, 400, 4_000])
def test_next_to_nothing_is_looked_for_without_harm(n_samples: int) -> None:
    little = prepare_sound([np.ones(n_samples, dtype=np.float32) / 4], PRINT_HZ)
    assert len(find_sound(little, voice(), OPTIONS)) == 0
    assert len(find_sound(voice(), little, OPTIONS)) == 0


def test_the_line_that_most_blocks_agree_on_wins() -> None:
    hits = np.array([[0, 5.0, 9], [100, 5.02, 9], [200, 61.0, 20], [300, 5.06, 9], [400, -9, 15]])
    line = agreed_line(hits)
    assert line is not None
    assert line.n_blocks == 3
    assert line.at(np.array([0.0, 300.0])) == pytest.approx([5.0, 5.06], abs=0.03)


def test_no_blocks_have_no_line() -> None:
    assert agreed_line(np.zeros((0, 3))) is None


def test_a_point_that_no_neighbour_agrees_with_is_dropped() -> None:
    listener = np.array([1.0, 2.0, 3.4, 4.0, 5.001])
    curve = LagCurve(np.arange(1.0, 6.0), listener, np.ones(5), 9)
    assert supported(curve, 0.03).source_s.tolist() == [1.0, 2.0, 4.0, 5.0]


def test_a_line_beside_the_sound_finds_nothing() -> None:
    line = agreed_line(coarse_hits(voice(), late(voice(), 4.0), OPTIONS))
    assert line is not None
    beside = type(line)(line.lag_s + 2.0, 0.0, line.n_blocks)
    assert len(fine_lags(voice(), late(voice(), 4.0), beside, OPTIONS)) == 0
