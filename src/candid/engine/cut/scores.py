"""What a sentence is worth to the film, feature by feature. See docs/cut.md for the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from candid.engine.cut.lexicon import Lexicon, bare
from candid.engine.cut.passages import Beat, Sentence

_DAMPING = 0.85
_ITERATIONS = 60


@dataclass(frozen=True, slots=True)
class Features:
    """How much of each quality a sentence or beat has, every one from 0 to 1."""

    centrality: float = 0.0
    echo: float = 0.0
    own_voice: float = 0.0
    change: float = 0.0
    feeling: float = 0.0
    thought: float = 0.0
    logistics: float = 0.0
    hesitation: float = 0.0
    unclear: float = 0.0
    over_silence: float = 0.0


WEIGHTS = Features(
    centrality=0.8,
    echo=0.6,
    own_voice=0.3,
    change=0.3,
    feeling=0.5,
    thought=0.3,
    logistics=-1.2,
    hesitation=-0.6,
    unclear=-1.0,
    over_silence=-3.0,
)
"""What one full measure of each feature adds to the worth of a second (1 without any)."""


def worth(features: Features) -> float:
    """Return what a second with these features is worth; 1 is a second without any."""
    return 1.0 + float(
        sum(getattr(WEIGHTS, each.name) * getattr(features, each.name) for each in fields(Features))
    )


def beat_features(conversation: Sequence[Beat], lexicon: Lexicon) -> tuple[Features, ...]:
    """Return the features of every beat: those of its sentences, by their share of words."""
    spoken = [sentence for beat in conversation for sentence in beat.sentences]
    central, echoes = centrality(spoken, lexicon), echo(spoken, lexicon)
    found: list[Features] = []
    at = 0
    for beat in conversation:
        parts = [
            _sentence_features(sentence, float(central[at + n]), float(echoes[at + n]), lexicon)
            for n, sentence in enumerate(beat.sentences)
        ]
        at += len(parts)
        found.append(_averaged(parts, [len(each.words) for each in beat.sentences]))
    return tuple(_with_thought(each, beat) for each, beat in zip(found, conversation, strict=True))


def _averaged(parts: list[Features], n_words: list[int]) -> Features:
    shares = np.asarray(n_words) / max(1, sum(n_words))
    return Features(
        **{
            each.name: float(shares @ [getattr(part, each.name) for part in parts])
            for each in fields(Features)
        }
    )


def _with_thought(features: Features, beat: Beat) -> Features:
    """Add that somebody took time before speaking: 0 at half a second, 1 from two on."""
    values = {each.name: getattr(features, each.name) for each in fields(Features)}
    return Features(**{**values, "thought": float(np.clip((beat.room_before_s - 0.5) / 1.5, 0, 1))})


def _sentence_features(
    sentence: Sentence, central: float, echoed: float, lexicon: Lexicon
) -> Features:
    words = [bare(word.text) for word in sentence.words]
    n_words = len(words)
    return Features(
        centrality=central,
        echo=echoed,
        own_voice=min(1.0, 4 * _share(words, lexicon.self)),
        change=min(1.0, sum(word in lexicon.change for word in words) / 2),
        feeling=min(1.0, sum(word in lexicon.feeling for word in words) / 2),
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
    """Return how central each sentence is [shape=(n,)], 0 to 1, as its rank among all.

    TextRank: the stationary weights of a walk between sentences that share rare words
    (cosine of tf-idf), damping 0.85. Mihalcea and Tarau, 2004.
    """
    vectors = _tf_idf([topics(sentence, lexicon) for sentence in spoken])
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, 0.0)
    out = alike.sum(axis=1, keepdims=True)
    walk = np.divide(alike, out, out=np.zeros_like(alike), where=out > 0)
    weights = np.full(len(spoken), 1.0)
    for _ in range(_ITERATIONS):
        weights = (1 - _DAMPING) + _DAMPING * (walk.T @ weights)
    ranks = np.unique(np.round(weights, 9), return_inverse=True)[1]
    return np.asarray(ranks / max(1, ranks.max(initial=0)), dtype=float)


def _tf_idf(documents: list[list[str]]) -> NDArray[np.float64]:
    """Return unit vectors [shape=(n, vocabulary)] of the given lists of words."""
    column = {word: at for at, word in enumerate(sorted({w for each in documents for w in each}))}
    counts = np.zeros((len(documents), max(1, len(column))))
    for row, document in enumerate(documents):
        for word, count in Counter(document).items():
            counts[row, column[word]] = count
    rarity = np.log((1 + len(documents)) / (1 + (counts > 0).sum(axis=0))) + 1.0
    vectors = counts * rarity
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))


def echo(spoken: Sequence[Sentence], lexicon: Lexicon) -> NDArray[np.float64]:
    """Return how much of each sentence comes back elsewhere [shape=(n,)], 0 to 1.

    People repeat what struck them. A phrase is three words in a row of which one at
    least carries a topic; half a sentence of echoed phrases counts fully.
    """
    phrases = [_phrases(sentence, lexicon) for sentence in spoken]
    said_in = Counter(phrase for each in phrases for phrase in set(each))
    return np.asarray(
        [
            min(1.0, 2 * sum(said_in[phrase] > 1 for phrase in each) / len(each)) if each else 0.0
            for each in phrases
        ]
    )


def _phrases(sentence: Sentence, lexicon: Lexicon) -> list[tuple[str, ...]]:
    words = [bare(word.text) for word in sentence.words]
    triples = zip(words, words[1:], words[2:], strict=False)
    return [triple for triple in triples if any(word not in lexicon.common for word in triple)]
