"""Loudness after EBU R 128, measured with FFmpeg's `ebur128` filter."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

SILENCE_LUFS = -70.0
"""What the absolute gate of ITU-R BS.1770 leaves of silence: nothing; the filter says -70."""
QUIETEST_DBTP = -120.0
"""The true peak of digital silence, as a finite number that a report can hold."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness and true peak; of silence `SILENCE_LUFS` and `QUIETEST_DBTP`."""

    integrated_lufs: float
    true_peak_dbtp: float

    @property
    def is_silent(self) -> bool:
        """Whether nothing rose above the absolute gate."""
        return self.integrated_lufs <= SILENCE_LUFS


def measure(
    blocks: Iterable[NDArray[np.float32]], rate_hz: int, *, n_channels: int = 1
) -> Loudness:
    """Measure mono samples as they sound when played on `n_channels` channels alike.

    The same voice on two channels has twice the power of one: +3.01 LU.
    """
    meter = _Meter(rate_hz, with_true_peak=True)
    lufs = _integrated(meter, blocks, n_channels)
    return Loudness(lufs, _db(meter.peak))


def integrated_lufs(
    blocks: Iterable[NDArray[np.float32]], rate_hz: int, *, n_channels: int = 1
) -> float:
    """Measure integrated loudness alone, as `measure` does: at half its cost."""
    return _integrated(_Meter(rate_hz, with_true_peak=False), blocks, n_channels)


def _integrated(meter: _Meter, blocks: Iterable[NDArray[np.float32]], n_channels: int) -> float:
    for block in blocks:
        meter.push(block)
    lufs = meter.finish()
    return lufs + 10 * math.log10(n_channels) if lufs > SILENCE_LUFS else SILENCE_LUFS


def _db(amplitude: float) -> float:
    return max(QUIETEST_DBTP, 20 * math.log10(amplitude)) if amplitude > 0 else QUIETEST_DBTP


class _Meter:
    """FFmpeg's meter: its frames come out with the readings up to there."""

    def __init__(self, rate_hz: int, *, with_true_peak: bool) -> None:
        self._rate_hz = rate_hz
        self._with_true_peak = with_true_peak
        self._n_samples = 0
        self._lufs = SILENCE_LUFS
        self.peak = 0.0
        graph = Graph()
        graph.threads = 1
        self._source = graph.add(
            "abuffer",
            f"sample_rate={rate_hz}:sample_fmt=dbl:channel_layout=mono:time_base=1/{rate_hz}",
        )
        meter = graph.add("ebur128", f"metadata=1:peak={'true' if with_true_peak else 'none'}")
        self._sink = graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(self._sink)
        graph.configure()
        self._graph = graph

    def push(self, block: NDArray[np.float32]) -> None:
        if not len(block):
            return
        frame = av.AudioFrame.from_ndarray(
            block.astype(np.float64)[None, :], format="dbl", layout="mono"
        )
        frame.sample_rate, frame.pts = self._rate_hz, self._n_samples
        self._n_samples += len(block)
        self._source.push(frame)
        self._read()

    def finish(self) -> float:
        """Return the integrated loudness in LUFS."""
        self._source.push(None)
        self._read()
        return self._lufs

    def _read(self) -> None:
        while True:
            try:
                readings = self._sink.pull().metadata
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            # The last tenth of a second comes without readings if it is not whole.
            if "lavfi.r128.I" not in readings:
                continue
            self._lufs = max(SILENCE_LUFS, float(readings["lavfi.r128.I"]))
            if self._with_true_peak:
                self.peak = max(self.peak, float(readings["lavfi.r128.true_peak"]))
