"""Decoded sound written to disk as headerless 16-bit mono, without holding it in memory."""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

_BYTES = 2
_SILENCE_BLOCK = 1 << 16
# Frames of 20 ms are gathered to about a second before their rate is changed: a call for each
# costs more than the work in it.
_GATHERED = 2 * 48_000


class PcmWriter:
    """Takes decoded frames of any rate and layout, writes mono at `rate_hz` to `file`.

    `fed_s` is the length of all that was fed, on the source's own sample count.
    """

    def __init__(self, file: BinaryIO, rate_hz: int) -> None:
        self._file = file
        self._rate_hz = rate_hz
        self._mono: AudioResampler | None = None
        self._resample: AudioResampler | None = None
        self._gathered = bytearray()
        self._like: tuple[object, ...] = ()
        self._source_hz = rate_hz
        self._n_fed = 0
        self._before_s = 0.0

    @property
    def fed_s(self) -> float:
        """Seconds fed so far, frames and silence."""
        return self._before_s + self._n_fed / self._source_hz

    def feed(self, frame: AudioFrame, *, skip: int = 0) -> None:
        """Append a frame without its first `skip` samples."""
        self._set_up(frame)
        assert self._mono is not None
        frame.pts = None
        for mono in self._mono.resample(frame):
            self._write(bytes(mono.planes[0])[skip * _BYTES : mono.samples * _BYTES])

    def silence(self, count: int) -> None:
        """Append `count` samples of silence, counted at the rate of the last frame fed."""
        for start in range(0, count, _SILENCE_BLOCK):
            self._write(bytes(_BYTES * min(_SILENCE_BLOCK, count - start)))

    def silence_at(self, count: int, source_hz: int) -> None:
        """Append `count` samples of silence at a rate given, before the first frame."""
        if not self._n_fed:
            self._source_hz = source_hz
        self.silence(count)

    def close(self) -> None:
        """Write what the rate conversion still holds back."""
        self._drain()

    def _set_up(self, frame: AudioFrame) -> None:
        like = (frame.sample_rate, frame.format.name, frame.layout.name)
        if like == self._like:
            return
        if frame.sample_rate != self._source_hz:
            self._drain()
            self._before_s, self._n_fed = self.fed_s, 0
            self._source_hz = frame.sample_rate
        self._like = like
        self._mono = AudioResampler(format="s16", layout="mono", rate=frame.sample_rate)

    def _write(self, data: bytes) -> None:
        self._n_fed += len(data) // _BYTES
        if self._source_hz == self._rate_hz:
            self._file.write(data)
        elif data:
            self._write_resampled(data)

    def _write_resampled(self, data: bytes) -> None:
        self._gathered += data
        if len(self._gathered) >= _GATHERED:
            self._flush()

    def _flush(self) -> None:
        """Change the rate of what was gathered."""
        if not self._gathered:
            return
        if self._resample is None:
            self._resample = AudioResampler(format="s16", layout="mono", rate=self._rate_hz)
        samples = np.frombuffer(bytes(self._gathered), dtype="<i2").reshape(1, -1)
        self._gathered.clear()
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = self._source_hz
        frame.time_base = Fraction(1, self._source_hz)
        self._emit(frame)

    def _emit(self, frame: AudioFrame | None) -> None:
        assert self._resample is not None
        for out in self._resample.resample(frame):
            self._file.write(bytes(out.planes[0])[: out.samples * _BYTES])

    def _drain(self) -> None:
        self._flush()
        if self._resample is not None:
            self._emit(None)
            self._resample = None
