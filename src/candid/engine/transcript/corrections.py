"""Corrections: a layer over the machine's words, and the words as they are to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from candid.engine.timebase import Interval
from candid.engine.transcript.matching import matched_pairs, token_key
from candid.engine.transcript.words import Correction, Transcript, Word


def apply_corrections(transcript: Transcript) -> tuple[Word, ...]:
    """Return the words as they are to be read, in order of their start.

    A corrected text takes the time of the words beneath it: a token that matches one of
    them takes its place, and others share the time between in proportion to their
    length. A token in the place of one word keeps its id; where there are more, the
    further ones get the id of the word before with `+1`, `+2` ... A corrected word has
    probability 1 and no flags. Raises ValueError where `check_corrections` does.
    """
    check_corrections(transcript)
    by_id = {word.word_id: word for word in transcript.words}
    corrected = {word_id for each in transcript.corrections for word_id in each.word_ids}
    read = [word for word in by_id.values() if word.word_id not in corrected]
    for correction in transcript.corrections:
        read.extend(_spread([by_id[word_id] for word_id in correction.word_ids], correction.text))
    return tuple(sorted(read, key=lambda word: (word.interval.start_s, word.word_id)))


def with_correction(transcript: Transcript, correction: Correction) -> Transcript:
    """Return the transcript with one more correction laid over it.

    It takes the place of earlier ones over words of its own. Raises ValueError where it
    would cover a part of an earlier one and not the rest, or fits no words.
    """
    own = set(correction.word_ids)
    kept = tuple(each for each in transcript.corrections if not own.issuperset(each.word_ids))
    found = replace(transcript, corrections=(*kept, correction))
    check_corrections(found)
    return found


def merge_corrections(transcript: Transcript, imported: tuple[Correction, ...]) -> Transcript:
    """Return the transcript with imported corrections beneath those that are there already.

    An imported one that shares a word with one already there gives way as a whole;
    `left_out` counts those that say something else. Raises ValueError where the imported
    ones do not fit the words or each other, as `check_corrections` does.
    """
    covered = {word_id for each in transcript.corrections for word_id in each.word_ids}
    free = tuple(each for each in imported if covered.isdisjoint(each.word_ids))
    n_lost = len(set(imported) - set(free) - set(transcript.corrections))
    lost = (f"imported corrections that gave way to earlier ones: {n_lost}",) if n_lost else ()
    found = replace(
        transcript,
        corrections=(*transcript.corrections, *free),
        left_out=(*transcript.left_out, *lost),
    )
    check_corrections(found)
    return found


def check_corrections(transcript: Transcript) -> None:
    """Raise ValueError unless each correction covers words that follow each other.

    They must be words of one participant, with none of theirs between, and no word may
    be covered twice. The message starts with the number of the correction, as in
    `corrections[3]`.
    """
    places = word_places(transcript.words)
    covered: set[str] = set()
    for number, correction in enumerate(transcript.corrections):
        where = f"corrections[{number}]"
        if not correction.word_ids:
            raise ValueError(f"{where} covers no word")
        for word_id in correction.word_ids:
            if word_id not in places:
                raise ValueError(f"{where} names the word {word_id!r}, which is not there")
            if word_id in covered:
                raise ValueError(f"{where} covers the word {word_id!r}, which another one covers")
            covered.add(word_id)
        found = [places[word_id] for word_id in correction.word_ids]
        who, first = found[0]
        if found != [(who, first + at) for at in range(len(found))]:
            raise ValueError(f"{where} covers words that do not follow each other")


def word_places(words: Sequence[Word]) -> dict[str, tuple[str, int]]:
    """Return for each word's id its participant and its number among that one's words.

    `words` are in order of their start, as `Transcript.words` are.
    """
    counts: dict[str, int] = {}
    places = {}
    for word in words:
        number = counts.get(word.participant_id, 0)
        places[word.word_id] = (word.participant_id, number)
        counts[word.participant_id] = number + 1
    return places


@dataclass(frozen=True, slots=True)
class _Match:
    """Machine words and the tokens that are to be read in their place."""

    words: tuple[Word, ...]
    tokens: tuple[str, ...]


def _spread(words: Sequence[Word], text: str) -> Iterator[Word]:
    tokens = text.split()
    for match in _matches(words, tokens):
        yield from _timed(match)


def _matches(words: Sequence[Word], tokens: Sequence[str]) -> list[_Match]:
    """Cut words and tokens into pieces at the tokens that are the words beneath."""
    keys = [token_key(word.text) for word in words], [token_key(token) for token in tokens]
    matches: list[_Match] = []
    at_word = at_token = 0
    for word, token in [*matched_pairs(*keys), (len(words), len(tokens))]:
        matches.append(_Match(tuple(words[at_word:word]), tuple(tokens[at_token:token])))
        matches.append(_Match(tuple(words[word : word + 1]), tuple(tokens[token : token + 1])))
        at_word, at_token = word + 1, token + 1
    return _with_words(matches)


def _with_words(matches: Sequence[_Match]) -> list[_Match]:
    """Join tokens that have no word beneath them to a neighbour that has."""
    joined: list[_Match] = []
    for match in matches:
        if not match.tokens:
            continue
        if joined and not (match.words and joined[-1].words):
            last = joined.pop()
            match = _Match(last.words + match.words, last.tokens + match.tokens)
        joined.append(match)
    return joined


def _timed(match: _Match) -> Iterator[Word]:
    """Share the time of a match's words among its tokens."""
    words, tokens = match.words, match.tokens
    if len(words) == len(tokens):
        spans = [word.interval for word in words]
    else:
        spans = _shares(Interval(words[0].interval.start_s, words[-1].interval.end_s), tokens)
    for at, (token, span) in enumerate(zip(tokens, spans, strict=True)):
        under = words[min(at, len(words) - 1)]
        extra = at - len(words) + 1
        word_id = under.word_id if extra <= 0 else f"{under.word_id}+{extra}"
        yield Word(word_id, under.participant_id, under.take_id, token, span)


def _shares(span: Interval, tokens: Sequence[str]) -> list[Interval]:
    """Cut a stretch of time into parts as long as their tokens."""
    lengths = list(accumulate((len(token) for token in tokens), initial=0))
    edges = [span.start_s + span.duration_s * length / lengths[-1] for length in lengths]
    return [Interval(start_s, max(start_s, end_s)) for start_s, end_s in pairwise(edges)]
