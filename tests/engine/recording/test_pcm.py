import io

import numpy as np
import pytest
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from candid.engine.recording.pcm import PcmWriter

RATE_HZ = 48_000
N_FRAMES, SIZE = 130, 960


def ramp() -> NDArray[np.int16]:
    """Samples that differ from all their neighbours, so that none can be lost or swapped."""
    count = N_FRAMES * SIZE
    return (np.arange(count) % 20_011 - 10_000).astype(np.int16)


def frame(samples: NDArray[np.int16], format_name: str, layout: str) -> AudioFrame:
    channels = 2 if layout == "stereo" else 1
    values = samples if format_name.startswith("s16") else samples.astype(np.float32) / 32768
    planar = np.tile(values, (channels, 1))
    array = planar if format_name.endswith("p") else planar.T.reshape(1, -1)
    made = AudioFrame.from_ndarray(np.ascontiguousarray(array), format=format_name, layout=layout)
    made.sample_rate = RATE_HZ
    return made


def written(frames: list[tuple[AudioFrame, int]], rate_hz: int = RATE_HZ) -> NDArray[np.int16]:
    file = io.BytesIO()
    writer = PcmWriter(file, rate_hz)
    for each, skip in frames:
        writer.feed(each, skip=skip)
    writer.close()
    return np.frombuffer(file.getvalue(), dtype="<i2")


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("format_name", ["s16", "s16p", "flt", "fltp"])
def test_every_sample_of_every_frame_is_written_in_order(format_name: str, layout: str) -> None:
    parts = ramp().reshape(N_FRAMES, SIZE)
    found = written([(frame(part, format_name, layout), 0) for part in parts])
    np.testing.assert_allclose(found.astype(int), ramp(), atol=1)


def test_a_change_of_format_or_layout_on_the_way_loses_nothing() -> None:
    kinds = (("fltp", "mono"), ("s16", "stereo"), ("fltp", "stereo"))
    parts = ramp().reshape(N_FRAMES, SIZE)
    found = written([(frame(part, *kinds[at // 10 % 3]), 0) for at, part in enumerate(parts)])
    np.testing.assert_allclose(found.astype(int), ramp(), atol=1)


@pytest.mark.parametrize("format_name", ["s16", "fltp"])
def test_what_is_skipped_of_a_frame_is_left_out_of_every_channel(format_name: str) -> None:
    parts = ramp().reshape(N_FRAMES, SIZE)
    skips = [100 if at == 60 else 0 for at in range(N_FRAMES)]
    frames = [(frame(p, format_name, "stereo"), s) for p, s in zip(parts, skips, strict=True)]
    left = np.delete(ramp(), slice(60 * SIZE, 60 * SIZE + 100))
    np.testing.assert_allclose(written(frames).astype(int), left, atol=1)


def test_silence_stands_where_it_was_asked_for_and_counts_as_fed() -> None:
    samples = ramp()[: 2 * SIZE]
    file = io.BytesIO()
    writer = PcmWriter(file, RATE_HZ)
    writer.silence_at(480, RATE_HZ)
    writer.feed(frame(samples[:SIZE], "s16", "mono"))
    writer.silence(240)
    writer.feed(frame(samples[SIZE:], "s16", "mono"))
    assert writer.fed_s == (2 * SIZE + 720) / RATE_HZ
    writer.close()
    zeros = np.zeros(480, dtype=np.int16)
    expected = np.concatenate([zeros, samples[:SIZE], zeros[:240], samples[SIZE:]])
    np.testing.assert_array_equal(np.frombuffer(file.getvalue(), dtype="<i2"), expected)


def test_another_rate_keeps_the_length() -> None:
    parts = ramp().reshape(N_FRAMES, SIZE)
    found = written([(frame(part, "fltp", "mono"), 0) for part in parts], rate_hz=16_000)
    assert len(found) == N_FRAMES * SIZE // 3
