import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval
from candid.engine.transcript.activity import active_stretches, measure_envelope, measure_sound
from candid.engine.transcript.sound import ArraySound, Samples, read_speech
from candid.engine.transcript.transcription import (
    Chunk,
    Speaker,
    TranscriptionOptions,
    transcribe,
)
from candid.engine.transcript.windows import HeardWord, pack_windows
from tests.engine.transcript.material import ScriptedRecogniser, bursts

SPEAKER = Speaker("rosa", "take-1")
LOUD = tuple((t, t + 0.2 + 0.17 * (t % 3)) for t in np.arange(0.5, 58.0, 1.3))
SHORT = TranscriptionOptions(shortest_chunk_s=6.0, longest_chunk_s=10.0)


def heard(
    samples: Samples,
    recogniser: ScriptedRecogniser | None = None,
    *,
    foreign: Sequence[Interval] = (),
    start_s: float = 0.0,
) -> list[Chunk]:
    listener = recogniser or ScriptedRecogniser()
    sound = ArraySound(samples)
    return list(transcribe(sound, listener, SPEAKER, SHORT, foreign=foreign, start_s=start_s))


def test_chunks_follow_each_other_to_the_end_and_are_cut_in_silence() -> None:
    samples = bursts(60.003, LOUD)
    chunks = heard(samples)
    assert chunks[0].interval.start_s == 0
    assert chunks[-1].interval.end_s == len(samples) / 16000
    for one, two in itertools.pairwise(chunks):
        assert one.interval.end_s == two.interval.start_s
        assert 6.0 <= one.interval.duration_s <= 10.0
        assert not any(a - 0.02 < one.interval.end_s < b + 0.02 for a, b in LOUD)
    assert {chunk.language for chunk in chunks} == {"en"}


def test_words_lie_on_the_sound_and_have_ids_from_take_and_time() -> None:
    samples = bursts(30.0, [(12.0, 12.2), (22.5, 22.7)])
    words = [word for chunk in heard(samples) for word in chunk.words]
    assert [word.interval.start_s for word in words] == pytest.approx([12.0, 22.5], abs=0.011)
    assert [word.word_id for word in words] == [
        f"take-1-w{round(word.interval.start_s * 1000):08d}" for word in words
    ]
    assert {word.participant_id for word in words} == {"rosa"}


def test_taking_up_after_any_chunk_gives_the_same_as_going_through() -> None:
    samples = bursts(60.0, LOUD)
    whole = heard(samples)
    for done in range(len(whole)):
        rest = heard(samples, start_s=whole[done].interval.end_s)
        assert rest == whole[done + 1 :]


def test_more_of_a_take_never_changes_the_words_of_finished_chunks() -> None:
    samples = bursts(60.0, LOUD)
    whole, part = heard(samples), heard(samples[: 45 * 16000])
    assert len(part) > 3
    assert part[:-1] == whole[: len(part) - 1]


def test_running_again_gives_the_same_words() -> None:
    samples = bursts(30.0, LOUD[:20])
    assert heard(samples) == heard(samples)


def test_what_is_foreign_never_reaches_the_recogniser() -> None:
    samples = bursts(9.0, [(1.0, 2.0), (4.0, 6.0)])
    recogniser = ScriptedRecogniser()
    words = [w for c in heard(samples, recogniser, foreign=[Interval(3.9, 6.1)]) for w in c.words]
    assert words
    assert all(word.interval.end_s < 3.0 for word in words)
    assert sum(map(len, recogniser.windows)) < 1.1 * 16000


def test_silence_gives_chunks_without_words_or_language() -> None:
    chunks = heard(np.zeros(20 * 16000, np.float32))
    assert [(chunk.words, chunk.language) for chunk in chunks] == [((), None)] * len(chunks)
    assert heard(np.zeros(0, np.float32)) == []


def test_words_that_are_hardly_probable_are_flagged() -> None:
    class Doubtful(ScriptedRecogniser):
        def recognise(self, samples: Samples, language: str) -> tuple[HeardWord, ...]:
            return (HeardWord("mm", Interval(0.0, 0.2), 0.1),)

    samples = bursts(5.0, [(1.0, 1.2)])
    (word,) = (word for chunk in heard(samples, Doubtful()) for word in chunk.words)
    assert word.flags == ("unsure",)


def test_a_language_the_recogniser_does_not_know_is_refused_before_any_work() -> None:
    recogniser = ScriptedRecogniser()
    french = TranscriptionOptions(language="fr")
    with pytest.raises(BadInputError, match="'fr' is unknown"):
        list(transcribe(ArraySound(bursts(5.0, LOUD[:2])), recogniser, SPEAKER, french))
    assert recogniser.windows == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(0.05, 40.0)), max_size=30),
    st.floats(0.0, 1.0),
)
def test_a_word_comes_back_from_its_window_to_where_it_was(
    gaps: list[tuple[float, float]], share: float
) -> None:
    stretches, time_s = [], 0.0
    for gap_s, length_s in gaps:
        stretches.append(Interval(time_s + gap_s, time_s + gap_s + length_s))
        time_s = stretches[-1].end_s
    windows = pack_windows(stretches)
    assert all(window.duration_s <= 29.0 + 0.01 for window in windows)
    packed = sum(piece.source.duration_s for window in windows for piece in window.pieces)
    assert packed == pytest.approx(sum(each.duration_s for each in stretches))
    for window in windows:
        for piece in window.pieces:
            at_s = piece.at_s + share * piece.source.duration_s * 0.98 + 0.001
            placed = window.place(HeardWord("x", Interval(at_s, at_s), 1.0))
            expected_s = piece.source.start_s + at_s - piece.at_s
            assert placed.interval.start_s == pytest.approx(expected_s, abs=1e-6)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100, 48_000])
def test_sound_of_any_rate_is_read_at_16_khz_without_delay_or_seam(rate_hz: int) -> None:
    time_s = np.arange(4 * rate_hz) / rate_hz
    sound = ArraySound(np.sin(2 * np.pi * 440 * time_s).astype(np.float32), rate_hz)
    whole = read_speech(sound, 0.5, 3.5)
    parts = np.concatenate([read_speech(sound, 0.5, 1.25), read_speech(sound, 1.25, 3.5)])
    expected = np.sin(2 * np.pi * 440 * (0.5 + np.arange(len(whole)) / 16000))
    assert len(whole) == len(parts) == 48000
    assert np.abs(whole - expected).max() < 5e-3
    assert np.abs(parts - expected).max() < 5e-3


def test_a_track_measured_in_blocks_is_the_track_measured_at_once() -> None:
    samples = bursts(130.0, [(59.5, 60.5), (100.0, 101.0)])
    whole = measure_sound(ArraySound(samples))
    assert np.allclose(whole.level_db, measure_envelope(samples).level_db)
    found = active_stretches(whole)
    assert [(round(s.start_s, 2), round(s.end_s, 2)) for s in found] == [(59.5, 60.5), (100, 101)]
