"""What a sentence is worth to the film, feature by feature. See docs/cut.md for the table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from candid.engine.cut.lexicon import Lexicon, bare
from candid.engine.cut.passages import Beat, Sentence


@dataclass(frozen=True, slots=True)
class Features:
    """How much of each quality a sentence or beat has, every one from 0 to 1."""

    centrality: float = 0.0
    echo: float = 0.0
    own_voice: float = 0.0
    change: float = 0.0
    feeling: float = 0.0
    scene: float = 0.0
    silence: float = 0.0
    exchange: float = 0.0
    logistics: float = 0.0
    hesitation: float = 0.0
    unclear: float = 0.0
    over_silence: float = 0.0


WEIGHTS = Features(
    centrality=0.8,
    echo=0.4,
    own_voice=0.3,
    change=0.4,
    feeling=0.8,
    scene=0.5,
    silence=0.8,
    exchange=0.5,
    logistics=-1.2,
    hesitation=-0.6,
    unclear=-1.0,
    over_silence=-3.0,
)
"""What one full measure of each feature adds to the worth of a second, before contrast."""


CARRIED = ("centrality", "echo", "change", "feeling", "scene", "silence")

FEATURE_NAMES = tuple(each.name for each in fields(Features))
_CONTRAST = 2.0
_NEAR_S = 12.0
_STRETCH_S = 30.0


def worths(conversation: Sequence[Beat], features: Sequence[Features]) -> NDArray[np.float64]:
    """Return what a second of each beat is worth [shape=(n_beats,)]; the average is 1.

    The weighted sum of its features against the average of this talk: a cut can only
    choose among what was said.
    """
    sums = np.array(
        [
            sum(getattr(WEIGHTS, name) * getattr(each, name) for name in FEATURE_NAMES)
            for each in features
        ]
    )
    lengths_s = np.array([beat.interval.duration_s for beat in conversation])
    return np.asarray(1.0 + _CONTRAST * (sums - np.average(sums, weights=lengths_s + 1e-9)))


def beat_features(conversation: Sequence[Beat], lexicon: Lexicon) -> tuple[Features, ...]:
    """Return the features of every beat: those of its sentences, by their share of words.

    What `CARRIED` names is half the beat's own and half its neighbourhood's: a short
    sentence lives by what it stands in.
    """
    spoken = [sentence for beat in conversation for sentence in beat.sentences]
    rows = _sentence_rows(spoken, lexicon)
    shares = _shares(conversation)
    table = shares @ rows
    rooms_s = np.array([[beat.room_before_s, beat.room_after_s] for beat in conversation])
    table[:, FEATURE_NAMES.index("silence")] = np.clip((rooms_s.max(axis=1) - 0.7) / 1.8, 0, 1)
    table[:, FEATURE_NAMES.index("exchange")] = _exchange(conversation)
    for name in CARRIED:
        column = table[:, FEATURE_NAMES.index(name)]
        column[:] = (column + _neighbourhood(conversation, column)) / 2
    return tuple(Features(*map(float, row)) for row in table)


def _sentence_rows(spoken: Sequence[Sentence], lexicon: Lexicon) -> NDArray[np.float64]:
    """Return the features of every sentence [shape=(n_sentences, n_features)]."""
    central, echoes = centrality(spoken, lexicon), echo(spoken, lexicon)
    rows = [
        _sentence_features(sentence, float(central[at]), float(echoes[at]), lexicon)
        for at, sentence in enumerate(spoken)
    ]
    return np.array(
        [[getattr(row, name) for name in FEATURE_NAMES] for row in rows], dtype=np.float64
    )


def _shares(conversation: Sequence[Beat]) -> NDArray[np.float64]:
    """Return each sentence's share of the words of its beat [shape=(n_beats, n_sentences)]."""
    n_sentences = sum(len(beat.sentences) for beat in conversation)
    shares = np.zeros((len(conversation), n_sentences))
    at = 0
    for row, beat in enumerate(conversation):
        for sentence in beat.sentences:
            shares[row, at] = len(sentence.words) / len(beat.words)
            at += 1
    return shares


def _exchange(conversation: Sequence[Beat]) -> NDArray[np.float64]:
    """Return how equally people share the words around each beat [shape=(n_beats,)], 0 to 1."""
    people = sorted({each.participant_id for beat in conversation for each in beat.sentences})
    counts = np.array(
        [[sum(w.participant_id == p for w in beat.words) for p in people] for beat in conversation],
        dtype=np.float64,
    )
    near = np.stack([_neighbourhood(conversation, column) for column in counts.T], axis=1)
    most, whole = near.max(axis=1), near.sum(axis=1)
    return np.asarray(np.minimum(1.0, 2 * (1 - most / whole)))


def _neighbourhood(
    conversation: Sequence[Beat], column: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the average of a feature over the beats within `_NEAR_S`, by their length."""
    starts_s = np.array([beat.interval.start_s for beat in conversation])
    ends_s = np.array([beat.interval.end_s for beat in conversation])
    sums = np.concatenate([[0.0], np.cumsum(column * (ends_s - starts_s))])
    lengths_s = np.concatenate([[0.0], np.cumsum(ends_s - starts_s)])
    first = np.searchsorted(ends_s, starts_s - _NEAR_S)
    after = np.searchsorted(starts_s, ends_s + _NEAR_S)
    return np.asarray((sums[after] - sums[first]) / (lengths_s[after] - lengths_s[first]))


def _sentence_features(
    sentence: Sentence, central: float, echoed: float, lexicon: Lexicon
) -> Features:
    words = [bare(word.text) for word in sentence.words]
    n_words = len(words)
    return Features(
        centrality=central,
        echo=echoed,
        own_voice=min(1.0, 4 * _share(words, lexicon.self)),
        change=min(1.0, 6 * _share(words, lexicon.change)),
        feeling=min(1.0, 6 * _share(words, lexicon.feeling)),
        scene=min(1.0, 6 * _share(words, lexicon.speech)),
        logistics=min(1.0, 4 * _share(words, lexicon.logistics)),
        hesitation=min(1.0, 4 * hesitations(sentence, lexicon) / n_words),
        unclear=1.0 - sum(word.probability for word in sentence.words) / n_words,
        over_silence=sum("over_silence" in word.flags for word in sentence.words) / n_words,
    )


def _share(words: list[str], known: frozenset[str]) -> float:
    return sum(word in known for word in words) / len(words)


def hesitations(sentence: Sentence, lexicon: Lexicon) -> int:
    """Count fillers, words broken off, and words said twice in a row."""
    words = [bare(word.text) for word in sentence.words]
    fillers = sum(word in lexicon.fillers for word in words)
    broken = sum(word.text.rstrip().endswith(("-", "–", "—")) for word in sentence.words)
    doubled = sum(first == second for first, second in pairwise(words))
    return fillers + broken + doubled


def topics(sentence: Sentence, lexicon: Lexicon) -> list[str]:
    """Return the words of a sentence that carry a topic, in their stems."""
    words = (bare(word.text) for word in sentence.words)
    return [
        stem(word)
        for word in words
        if word and word not in lexicon.common and word not in lexicon.fillers
    ]


def stem(word: str) -> str:
    """Return a word without the commonest endings: enough to see that two are related."""
    for ending in ("'s", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def centrality(spoken: Sequence[Sentence], lexicon: Lexicon) -> NDArray[np.float64]:
    """Return how much each sentence touches the themes of the talk [shape=(n,)], 0 to 1.

    A sentence has the summed weights of its themes over the root of its number of words;
    the tenth that has most counts fully.
    """
    weights = themes(spoken, lexicon)
    touched = np.array(
        [
            sum(weights[word] for word in set(topics(sentence, lexicon)))
            / math.sqrt(len(sentence.words))
            for sentence in spoken
        ]
    )
    most = float(np.quantile(touched, 0.9)) if len(touched) else 0.0
    return np.asarray(np.clip(touched / most, 0, 1) if most > 0 else np.zeros(len(touched)))


def themes(spoken: Sequence[Sentence], lexicon: Lexicon) -> dict[str, float]:
    """Return the weight of every stem: how much it is a theme of this talk, >= 0.

    After tf-idf (Spaerck Jones, 1972), with stretches of `_STRETCH_S` as the documents: a
    theme comes back in several of them, `n`, though not in all, `N`, and in more than one
    voice, `v`: `(n - 1) v log(1 + N / n)`. What is said in one stretch alone is an
    anecdote and weighs nothing.
    """
    heard_in: dict[str, set[int]] = {}
    voices: dict[str, set[str]] = {}
    for sentence in spoken:
        for word in topics(sentence, lexicon):
            stretch = int(sentence.interval.middle_s // _STRETCH_S)
            heard_in.setdefault(word, set()).add(stretch)
            voices.setdefault(word, set()).add(sentence.participant_id)
    n_all = len({stretch for stretches in heard_in.values() for stretch in stretches})
    return {
        word: (len(stretches) - 1) * len(voices[word]) * math.log1p(n_all / len(stretches))
        for word, stretches in heard_in.items()
    }


def echo(spoken: Sequence[Sentence], lexicon: Lexicon) -> NDArray[np.float64]:
    """Return how much of each sentence comes back elsewhere [shape=(n,)], 0 to 1.

    People repeat what struck them: see `phrases_of`. Half a sentence of phrases that are
    said elsewhere, too, counts fully.
    """
    phrases = [phrases_of(sentence, lexicon) for sentence in spoken]
    said_in = Counter(phrase for each in phrases for phrase in set(each))
    return np.asarray(
        [
            min(1.0, 2 * sum(said_in[phrase] > 1 for phrase in each) / len(each)) if each else 0.0
            for each in phrases
        ]
    )


def phrases_of(sentence: Sentence, lexicon: Lexicon) -> list[tuple[str, ...]]:
    """Return every three words in a row of which one carries a topic, and every four."""
    words = [bare(word.text) for word in sentence.words]
    threes: list[tuple[str, ...]] = list(zip(words, words[1:], words[2:], strict=False))
    fours = zip(words, words[1:], words[2:], words[3:], strict=False)
    telling = [three for three in threes if any(word not in lexicon.common for word in three)]
    return [*telling, *fours]
