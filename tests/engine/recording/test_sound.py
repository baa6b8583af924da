"""The clock of a sound track: drift, stalls, and time that must not be heard."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from candid.engine.errors import MissingTrackError
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.recording.take import Anchor, Gap, GapReason, TrackKind
from candid.engine.recording.track import SoundTrack
from candid.engine.recording.writer import TakeIdentity, TakeWriter
from candid.engine.timebase import Interval
from tests.engine.recording.material import (
    RATE_HZ,
    STARTED_US,
    Given,
    Samples,
    noise,
    stalled_anchors,
)


def written(
    folder: Path, sound: Samples, anchors: Sequence[Anchor], gaps: Sequence[Gap] = ()
) -> SoundTrack:
    writer = TakeWriter(folder, TakeIdentity("call", "ada", "ada-1", STARTED_US))
    writer.add_sound("microphone", [sound], anchors=anchors)
    writer.finish(gaps=gaps)
    return assemble_sound(open_source(folder), "microphone", folder / "sound.pcm")


def smooth_sound(seconds: float) -> Samples:
    """Return sound in which a cut can be heard: vowels with some room noise."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = 2 * np.pi * np.cumsum(140 + 20 * np.sin(at_s)) / RATE_HZ
    voice = sum(np.sin(pitch * harmonic) / harmonic for harmonic in range(1, 12))
    hiss = np.random.default_rng(2).standard_normal(len(at_s)) * 0.002
    return np.asarray((voice * 0.2 + hiss) * 16_000, dtype=np.int16)


def cut_out(sound: Samples, at_s: float, length_s: float) -> Samples:
    at = round(at_s * RATE_HZ)
    return np.concatenate([sound[:at], sound[at + round(length_s * RATE_HZ) :]])


@pytest.mark.parametrize("drift_ppm", [-100.0, 37.0, 100.0])
def test_drift_is_found_to_a_tenth_of_a_millisecond(tmp_path: Path, drift_ppm: float) -> None:
    sound = noise(60)
    anchors = stalled_anchors(len(sound), drift_ppm=drift_ppm, late=(7, 8, 30))

    track = written(tmp_path / "take", sound, anchors)

    at_s = np.linspace(0, 60, 200)
    np.testing.assert_allclose(track.clock(at_s), at_s * (1 + drift_ppm * 1e-6), atol=2.5e-4)
    assert track.gaps == ()
    assert track.n_samples == len(sound)


@pytest.mark.parametrize("length_s", [0.02, 0.06, 0.3, 2.5])
def test_a_stall_is_silence_of_its_length_where_the_wave_was_cut(
    tmp_path: Path, length_s: float
) -> None:
    whole = smooth_sound(22)
    sound = cut_out(whole, 9.37, length_s)
    anchors = stalled_anchors(len(sound), holes=[(9.37, length_s)], late=(4, 10))

    track = written(tmp_path / "take", sound, anchors)

    (gap,) = track.gaps
    assert (gap.reason, gap.kind) == ("stalled", "microphone")
    assert gap.interval.duration_s == pytest.approx(length_s, abs=1.5e-3)
    assert gap.interval.start_s == pytest.approx(9.37, abs=2e-3)
    start = round(track.clock.inverse()(gap.interval.start_s + 1e-3) * RATE_HZ)
    assert not track.read(start, round((length_s - 2e-3) * RATE_HZ)).any()
    assert track.clock(20.0) == pytest.approx(20.0, abs=1.5e-3)
    after = track.read(round(15 * RATE_HZ), RATE_HZ)
    shifts = range(-80, 81)
    match = [
        float(np.dot(after, whole[15 * RATE_HZ + by : 16 * RATE_HZ + by] / 32768)) for by in shifts
    ]
    assert abs(shifts[int(np.argmax(match))]) <= 1.5e-3 * RATE_HZ


def test_several_stalls_are_each_found(tmp_path: Path) -> None:
    sound = noise(60)
    holes = [(10.5, 0.1), (25.2, 0.06), (41.7, 0.25)]

    track = written(tmp_path / "take", sound, stalled_anchors(len(sound), holes=holes))

    lengths = [gap.interval.duration_s for gap in track.gaps]
    np.testing.assert_allclose(lengths, [0.1, 0.06, 0.25], atol=1.5e-3)
    before_s = 0.0
    for gap, (at_s, length_s) in zip(track.gaps, holes, strict=True):
        assert gap.interval.start_s == pytest.approx(at_s + before_s, abs=1.0)
        before_s += length_s
    assert track.n_samples == pytest.approx(len(sound) + 0.41 * RATE_HZ, abs=2e-3 * RATE_HZ)


def test_anchors_read_late_are_no_stall(tmp_path: Path) -> None:
    sound = noise(30)
    track = written(tmp_path / "take", sound, stalled_anchors(len(sound), late=(0, 3, 11, 12, 29)))
    assert track.gaps == ()
    assert track.n_samples == len(sound)


def test_a_stall_that_the_manifest_tells_is_put_where_it_says_and_told_once(
    tmp_path: Path,
) -> None:
    sound = noise(20)
    told = Gap("stalled", Interval(8.25, 8.55))
    anchors = stalled_anchors(len(sound), holes=[(8.25, 0.3)])

    track = written(tmp_path / "take", sound, anchors, [told])

    assert track.gaps == (told,)
    assert not track.read(round(8.26 * RATE_HZ), round(0.28 * RATE_HZ)).any()


def test_a_pause_taken_out_of_the_file_is_put_back_as_the_pause_it_was(tmp_path: Path) -> None:
    sound = noise(20)
    pause = Gap("paused", Interval(6.4, 11.9))
    anchors = stalled_anchors(len(sound), holes=[(6.4, 5.5)])

    track = written(tmp_path / "take", sound, anchors, [pause])

    assert track.gaps == (pause,)
    assert track.duration_s == pytest.approx(25.5, abs=2e-3)
    np.testing.assert_array_equal(track.read(0, 300_000), sound[:300_000] / 32768)
    assert not track.read(round(6.41 * RATE_HZ), round(5.48 * RATE_HZ)).any()


def test_a_hole_where_a_fragment_is_missing_lies_in_the_missing_time(tmp_path: Path) -> None:
    sound = noise(20)
    folder = tmp_path / "take"
    written(folder, sound, stalled_anchors(len(sound), holes=[(8.5, 0.2)]))
    (folder / "microphone" / "000008.m4s").unlink()

    track = assemble_sound(open_source(folder), "microphone", folder / "sound.pcm")

    missing, stalled = sorted(track.gaps, key=lambda gap: gap.reason)
    assert stalled.interval.duration_s == pytest.approx(0.2, abs=1.5e-3)
    assert missing.interval.start_s - 0.01 <= stalled.interval.start_s <= missing.interval.end_s


@pytest.mark.parametrize("reason", ["struck", "paused", "muted"])
@pytest.mark.parametrize("kind", [None, "microphone"])
def test_private_time_is_silence_to_the_sample(
    tmp_path: Path, reason: GapReason, kind: TrackKind | None
) -> None:
    sound = noise(4)
    gap = Gap(reason, Interval(1.5, 2.25), kind)
    folder = tmp_path / "take"

    track = written(folder, sound, stalled_anchors(len(sound), jitter_s=0), [gap])

    silent = track.read(0, track.n_samples) == 0
    first, last = round(1.5 * RATE_HZ), round(2.25 * RATE_HZ)
    assert silent[first:last].all()
    assert not silent[: first - 2].any()
    assert not silent[last + 2 :].any()
    assert track.gaps == (gap,)
    struck = sound[first : last + 1].tobytes()[:64]
    for path in folder.glob("*.pcm*"):
        assert struck not in path.read_bytes()


def test_time_struck_on_another_track_is_kept_here(tmp_path: Path) -> None:
    sound = noise(3)
    track = written(
        tmp_path / "take",
        sound,
        stalled_anchors(len(sound)),
        [Gap("struck", Interval(1, 2), "heard")],
    )
    assert track.read(0, len(sound)).all()
    assert track.gaps == ()


def test_near_a_stall_struck_time_takes_the_whole_uncertain_second_with_it(tmp_path: Path) -> None:
    sound = noise(20)
    anchors = stalled_anchors(len(sound), holes=[(8.5, 0.3)], jitter_s=0)
    struck = Gap("struck", Interval(8.9, 12.0))

    track = written(tmp_path / "take", sound, anchors, [struck])

    back = track.clock.inverse()
    first, last = round(back(8.05) * RATE_HZ), round(back(11.99) * RATE_HZ)
    assert not track.read(first, last - first).any()
    assert track.read(round(7.5 * RATE_HZ), 1000).all()


def test_samples_too_many_make_the_clock_stand_still(tmp_path: Path) -> None:
    sound = noise(20)
    anchors = stalled_anchors(len(sound), holes=[(10.5, -0.2)])

    track = written(tmp_path / "take", sound, anchors)

    assert track.clock(5.0) == pytest.approx(5.0, abs=1e-3)
    assert track.clock(15.0) == pytest.approx(14.8, abs=1.5e-3)
    assert (np.diff(np.array(track.clock.knots)[:, 1]) >= 0).all()
    assert [(flaw.kind, flaw.duration_s) for flaw in track.flaws] == [("duplicate", 0.0)]


def test_a_track_without_anchors_starts_at_its_origin(tmp_path: Path) -> None:
    writer = TakeWriter(tmp_path / "take", TakeIdentity("call", "ada", "ada-1", STARTED_US))
    writer.add_sound("microphone", [noise(2)], anchors=(), origin_us=STARTED_US + 250_000)
    writer.finish()

    source = open_source(tmp_path / "take")
    track = assemble_sound(source, "microphone", tmp_path / "sound.pcm")

    assert track.clock(1.0) == pytest.approx(1.25, abs=1e-9)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_another_rate_keeps_length_and_clock(given: Given, tmp_path: Path, rate_hz: int) -> None:
    source = open_source(given.folder)
    track = assemble_sound(source, "microphone", tmp_path / "sound.pcm", rate_hz)

    assert track.rate_hz == rate_hz
    assert track.duration_s == pytest.approx(4.0, abs=2 / rate_hz)
    assert track.clock(3.0) == pytest.approx(3.0, abs=1e-6)


def test_a_rate_conversion_moves_no_sample_around_a_hole(given: Given, folder: Path) -> None:
    (folder / "microphone" / "000004.m4s").unlink()
    source = open_source(folder)
    track = assemble_sound(source, "microphone", folder / "sound.pcm", 16_000)
    whole = assemble_sound(open_source(given.folder), "microphone", folder / "w.pcm", 16_000)

    (gap,) = track.gaps
    after = round(gap.interval.end_s * 16_000) + 50
    count = whole.n_samples - after
    np.testing.assert_allclose(track.read(after, count), whole.read(after, count), atol=1e-4)


def test_a_take_without_that_track_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "take"
    written(folder, noise(1), ())
    with pytest.raises(MissingTrackError, match="has no heard track"):
        assemble_sound(open_source(folder), "heard", folder / "heard.pcm")
