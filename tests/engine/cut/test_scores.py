from dataclasses import replace

import numpy as np
import pytest

from candid.engine.cut.defaults import PassageOptions
from candid.engine.cut.lexicon import ENGLISH, Lexicon, bare, lexicon_for
from candid.engine.cut.passages import Beat, beats, sentences
from candid.engine.cut.scores import (
    FEATURE_NAMES,
    WEIGHTS,
    beat_features,
    hesitations,
    themes,
    worths,
)
from candid.engine.timebase import Interval
from candid.engine.transcript.words import Word
from tests.engine.cut.builders import invented, said

OPTIONS = PassageOptions()


def beats_of(words: tuple[Word, ...]) -> tuple[Beat, ...]:
    return beats(sentences(words, OPTIONS), Interval(0, 10_000), (), OPTIONS)


def test_every_feature_is_a_share() -> None:
    for seed in range(4):
        for each in beat_features(beats_of(invented(seed, length_s=60.0).words), ENGLISH):
            values = [getattr(each, name) for name in FEATURE_NAMES]
            assert all(0.0 <= value <= 1.0 for value in values)


def test_the_average_second_is_worth_one() -> None:
    found = beats_of(invented(3, length_s=90.0).words)
    values = worths(found, beat_features(found, ENGLISH))
    lengths_s = [beat.interval.duration_s for beat in found]
    assert np.average(values, weights=lengths_s) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("feature", "with_it", "without"),
    [
        ("own_voice", "I told my own people.", "They told some other people."),
        ("feeling", "That week was lonely and awful.", "That week was sunny and windy."),
        ("change", "Finally something changed there.", "Usually something stood there."),
        ("scene", "She said, how are you.", "She had two new chairs."),
        ("logistics", "The microphone is recording this.", "The neighbour is painting this."),
        ("hesitation", "I was I um I was going.", "I was only just going there."),
    ],
)
def test_a_feature_tells_sentences_apart(feature: str, with_it: str, without: str) -> None:
    # Far apart, so that neither lends the other anything.
    found = beats_of(said([("rosa", 0, with_it), ("rosa", 60.0, without)]))
    marked, plain = beat_features(found, ENGLISH)
    assert getattr(marked, feature) > getattr(plain, feature)


def test_doubtful_words_and_words_over_silence_are_marked() -> None:
    words = said([("rosa", 0, "One two three."), ("rosa", 60.0, "Four five six.")])
    first = tuple(
        replace(word, probability=0.4, flags=("over_silence",)) if at < 3 else word
        for at, word in enumerate(words)
    )
    doubted, clear = beat_features(beats_of(first), ENGLISH)
    assert doubted.unclear == pytest.approx(0.6)
    assert (doubted.over_silence, clear.over_silence) == (1.0, 0.0)
    assert WEIGHTS.over_silence < 0
    assert WEIGHTS.unclear < 0


def test_time_taken_counts_around_a_silence() -> None:
    words = said([("rosa", 0, "One two."), ("rosa", 3.0, "Three."), ("rosa", 40.0, "Four five.")])
    slow = beat_features(beats_of(words), ENGLISH)
    quick = beat_features(
        beats_of(said([("rosa", 0, "One two."), ("rosa", 0.3, "Three.")])), ENGLISH
    )
    assert slow[0].silence > quick[0].silence


def test_a_theme_comes_back_and_an_anecdote_does_not() -> None:
    lines = [
        ("rosa", 0.0, "The soup was a terrible soup with barley soup."),
        ("daniel", 40.0, "You asked me twice."),
        ("rosa", 40.0, "Nobody had asked before."),
        ("daniel", 40.0, "The barley was far away."),
    ]
    weights = themes(sentences(said(lines), OPTIONS), ENGLISH)
    assert weights["soup"] == 0
    assert weights["ask"] > weights["barley"] * 0.99 > 0


def test_what_is_said_again_elsewhere_is_an_echo() -> None:
    lines = [
        ("rosa", 0.0, "It is lighter with two."),
        ("daniel", 60.0, "The council painted that bridge."),
        ("rosa", 60.0, "It is lighter with two."),
    ]
    first, second, third = beat_features(beats_of(said(lines)), ENGLISH)
    assert first.echo == third.echo == 1.0
    assert second.echo == 0.0


def test_both_voices_make_an_exchange() -> None:
    alone = said([("rosa", 0.3, "One two three.")] * 6)
    both = said([(("rosa", "daniel")[at % 2], 0.3, "One two three.") for at in range(6)])
    assert beat_features(beats_of(alone), ENGLISH)[2].exchange == 0.0
    assert beat_features(beats_of(both), ENGLISH)[2].exchange == pytest.approx(1.0, abs=0.1)


def test_hesitations_are_fillers_breaks_and_words_said_twice() -> None:
    (sentence,) = sentences(said([("rosa", 0, "I was— I I um was going.")]), OPTIONS)
    assert hesitations(sentence, ENGLISH) == 3
    assert hesitations(sentence, Lexicon()) == 2


def test_words_are_compared_without_case_and_marks() -> None:
    assert [bare(word) for word in ("“Don’t”", "…and", "—", "ÄRGER!")] == [
        "don't",
        "and",
        "",
        "ärger",
    ]


def test_a_language_tag_finds_its_words_or_none() -> None:
    assert lexicon_for("en-GB") is ENGLISH
    assert lexicon_for("xx") == Lexicon()
