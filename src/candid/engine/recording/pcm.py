"""Decoded sound written to disk as headerless 16-bit mono, without holding it in memory."""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

_BYTES = 2
_SILENCE_BLOCK = 1 << 16
# Frames of 20 ms are gathered to about a second before they are mixed to mono, and that again
# before its rate is changed: a call for each frame costs more than the work in it.
_GATHERED = 48_000


class _Mixer:
    """Gathers frames of one rate, format and layout, and mixes them to 16-bit mono."""

    def __init__(self, frame: AudioFrame) -> None:
        self.n_samples = 0
        self._rate_hz = frame.sample_rate
        self._format, self._layout = frame.format, frame.layout
        self._step = frame.format.bytes
        if not frame.format.is_planar:
            self._step *= frame.layout.nb_channels
        self._planes = tuple(bytearray() for _ in frame.planes)
        self._resample = AudioResampler(format="s16", layout="mono", rate=frame.sample_rate)

    def takes(self, frame: AudioFrame) -> bool:
        """Whether this frame is of the rate, format and layout that are gathered here."""
        return bool(
            frame.sample_rate == self._rate_hz
            and frame.format.name == self._format.name
            and frame.layout.name == self._layout.name
        )

    def add(self, frame: AudioFrame, skip: int) -> None:
        """Append a frame without its first `skip` samples."""
        held = slice(skip * self._step, frame.samples * self._step)
        for gathered, plane in zip(self._planes, frame.planes, strict=True):
            gathered += bytes(plane)[held]
        self.n_samples += frame.samples - skip

    def mixed(self) -> bytes:
        """Return what was gathered since the last time, mixed."""
        if not self.n_samples:
            return b""
        frame = AudioFrame(self._format, self._layout, self.n_samples)
        frame.sample_rate = self._rate_hz
        for gathered, plane in zip(self._planes, frame.planes, strict=True):
            plane.update(bytes(gathered))
            gathered.clear()
        self.n_samples = 0
        return b"".join(
            bytes(mono.planes[0])[: mono.samples * _BYTES]
            for mono in self._resample.resample(frame)
        )


class PcmWriter:
    """Takes decoded frames of any rate and layout, writes mono at `rate_hz` to `file`.

    `fed_s` is the length of all that was fed, on the source's own sample count.
    """

    def __init__(self, file: BinaryIO, rate_hz: int) -> None:
        self._file = file
        self._rate_hz = rate_hz
        self._mixer: _Mixer | None = None
        self._resample: AudioResampler | None = None
        self._gathered = bytearray()
        self._source_hz = rate_hz
        self._n_fed = 0
        self._before_s = 0.0

    @property
    def fed_s(self) -> float:
        """Seconds fed so far, frames and silence."""
        return self._before_s + self._n_fed / self._source_hz

    def feed(self, frame: AudioFrame, *, skip: int = 0) -> None:
        """Append a frame without its first `skip` samples, of which it has more."""
        mixer = self._mixer
        if mixer is None or not mixer.takes(frame):
            mixer = self._set_up(frame)
        mixer.add(frame, skip)
        self._n_fed += frame.samples - skip
        if mixer.n_samples >= _GATHERED:
            self._write(mixer.mixed())

    def silence(self, count: int) -> None:
        """Append `count` samples of silence, counted at the rate of the last frame fed."""
        self._mix()
        self._n_fed += count
        for start in range(0, count, _SILENCE_BLOCK):
            self._write(bytes(_BYTES * min(_SILENCE_BLOCK, count - start)))

    def silence_at(self, count: int, source_hz: int) -> None:
        """Append `count` samples of silence at a rate given, before the first frame."""
        if not self._n_fed:
            self._source_hz = source_hz
        self.silence(count)

    def close(self) -> None:
        """Write what was gathered, and what the rate conversion still holds back."""
        self._drain()

    def _set_up(self, frame: AudioFrame) -> _Mixer:
        self._mix()
        if frame.sample_rate != self._source_hz:
            self._drain()
            self._before_s, self._n_fed = self.fed_s, 0
            self._source_hz = frame.sample_rate
        self._mixer = _Mixer(frame)
        return self._mixer

    def _mix(self) -> None:
        if self._mixer is not None:
            self._write(self._mixer.mixed())

    def _write(self, data: bytes) -> None:
        if self._source_hz == self._rate_hz:
            self._file.write(data)
        elif data:
            self._gathered += data
            if len(self._gathered) >= _BYTES * _GATHERED:
                self._change_rate()

    def _change_rate(self) -> None:
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
        self._mix()
        self._change_rate()
        if self._resample is not None:
            self._emit(None)
            self._resample = None
