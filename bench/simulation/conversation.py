"""Simulated conversations with known clocks: two recordings, what each heard, beacons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.simulation.network import FRAME_S, Path, play, played_positions
from bench.simulation.voices import RATE_HZ, Pcm, Phrase, Wave, voices
from candid.engine.recording.take import Anchor, Beacon
from candid.engine.timebase import ClockMap


@dataclass(frozen=True, slots=True)
class Scene:
    """What is simulated. Delays are one-way, from the first to the second and back.

    `hole_s` is the range of the hole's length, (0, 0) for none. `beacon_extra_s` is
    how much slower the beacons' way from the first to the second is than the way back
    (negative: faster); the faster way takes `beacon_base_s`.
    """

    duration_s: float = 180.0
    delays_s: tuple[float, float] = (0.12, 0.12)
    drift_ppm: float = 100.0
    offset_s: tuple[float, float] = (0.0, 30.0)
    hole_s: tuple[float, float] = (0.06, 0.30)
    n_steps: int = 2
    wander_s: float = 0.008
    loss: float = 0.01
    bleed_db: float = -26.0
    noise_db: float = -62.0
    beacon_base_s: float = 0.02
    beacon_extra_s: float = 0.0
    beacon_jitter_s: float = 0.006
    recordings: Sequence[Wave] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Side:
    """One end: its recording, what it heard, and its clocks, all zero at its start.

    `card` maps true time to the sound card's clock, as if no sample had been lost;
    `computer` maps it to the clock that stamps anchors and beacons. `hole_at_s` is on
    the recording's own time, None for none.
    """

    microphone: Pcm
    heard: Pcm
    card: ClockMap
    computer: ClockMap
    hole_at_s: float | None
    hole_s: float

    def recording(self) -> ClockMap:
        """Return the map from true time to the recording's own time."""
        if self.hole_at_s is None:
            return self.card
        at, length = self.hole_at_s, self.hole_s
        return ClockMap(((0.0, 0.0), (at, at), (at + length, at), (at + length + 1, at + 1))).after(
            self.card
        )

    def track_clock(self) -> ClockMap:
        """Return the map from the recording's own time to the computer's clock."""
        return self.computer.after(self.recording().inverse())

    def anchors(self, seed: int) -> tuple[Anchor, ...]:
        """Return a stamp each second, up to 2 ms late, and one in fifty up to 40 ms."""
        rng = np.random.default_rng([seed, 3])
        samples = np.arange(0, len(self.microphone), RATE_HZ)
        late_s = rng.uniform(0, 0.002, len(samples))
        late_s += np.where(rng.random(len(samples)) < 0.02, rng.uniform(0, 0.04, len(samples)), 0)
        stamps = self.track_clock()(samples / RATE_HZ) + late_s
        return tuple(
            Anchor(int(sample), round(1e6 * stamp))
            for sample, stamp in zip(samples, stamps, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """A simulated call, with its truth."""

    first: Side
    second: Side
    phrases: tuple[Phrase, ...]
    beacons: tuple[Beacon, ...]
    true_delays_s: tuple[NDArray[np.float64], NDArray[np.float64]]

    def truth(self) -> ClockMap:
        """Return the true map from the first recording's time to the second's."""
        return self.second.recording().after(self.first.recording().inverse())

    def computers_truth(self) -> ClockMap:
        """Return the true map from the first computer's clock to the second's."""
        return self.second.computer.after(self.first.computer.inverse())


def simulate(scene: Scene, seed: int) -> Conversation:
    """Return the conversation of this scene and seed; the same every time."""
    rng = np.random.default_rng([seed, 1])
    lead_s = scene.offset_s[1] + 2.0
    dry_a, dry_b, phrases = voices(scene.duration_s + 2 * lead_s, seed, scene.recordings)
    starts = (float(rng.uniform(0.5, 1.5)), float(rng.uniform(0.5, 1.5)))
    starts = (starts[0], starts[1] + float(rng.uniform(*scene.offset_s)))
    clocks = [_clock(start, rng.uniform(-1, 1) * scene.drift_ppm) for start in starts]
    ours = np.random.default_rng([seed, 2])
    computers = [_clock(start, ours.uniform(-1, 1) * scene.drift_ppm) for start in starts]
    spans = [scene.duration_s + 1.0, scene.duration_s + float(rng.uniform(-5, 5))]
    captures = [
        _capture(dry, clock.inverse(), span, scene, rng)
        for dry, clock, span in zip((dry_a, dry_b), clocks, spans, strict=True)
    ]
    heard_b, delays_ab = _heard(captures[0], clocks[0], clocks[1], (scene, 0), rng, spans[1])
    heard_a, delays_ba = _heard(captures[1], clocks[1], clocks[0], (scene, 1), rng, spans[0])
    heard = (heard_a, heard_b)
    for capture, leak in zip(captures, heard, strict=True):
        _bleed(capture, leak, scene.bleed_db)
    holed = int(rng.integers(2)) if scene.hole_s[1] > 0 else -1
    sides = [
        _side(
            (captures[i], heard[i]),
            (clocks[i], computers[i]),
            scene.hole_s if i == holed else (0.0, 0.0),
            rng,
        )
        for i in range(2)
    ]
    return Conversation(
        first=sides[0],
        second=sides[1],
        phrases=tuple(phrases),
        beacons=tuple(beacon_exchanges(scene, computers[0], computers[1], rng)),
        true_delays_s=(delays_ab, delays_ba),
    )


def _clock(start_s: float, drift_ppm: float) -> ClockMap:
    rate = 1.0 + drift_ppm * 1e-6
    return ClockMap(((start_s, 0.0), (start_s + 1000.0, 1000.0 * rate)))


def _capture(
    dry: Pcm, to_true: ClockMap, span_s: float, scene: Scene, rng: np.random.Generator
) -> Pcm:
    """Sample the dry voice with a sound card that runs on its own clock, in a noisy room."""
    n_samples = int(span_s * RATE_HZ)
    out = np.empty(n_samples, dtype=np.int16)
    for start in range(0, n_samples, 1 << 20):
        stop = min(n_samples, start + (1 << 20))
        at = to_true(np.arange(start, stop) / RATE_HZ) * RATE_HZ
        noise = rng.normal(0, 32767 * 10 ** (scene.noise_db / 20), stop - start)
        out[start:stop] = _cubic(dry, at) + noise
    return out


def _cubic(samples: Pcm, at: NDArray[np.float64]) -> NDArray[np.float32]:
    """Interpolate with a Catmull-Rom spline; outside the samples the ends are held."""
    whole = np.floor(at).astype(np.int64)
    x = (at - whole).astype(np.float32)
    p0, p1, p2, p3 = (
        samples[np.clip(whole + k, 0, len(samples) - 1)].astype(np.float32) for k in (-1, 0, 1, 2)
    )
    slope = 2 * p0 - 5 * p1 + 4 * p2 - p3 + x * (3 * (p1 - p2) + p3 - p0)
    return np.asarray(p1 + 0.5 * x * (p2 - p0 + x * slope), dtype=np.float32)


def _heard(
    capture: Pcm,
    sender: ClockMap,
    listener: ClockMap,
    way: tuple[Scene, int],
    rng: np.random.Generator,
    span_s: float,
) -> tuple[Pcm, NDArray[np.float64]]:
    scene, direction = way
    path = Path(scene.delays_s[direction], scene.wander_s, n_steps=scene.n_steps, loss=scene.loss)
    n_frames = int(span_s / FRAME_S)
    positions, delays = played_positions(path, n_frames, listener.inverse(), sender.inverse(), rng)
    return play(capture, positions, scene.loss, rng), delays


def _bleed(capture: Pcm, heard: Pcm, bleed_db: float) -> None:
    """Let the loudspeaker leak into the microphone, over three short paths of the room."""
    for delay_s, gain_db in ((0.006, 0.0), (0.017, -6.0), (0.031, -10.0)):
        shift = int(delay_s * RATE_HZ)
        n = min(len(heard), len(capture) - shift)
        gain = 10 ** ((bleed_db + gain_db) / 20)
        for start in range(0, n, 1 << 20):
            stop = min(n, start + (1 << 20))
            capture[start + shift : stop + shift] += (heard[start:stop] * gain).astype(np.int16)


def _side(
    sounds: tuple[Pcm, Pcm],
    clocks: tuple[ClockMap, ClockMap],
    hole_s: tuple[float, float],
    rng: np.random.Generator,
) -> Side:
    capture, heard = sounds
    length = int(rng.uniform(*hole_s) * RATE_HZ)
    at = int(rng.uniform(0.15, 0.85) * len(capture))
    if not length:
        return Side(capture, heard, *clocks, None, 0.0)
    cut = slice(at, at + length)
    left = (np.delete(capture, cut), np.delete(heard, cut))
    return Side(*left, *clocks, at / RATE_HZ, length / RATE_HZ)


def beacon_exchanges(
    scene: Scene, first: ClockMap, second: ClockMap, rng: np.random.Generator
) -> list[Beacon]:
    """A burst of four exchanges every five seconds, asked by the second of the first."""
    beacons = []
    base, extra = scene.beacon_base_s, scene.beacon_extra_s
    there_s, back_s = base + max(0.0, -extra), base + max(0.0, extra)
    for burst_s in np.arange(35.0, scene.duration_s, 5.0):
        for k in range(4):
            sent_s = burst_s + 0.05 * k + float(rng.uniform(0, 0.02))
            came_s = sent_s + there_s + float(rng.exponential(scene.beacon_jitter_s))
            left_s = came_s + float(rng.uniform(1e-4, 2e-3))
            done_s = left_s + back_s + float(rng.exponential(scene.beacon_jitter_s))
            readings = (second(sent_s), first(came_s), first(left_s), second(done_s))
            beacons.append(Beacon("a", "a", *(round(1e6 * each) for each in readings)))
    return beacons
