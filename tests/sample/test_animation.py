"""Portraits move with their voices."""

import numpy as np
import pytest

from sample.animation import (
    HOP_S,
    STAMP_ZERO_S,
    draw_stamp,
    plan_motion,
    read_stamp,
)
from sample.face import MOUTHS


def test_mouth_opens_while_the_voice_sounds_and_is_shut_otherwise() -> None:
    rate_hz = 48_000
    t = np.arange(4 * rate_hz) / rate_hz
    buzz = np.sign(np.sin(2 * np.pi * 120 * t)) * 0.1 * ((t >= 1) & (t < 2))
    motion = plan_motion(buzz.astype(np.float32), rate_hz, 0.0, seed=1)
    opening = np.array([mouth.opening for mouth in MOUTHS])[motion.mouth]
    at = np.arange(len(opening)) * HOP_S
    assert opening[(at > 1.05) & (at < 1.95)].min() > 0.3
    assert opening[(at < 0.9) | (at > 2.1)].max() == 0


def test_everybody_blinks() -> None:
    motion = plan_motion(np.zeros(48_000 * 20, np.float32), 48_000, 0.0, seed=2)
    assert 3 <= np.sum(np.diff((motion.lid == 2).astype(int)) == 1) <= 9


def test_stamp_is_read_back_to_the_millisecond() -> None:
    for time_s in (STAMP_ZERO_S, 0.0, 123.456, 359.999):
        luma = np.full((720, 1280), 90, np.uint8)
        draw_stamp(luma, [np.full((360, 640), 100, np.uint8)], time_s)
        assert read_stamp(luma) == pytest.approx(time_s, abs=1e-6)


def test_stamp_with_a_wrong_cell_is_not_believed() -> None:
    luma = np.full((720, 1280), 90, np.uint8)
    draw_stamp(luma, [], 5.0)
    luma[:20, 100:120] = 255 - luma[:20, 100:120]
    assert read_stamp(luma) is None
