import numpy as np
import pytest

from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.activity import Envelope, envelope_on, measure_envelope
from candid.engine.transcript.own_voice import foreign_stretches, mute
from candid.engine.transcript.sound import SPEECH_RATE_HZ, Samples
from tests.engine.transcript.material import bursts, noise

ROSA = ((1.0, 4.0), (9.0, 12.0))
DANIEL = ((5.0, 8.0), (11.0, 14.0))


def microphones(
    bleed_db: float, delay_s: float = 0.2, daniel_db: float = -20.0
) -> tuple[Envelope, Envelope]:
    """Both microphones, each with the other's voice in it, later and weaker."""
    rosa, daniel = bursts(16.0, ROSA, -20.0, 1), bursts(16.0, DANIEL, daniel_db, 2)
    in_rosa = rosa + _through_the_air(daniel, bleed_db, delay_s)
    in_daniel = daniel + _through_the_air(rosa, bleed_db, delay_s)
    return measure_envelope(in_rosa), measure_envelope(in_daniel)


def _through_the_air(voice: Samples, bleed_db: float, delay_s: float) -> Samples:
    late = round(delay_s * SPEECH_RATE_HZ)
    heard = np.concatenate([np.zeros(late), voice[:-late]]) * 10 ** (bleed_db / 20)
    return heard.astype(np.float32)


@pytest.mark.parametrize("bleed_db", [-32.0, -26.0, -22.0])
@pytest.mark.parametrize("daniel_db", [-32.0, -20.0, -10.0])
def test_the_other_voice_is_found_and_no_own_word_is_touched(
    bleed_db: float, daniel_db: float
) -> None:
    rosa, daniel = microphones(bleed_db, daniel_db=daniel_db)
    in_rosa, in_daniel = foreign_stretches(rosa, [daniel]), foreign_stretches(daniel, [rosa])
    assert not any(Interval(*own).overlap_s(found) > 0 for own in ROSA for found in in_rosa)
    assert not any(Interval(*own).overlap_s(found) > 0 for own in DANIEL for found in in_daniel)
    if bleed_db - 50 > daniel_db - 70 - 12:  # what is lost in the noise of the room needs no gate
        assert sum(Interval(5.3, 8.1).overlap_s(found) for found in in_rosa) > 2.6
    assert sum(Interval(1.3, 4.1).overlap_s(found) for found in in_daniel) > 2.6


def test_speech_at_the_same_time_is_nobody_elses() -> None:
    rosa, daniel = microphones(-28.0)
    both = Interval(11.0, 12.0)
    for found in (foreign_stretches(rosa, [daniel]), foreign_stretches(daniel, [rosa])):
        assert sum(both.overlap_s(each) for each in found) == 0


def test_somebody_who_never_speaks_has_no_voice_of_their_own_in_their_microphone() -> None:
    daniel = bursts(16.0, DANIEL, -20.0, 2)
    silent = measure_envelope(noise(16.0, -70.0, 3) + np.float32(0.04) * daniel)
    found = foreign_stretches(silent, [measure_envelope(daniel)])
    assert all(any(each.contains(t) for each in found) for t in (6.0, 7.5, 12.0, 13.9))


def test_alone_or_without_sound_nothing_is_foreign() -> None:
    rosa, _ = microphones(-28.0)
    assert foreign_stretches(rosa, []) == ()
    assert foreign_stretches(Envelope(np.zeros(0, np.float32)), [rosa]) == ()


def test_an_envelope_goes_to_the_call_clock_by_the_map_of_its_take() -> None:
    envelope = measure_envelope(bursts(10.0, [(2.0, 4.0)]))
    clock = ClockMap(((0.0, 5.0), (10.0, 15.001)))
    moved = envelope_on(envelope, clock, Interval(0.0, 20.0))
    loud = np.flatnonzero(moved.level_db > -40) * 0.01
    assert loud[0] == pytest.approx(7.0, abs=0.011)
    assert loud[-1] + 0.01 == pytest.approx(9.0, abs=0.011)
    assert (moved.level_db[:499] == -100).all()


def test_muting_leaves_everything_else_as_it_was() -> None:
    samples = noise(2.0, -20.0)
    before = samples.copy()
    mute(samples, [Interval(-1.0, 0.5), Interval(1.9, 3.0)], SPEECH_RATE_HZ)
    kept = slice(SPEECH_RATE_HZ // 2, round(1.9 * SPEECH_RATE_HZ))
    assert not samples[: kept.start].any()
    assert not samples[kept.stop :].any()
    assert (samples[kept] == before[kept]).all()
