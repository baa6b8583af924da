"""Loudness and true peak of the finished sound, measured and kept."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from candid.engine.film.defaults import SoundOptions
from candid.engine.film.limiter import context_samples, limit, true_peaks
from candid.engine.film.loudness import (
    QUIETEST_DBTP,
    SILENCE_LUFS,
    Loudness,
    integrated_lufs,
    measure,
)
from candid.engine.film.planning import plan_film
from candid.engine.film.soundtrack import (
    MixFile,
    decoded,
    encode_aac,
    find_gain_db,
    limited,
    make_soundtrack,
)
from candid.engine.timebase import Interval
from candid.engine.transcript.words import Word
from tests.conftest import shared_address
from tests.engine.film.material import RATE_HZ, aligned, cut, microphone, take, voice

OPTIONS = SoundOptions()


def sine(level_db: float, hz: float = 997.0, duration_s: float = 5.0) -> NDArray[np.float32]:
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * at_s)).astype(np.float32)


def test_a_sine_at_0_dbfs_measures_minus_3_lufs() -> None:
    """The calibration of ITU-R BS.1770: 997 Hz at 0 dBFS in one channel is -3.01 LKFS."""
    found = measure([sine(0.0)], RATE_HZ)
    assert found.integrated_lufs == pytest.approx(-3.01, abs=0.1)
    assert found.true_peak_dbtp == pytest.approx(0.0, abs=0.2)


def test_two_channels_are_3_lu_louder_than_one() -> None:
    one, two = (measure([sine(-20.0)], RATE_HZ, n_channels=n) for n in (1, 2))
    assert two.integrated_lufs - one.integrated_lufs == pytest.approx(3.01, abs=0.01)


def test_silence_has_no_loudness() -> None:
    assert measure([np.zeros(96_000, dtype=np.float32)], RATE_HZ).is_silent
    assert measure([], RATE_HZ) == Loudness(SILENCE_LUFS, QUIETEST_DBTP)


@pytest.mark.parametrize("hz", [100.0, 997.0, 5_000.0, 11_999.5, 15_000.0])
@pytest.mark.parametrize("gain_db", [0.0, 6.0, 12.0])
def test_the_limiter_keeps_true_peaks_below_the_ceiling(hz: float, gain_db: float) -> None:
    loud = sine(gain_db, hz) * np.hanning(5 * RATE_HZ).astype(np.float32)
    kept = limit(loud, 10 ** (-1.5 / 20), RATE_HZ)
    assert measure([kept], RATE_HZ).true_peak_dbtp <= -1.45


def test_the_limiter_leaves_quiet_sound_alone() -> None:
    quiet = sine(-12.0)
    assert limit(quiet, 10 ** (-1.5 / 20), RATE_HZ) is quiet


def test_the_gain_is_down_before_the_peak_comes() -> None:
    samples = sine(-12.0)
    samples[RATE_HZ : RATE_HZ + 48] *= 8
    gain = limit(samples, 0.5, RATE_HZ) / np.where(samples == 0, 1, samples)
    gain = np.where(np.abs(samples) > 0.05, gain, np.nan)
    assert np.nanmin(gain[RATE_HZ - 24 : RATE_HZ]) < 0.7
    assert np.nanmin(gain[: RATE_HZ - 480]) == 1
    # The steepest ramp takes the whole look-ahead.
    assert np.nanmax(np.abs(np.diff(gain))) < 0.02


def test_a_peak_between_samples_is_found() -> None:
    at = np.arange(400)
    samples = np.sin(2 * np.pi * at / 4 + np.pi / 4).astype(np.float32)
    _, heights = true_peaks(samples, 0.1)
    assert np.abs(samples).max() == pytest.approx(0.707, abs=1e-3)
    assert heights.max() == pytest.approx(1.0, abs=0.01)


def test_blocks_of_a_limited_mix_join_without_a_seam(tmp_path: Path) -> None:
    sound = (voice(5, 1, 0.4)).astype(np.float32)
    mix = MixFile(tmp_path / "mix.f32", len(sound))
    list(mix.write(iter([sound])))
    in_blocks = np.concatenate(list(limited(mix, 6.0, OPTIONS)))
    around = np.zeros(context_samples(RATE_HZ), dtype=np.float32)
    gain = np.float32(10 ** (6.0 / 20))
    whole = limit(np.concatenate([around, sound, around]) * gain, 10 ** (-1.5 / 20), RATE_HZ)
    assert np.allclose(in_blocks, whole[len(around) : -len(around)], atol=1e-6)


def speech() -> NDArray[np.float32]:
    """Return real speech where it is at hand, else noise in its rhythm."""
    address = shared_address()
    if address is None:
        return voice(20, 1).astype(np.float32)
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    with av.open(str(address)) as container:
        frames = [out for f in container.decode(audio=0) for out in resampler.resample(f)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])[: 20 * RATE_HZ]


@pytest.mark.parametrize("level", [0.05, 1.0])
def test_speech_is_brought_to_the_target_below_the_ceiling(tmp_path: Path, level: float) -> None:
    sound = speech() * np.float32(level)
    mix = MixFile(tmp_path / "mix.f32", len(sound))
    mixed_lufs = integrated_lufs(mix.write(iter([sound])), RATE_HZ, n_channels=2)
    gain_db = find_gain_db(mix, mixed_lufs, OPTIONS)
    encode_aac(limited(mix, gain_db, OPTIONS), OPTIONS, tmp_path / "sound.m4a")
    found = measure(decoded(tmp_path / "sound.m4a"), RATE_HZ, n_channels=2)
    assert found.integrated_lufs == pytest.approx(-16, abs=0.5)
    assert found.true_peak_dbtp <= -1


def test_silence_is_not_turned_up(tmp_path: Path) -> None:
    mix = MixFile(tmp_path / "mix.f32", RATE_HZ)
    lufs = integrated_lufs(mix.write(iter([np.zeros(RATE_HZ, dtype=np.float32)])), RATE_HZ)
    assert find_gain_db(mix, lufs, OPTIONS) == 0.0


def test_loudness_that_the_limiter_takes_is_given_back(tmp_path: Path) -> None:
    sound = voice(10, 1).astype(np.float32)
    sound[:: RATE_HZ // 2] += 20 * np.abs(sound).mean()
    mix = MixFile(tmp_path / "mix.f32", len(sound))
    lufs = integrated_lufs(mix.write(iter([sound])), RATE_HZ, n_channels=2)
    once = integrated_lufs(limited(mix, -16 - lufs, OPTIONS), RATE_HZ, n_channels=2)
    found = limited(mix, find_gain_db(mix, lufs, OPTIONS), OPTIONS)
    assert once < -16.2
    assert integrated_lufs(found, RATE_HZ, n_channels=2) == pytest.approx(-16, abs=0.1)


def test_coded_sound_starts_at_its_first_sample(tmp_path: Path) -> None:
    sound = voice(3, 1).astype(np.float32)
    encode_aac(iter([sound]), OPTIONS, tmp_path / "sound.m4a")
    heard = np.concatenate(list(decoded(tmp_path / "sound.m4a")))[: len(sound)]
    lags = range(-3, 4)
    inner = slice(RATE_HZ, 2 * RATE_HZ)
    scores = [float(sound[inner] @ np.roll(heard, -lag)[inner]) for lag in lags]
    assert lags[int(np.argmax(scores))] == 0


def test_both_voices_come_out_equally_loud(tmp_path: Path) -> None:
    """One microphone is 12 dB quieter than the other; in the film nobody is."""
    loud = take("a", microphone=microphone(tmp_path / "a.pcm", voice(12, 1, 0.1)))
    quiet = take("b", microphone=microphone(tmp_path / "b.pcm", voice(12, 2, 0.025)))
    sources = (loud, quiet)
    words = (
        Word("1", "a", "take-a", "So.", Interval(0.0, 5.0)),
        Word("2", "b", "take-b", "Yes.", Interval(6.0, 11.0)),
    )
    plan = plan_film(cut([(0, 11, "voice", "ab")]), aligned(sources), sources, words)
    clocks = {each.take_id: each.clock for each in aligned(sources).takes}
    make_soundtrack(plan.sound, sources, clocks, OPTIONS, tmp_path / "sound.m4a")
    film = np.concatenate(list(decoded(tmp_path / "sound.m4a")))
    first = measure([film[RATE_HZ : 5 * RATE_HZ]], RATE_HZ)
    second = measure([film[7 * RATE_HZ : 11 * RATE_HZ]], RATE_HZ)
    assert first.integrated_lufs == pytest.approx(second.integrated_lufs, abs=1.0)
