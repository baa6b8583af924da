"""Sound at fractional positions: exact on whole ones, true between them."""

import numpy as np
import pytest

from candid.engine.film.resampling import N_TAPS, sample_at

RATE_HZ = 48_000


def tone(hz: float, positions: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * hz * positions / RATE_HZ)


def test_a_whole_position_gives_the_sample_itself() -> None:
    samples = np.random.default_rng(1).normal(size=500).astype(np.float32)
    positions = np.arange(N_TAPS, 400, dtype=float)
    assert np.abs(sample_at(samples, positions) - samples[N_TAPS:400]).max() < 1e-6


@pytest.mark.parametrize("hz", [50, 440, 4_000, 12_000, 16_000])
@pytest.mark.parametrize("ppm", [-100, 0, 100])
def test_a_drifting_tone_keeps_its_shape(hz: float, ppm: float) -> None:
    samples = tone(hz, np.arange(40_000)).astype(np.float32)
    positions = N_TAPS + 0.3 + np.arange(30_000, dtype=np.float64) * (1 + ppm * 1e-6)
    error = sample_at(samples, positions) - tone(hz, positions)
    # The phase table is the floor: 2 pi f / fs / 8192 of the amplitude.
    assert np.abs(error).max() < 2 * np.pi * hz / RATE_HZ / 8192 + 1e-3 * (hz > 15_000) + 1e-4


def test_a_higher_rate_is_taken_down_without_folding_back() -> None:
    at = np.arange(96_000)
    samples = np.sin(2 * np.pi * 40_000 * at / 96_000).astype(np.float32)
    positions = N_TAPS + np.arange(40_000, dtype=np.float64) * 2
    assert np.abs(sample_at(samples, positions, cutoff=0.5)[2000:-2000]).max() < 0.02
