import itertools
from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.timebase import Interval
from candid.engine.transcript.activity import measure_envelope
from candid.engine.transcript.edges import onset_strength, snap_edges
from candid.engine.transcript.windows import HeardWord
from tests.engine.transcript.material import bursts, noise

LOUD = ((1.0, 1.4), (1.8, 2.1), (2.5, 3.2), (3.5, 3.9))


def heard(spans: Iterable[tuple[float, float]], text: str = "word") -> list[HeardWord]:
    return [HeardWord(f"{text}{at}", Interval(*span), 0.8) for at, span in enumerate(spans)]


def test_word_edges_move_to_where_the_sound_begins_and_ends() -> None:
    samples = bursts(5.0, LOUD)
    early = [(a - 0.11, b - 0.08) for a, b in LOUD]
    found = snap_edges(heard(early), samples, measure_envelope(samples))
    for word, (start_s, end_s) in zip(found, LOUD, strict=True):
        assert abs(word.interval.start_s - start_s) <= 0.011
        assert abs(word.interval.end_s - end_s) <= 0.031
        assert not word.is_over_silence


def test_a_models_own_lag_is_taken_off_where_the_sound_says_nothing() -> None:
    samples = noise(5.0, -20.0)
    words = heard([(1.0, 1.5), (1.5, 2.0)])
    plain = snap_edges(words, samples, measure_envelope(samples))
    moved = snap_edges(words, samples, measure_envelope(samples), lag_s=0.5)
    assert all(
        0.3 < b.interval.start_s - a.interval.start_s < 0.7
        for a, b in zip(plain, moved, strict=True)
    )


def test_an_edge_does_not_wander_to_a_far_sound() -> None:
    samples = bursts(5.0, [(1.0, 1.4), (3.0, 3.4)])
    (word,) = snap_edges(heard([(2.0, 2.2)]), samples, measure_envelope(samples))
    assert abs(word.interval.start_s - 2.0) <= 0.13
    assert word.is_over_silence


def test_words_the_recogniser_puts_on_one_spot_get_times_of_their_own() -> None:
    samples = bursts(2.0, [(0.5, 1.9)])
    found = snap_edges(heard([(1.9, 1.9)] * 6), samples, measure_envelope(samples))
    starts = [word.interval.start_s for word in found]
    assert min(np.diff(starts)) >= 0.029
    assert starts[-1] < 2.0


def test_the_strongest_onset_is_where_a_sound_sets_in() -> None:
    strength = onset_strength(bursts(3.0, [(1.0, 1.5)]))
    assert len(strength) == 300
    assert abs(int(np.argmax(strength)) * 0.01 - 1.0) <= 0.02


def test_silence_and_no_words_are_no_trouble() -> None:
    silence = np.zeros(16000, np.float32)
    assert snap_edges([], silence, measure_envelope(silence)) == ()
    (word,) = snap_edges(heard([(0.2, 0.4)]), silence, measure_envelope(silence))
    assert word.is_over_silence


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(st.floats(0, 4.9), st.floats(0, 2.0)), max_size=25),
    lag_s=st.floats(-0.1, 0.1),
)
def test_words_keep_their_order_and_never_overlap(
    spans: list[tuple[float, float]], lag_s: float
) -> None:
    samples = bursts(5.0, LOUD)
    words = sorted(heard([(a, min(5.0, a + d)) for a, d in spans]), key=lambda w: w.interval)
    found = snap_edges(words, samples, measure_envelope(samples), lag_s)
    assert [word.text for word in found] == [word.text for word in words]
    for one, two in itertools.pairwise(found):
        assert one.interval.start_s < two.interval.start_s
        assert one.interval.end_s <= two.interval.start_s + 1e-9
    assert all(0 <= w.interval.start_s <= w.interval.end_s <= 5.3 for w in found)
