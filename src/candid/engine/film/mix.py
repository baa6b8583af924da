"""One continuous mix on the film clock: every sample from its moment of the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from candid.engine.film.plan import AudioClip, GainCurve, SoundPlan
from candid.engine.film.resampling import N_TAPS, sample_at
from candid.engine.film.sources import FilmSource
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap, Interval, subtract_intervals

BLOCK_SAMPLES = 1 << 16
# Of the usual step from sample to sample: slower than this is no drift.
_STILL = 0.5
# How long one take of a person gives way to another.
_SWITCH_S = 0.005


class Mixer:
    """Mixes the plan's clips from the takes' microphones.

    Of several takes of one person only one is heard at a time: the first of `sources`
    that covers the moment.
    `clocks` map each take's clock to the call clock; `levels_db` is a gain for each
    participant that brings all voices to one loudness.
    """

    def __init__(
        self,
        plan: SoundPlan,
        sources: Sequence[FilmSource],
        clocks: Mapping[str, ClockMap],
        levels_db: Mapping[str, float],
        *,
        with_curves: bool = True,
    ) -> None:
        self._plan = plan
        curves = {curve.participant_id: curve for curve in plan.gains if with_curves}
        self._people: dict[str, list[_Voice]] = {}
        for source in sources:
            person = source.participant_id
            if source.microphone is not None:
                voice = _Voice(source, clocks[source.take_id], curves.get(person), levels_db)
                self._people.setdefault(person, []).append(voice)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the whole mix in order, mono, `BLOCK_SAMPLES` at a time [shape=(n,)]."""
        for start in range(0, self._plan.n_samples, BLOCK_SAMPLES):
            yield self.read(start, min(BLOCK_SAMPLES, self._plan.n_samples - start))

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Return `count` samples of the mix from film sample `start` on."""
        mixed = np.zeros(count, dtype=np.float32)
        for clip in self._plan.clips:
            first, end = max(start, clip.start_sample), min(start + count, clip.end_sample)
            if first < end:
                mixed[first - start : end - start] += self._clip(clip, first, end - first)
        return mixed

    def _clip(self, clip: AudioClip, start: int, count: int) -> NDArray[np.float32]:
        number = np.arange(start - clip.start_sample, start - clip.start_sample + count)
        call_s = clip.call_s + number / self._plan.rate_hz
        return self._heard(call_s) * fade(clip, number)

    def call_sound(self, call_s: float, count: int) -> NDArray[np.float32]:
        """Return `count` samples of the call from `call_s` on, without the clips' fades."""
        return self._heard(call_s + np.arange(count) / self._plan.rate_hz)

    def _heard(self, call_s: NDArray[np.float64]) -> NDArray[np.float32]:
        mixed = np.zeros(len(call_s), dtype=np.float32)
        for voices in self._people.values():
            left = np.ones(len(call_s), dtype=np.float32)
            for voice in voices:
                present = voice.present(call_s) if len(voices) > 1 else left
                mixed += voice.read(call_s, self._plan.rate_hz) * (left * present)
                left = left * (1 - present)
        return mixed


def fade(clip: AudioClip, number: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the clip's gain at its samples `number`: a quarter sine at both ends.

    Two ramps of equal power that overlap keep the power of unlike sounds constant.
    """
    into = (number + 0.5) / max(1, clip.fade_in_samples)
    out_of = (clip.n_samples - number - 0.5) / max(1, clip.fade_out_samples)
    least = np.clip(np.minimum(into, out_of), 0.0, 1.0)
    return np.asarray(np.sin(np.pi / 2 * least), dtype=np.float32)


class _Voice:
    """One take's microphone on the call clock."""

    def __init__(
        self,
        source: FilmSource,
        clock: ClockMap,
        curve: GainCurve | None,
        levels_db: Mapping[str, float],
    ) -> None:
        assert source.microphone is not None
        self._microphone: SoundTrack = source.microphone
        self._to_track = self._microphone.clock.inverse().after(clock.inverse())
        self._struck = [(clock(struck.start_s), clock(struck.end_s)) for struck in source.struck]
        knots = curve.knots if curve else ((0.0, 0.0),)
        self._times_s, gains_db = np.asarray(knots, dtype=float).T
        self._gains_db = gains_db + levels_db.get(source.participant_id, 0.0)
        self._hull = _hull(self._microphone, clock)

    def present(self, call_s: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return 1 where the microphone recorded and 0 elsewhere, with short ramps within."""
        return np.asarray(np.interp(call_s, *self._hull), dtype=np.float32)

    def read(self, call_s: NDArray[np.float64], rate_hz: int) -> NDArray[np.float32]:
        """Return the microphone at the moments `call_s`, rising, with its gain."""
        track_s = self._to_track(call_s)
        gains = 10 ** (np.interp(call_s, self._times_s, self._gains_db) / 20)
        for start_s, end_s in self._struck:
            gains[(call_s >= start_s) & (call_s < end_s)] = 0.0
        # Where the recorder stood still, the map stands too: silence, not one sample drawn out.
        before_s = self._to_track(call_s[:1] - 1 / rate_hz)
        gains[np.diff(track_s, prepend=before_s) < _STILL / rate_hz] = 0.0
        return np.asarray(read_at(self._microphone, track_s, rate_hz) * gains, dtype=np.float32)


def _hull(
    microphone: SoundTrack, clock: ClockMap
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when a microphone recorded, as knots in `call_s` and their values of 0 and 1.

    Where the person was muted, paused or struck counts as recorded: no other take may
    tell what was said there.
    """
    whole = clock.after(microphone.clock)
    lost = [gap.interval for gap in microphone.gaps if gap.reason in ("missing", "stalled")]
    holes = [Interval(clock(gap.start_s), clock(gap.end_s)) for gap in lost]
    # Where the map leaps the recorder stood still.
    holes += [Interval(a[1], b[1]) for a, b in pairwise(whole.knots) if a[0] == b[0]]
    span = Interval(whole(0.0), whole(microphone.duration_s))
    times_s, values = [span.start_s], [0.0]
    for piece in subtract_intervals(span, holes):
        ramp_s = min(_SWITCH_S, piece.duration_s / 2)
        start_s, end_s = piece.start_s, piece.end_s
        times_s += [start_s, start_s + ramp_s, end_s - ramp_s, end_s]
        values += [0.0, 1.0, 1.0, 0.0]
    return np.asarray(times_s), np.asarray(values)


def read_at(
    microphone: SoundTrack, track_s: NDArray[np.float64], rate_hz: int
) -> NDArray[np.float32]:
    """Return the sound at the moments `track_s` of the track's clock, not falling.

    Where the map leaps over a hole the moments repeat or leap; each is read for itself.
    """
    positions = track_s * microphone.rate_hz
    first = int(np.floor(positions[0])) - N_TAPS
    last = int(np.ceil(positions[-1])) + N_TAPS
    if last < 0 or first > microphone.n_samples:
        return np.zeros(len(track_s), dtype=np.float32)
    cutoff = min(1.0, rate_hz / microphone.rate_hz)
    return sample_at(microphone.read(first, last - first + 1), positions - first, cutoff=cutoff)
