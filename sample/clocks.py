"""The two recorders: when they start, how their clocks run, what goes wrong with them.

Three clocks a person: true time (the script's, seconds), the recorder clock
(`monotonic_us`) and the sound card's sample count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candid.engine.recording.take import Anchor, Beacon
from sample.sound import RATE_HZ, Path, Room

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CameraHabit:
    """How regularly a camera gives pictures: rate, jitter (1 sigma) and share of lost ones."""

    rate_hz: float
    jitter_s: float
    lost: float


@dataclass(frozen=True, slots=True)
class Recorder:
    """One person's device.

    `drift_ppm` is the recorder clock against true time; `card_ppm` the sound card
    against the recorder clock: positive runs fast. `stall` is (true time, length) of a
    capture stall, whose samples were never there; `lost_at_s` the true time in the
    microphone fragment that never arrived.
    """

    name: str
    shown_name: str
    start_s: float
    extra_s: float
    epoch_us: int
    drift_ppm: float
    card_ppm: float
    sound_late_s: float
    heard_late_s: float
    camera_late_s: float
    camera: CameraHabit
    room: Room
    path_in: Path
    beacon_way_s: float
    stall: tuple[float, float] | None
    lost_at_s: float | None
    seed: int

    def monotonic_us(self, true_s: float | Times) -> NDArray[np.int64]:
        """Return what the recorder clock reads at a true time."""
        rate = 1 + self.drift_ppm * 1e-6
        read = self.epoch_us + (np.asarray(true_s) - self.start_s) * rate * 1e6
        return np.asarray(np.round(read), np.int64)

    def take_s(self, true_s: float) -> float:
        """Return seconds of the recorder clock since the take's start."""
        return (true_s - self.start_s) * (1 + self.drift_ppm * 1e-6)

    def card_rate_hz(self) -> float:
        """Return samples a true second."""
        return RATE_HZ * (1 + self.drift_ppm * 1e-6) * (1 + self.card_ppm * 1e-6)

    def holes(self) -> tuple[tuple[float, float], ...]:
        """Return the stall, or nothing."""
        return () if self.stall is None else (self.stall,)


@dataclass(frozen=True, slots=True)
class SoundClock:
    """Which true time each sample of a sound track was captured at."""

    first_s: float
    rate_hz: float
    holes: tuple[tuple[float, float], ...]

    def true_s(self, sample: Times) -> Times:
        """Return the true time of sample numbers."""
        time_s = self.first_s + np.asarray(sample, float) / self.rate_hz
        for at_s, length_s in self.holes:
            time_s = np.where(time_s >= at_s, time_s + length_s, time_s)
        return time_s

    def n_samples(self, end_s: float) -> int:
        """Return how many samples there are before a true time."""
        lost_s = sum(length for at, length in self.holes if at + length <= end_s)
        return int((end_s - self.first_s - lost_s) * self.rate_hz)

    def knots(self, end_s: float) -> list[list[float]]:
        """Return (track_s, true_s) knots; a hole is two with the same track_s."""
        knots = [[0.0, self.first_s]]
        for at_s, length_s in self.holes:
            track_s = (at_s - self.first_s) * self.rate_hz / RATE_HZ
            knots += [[track_s, at_s], [track_s, at_s + length_s]]
        n = self.n_samples(end_s)
        last = float(self.true_s(np.array([float(n)]))[0])
        return [*knots, [n / RATE_HZ, last]]


def sound_clock(recorder: Recorder, late_s: float) -> SoundClock:
    """Return the clock of a sound track that starts `late_s` after the take."""
    return SoundClock(recorder.start_s + late_s, recorder.card_rate_hz(), recorder.holes())


def anchors(recorder: Recorder, clock: SoundClock, n_samples: int, seed: int) -> list[Anchor]:
    """Return an anchor a second, each read within a quarter of a millisecond (1 sigma)."""
    rng = np.random.default_rng((recorder.seed, seed))
    samples = np.arange(0, n_samples, RATE_HZ)
    read_us = recorder.monotonic_us(clock.true_s(samples.astype(float)))
    read_us = read_us + np.round(rng.normal(0, 250, len(samples))).astype(np.int64)
    return [Anchor(int(s), int(t)) for s, t in zip(samples, read_us, strict=True)]


def capture_times(recorder: Recorder, end_s: float) -> Times:
    """Return the true times of the camera's pictures, rising, at a variable rate."""
    habit = recorder.camera
    rng = np.random.default_rng((recorder.seed, 3))
    first_s = recorder.start_s + recorder.camera_late_s
    n = int((end_s - first_s) * habit.rate_hz)
    late_s = np.clip(rng.normal(0, habit.jitter_s, n), -0.4 / habit.rate_hz, 0.4 / habit.rate_hz)
    times = first_s + np.arange(n) / habit.rate_hz + late_s
    kept = rng.random(n) >= habit.lost
    kept[0] = True
    return np.asarray(times[kept])


def beacons(me: Recorder, peer: Recorder, start_s: float, end_s: float) -> list[Beacon]:
    """Return bursts of five exchanges every five seconds, while both record.

    Each way takes its shortest time plus a delay of exponential distribution.
    """
    rng = np.random.default_rng((me.seed, 5))
    found = []
    for burst_s in np.arange(start_s + 0.7, end_s - 1.0, 5.0):
        for k in range(5):
            sent_s = float(burst_s) + 0.06 * k + float(rng.uniform(0, 0.004))
            there_s = sent_s + me.beacon_way_s + float(rng.exponential(0.006))
            answer_s = there_s + float(rng.uniform(0.0001, 0.0008))
            back_s = answer_s + peer.beacon_way_s + float(rng.exponential(0.006))
            t1, t4 = (int(me.monotonic_us(t)) for t in (sent_s, back_s))
            t2, t3 = (int(peer.monotonic_us(t)) for t in (there_s, answer_s))
            found.append(Beacon(f"take-{peer.name}", f"clock-{peer.name}", t1, t2, t3, t4))
    return found


def the_two(length_s: float) -> tuple[Recorder, Recorder]:
    """Return Rosa's and Daniel's recorders for a call of `length_s` seconds.

    In a short build the stall and the lost fragment move forward so that it has them.
    """
    stall_s = min(118.4, 0.4 * length_s)
    lost_s = min(222.0, 0.62 * length_s)
    rosa = Recorder(
        name="rosa",
        shown_name="Rosa",
        start_s=-6.2,
        extra_s=1.1,
        epoch_us=184_302_117_400,
        drift_ppm=38.0,
        card_ppm=11.0,
        sound_late_s=0.118,
        heard_late_s=0.131,
        camera_late_s=0.344,
        camera=CameraHabit(30.0, 0.0022, 0.012),
        room=Room(-21.0, -58.0, 700.0, 100.0, 0.22, -13.0, -29.0, 2600.0, 21),
        path_in=_path(0.140, [(64.0, 0.176), (149.0, 0.150), (262.0, 0.192)], length_s, 8),
        beacon_way_s=0.0312,
        stall=None,
        lost_at_s=lost_s,
        seed=101,
    )
    daniel = Recorder(
        name="daniel",
        shown_name="Daniel",
        start_s=-1.9,
        extra_s=3.4,
        epoch_us=7_215_903_200,
        drift_ppm=-27.0,
        card_ppm=-19.0,
        sound_late_s=0.207,
        heard_late_s=0.189,
        camera_late_s=0.512,
        camera=CameraHabit(24.6, 0.0048, 0.02),
        room=Room(-26.0, -56.0, 420.0, 50.0, 0.34, -11.0, -27.0, 2100.0, 42),
        path_in=_path(0.090, [(101.0, 0.118), (206.0, 0.096)], length_s, 6),
        beacon_way_s=0.0325,
        stall=(stall_s, 0.182),
        lost_at_s=None,
        seed=202,
    )
    return rosa, daniel


def _path(first_s: float, steps: list[tuple[float, float]], length_s: float, n_losses: int) -> Path:
    """Return a path whose delay starts at `first_s` and goes to each (true time, delay)."""
    knots, delay_s = [(-20.0, first_s)], first_s
    for at_s, next_s in steps:
        knots += [(at_s, delay_s), (at_s + 0.25, next_s)]
        delay_s = next_s
    knots.append((steps[-1][0] + 3600.0, delay_s))
    rng = np.random.default_rng(round(first_s * 1000))
    at = np.sort(rng.uniform(5.0, max(6.0, length_s - 5.0), n_losses))
    lengths = rng.choice([0.02, 0.04, 0.06], n_losses)
    return Path(tuple(knots), tuple(zip(at.tolist(), lengths.tolist(), strict=True)))
