"""A text that a person made or mended, laid over the machine's words as corrections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from candid.engine.errors import BadInputError
from candid.engine.transcript.caption_files import Passage, read_passages
from candid.engine.transcript.matching import matched_pairs, token_key
from candid.engine.transcript.words import Correction, Transcript, Word

# Machine words in a row that the text lacks are struck up to this many; more of them are
# a passage that the text does not cover.
_LONGEST_STRIKE = 12
# Of the text's tokens so many at least must be machine words, or it belongs to something else.
_LEAST_MATCHED = 0.3


@dataclass(frozen=True, slots=True)
class Import:
    """The corrections that a text makes, and what of it could not be used.

    `unknown_speakers` are names that belong to no participant; their text was matched
    with everybody's words. `left_out` says in sentences what was left alone.
    """

    corrections: tuple[Correction, ...]
    unknown_speakers: tuple[str, ...]
    left_out: tuple[str, ...]


def import_corrections(
    transcript: Transcript, text: str, names: Mapping[str, str], where: str = "the text"
) -> Import:
    """Align WebVTT, SubRip or plain text with the machine's words and return the differences.

    `names` maps participants' ids to their names; a speaker in the text is compared with
    both, without case. The alignment is the one with the fewest edits, over the words of
    each speaker where every passage names one that is known, else over all words in order
    of time. The times in the text are not used: it may be on the clock of another cut.
    Words before its first and after its last match are not covered by it and stay. The
    corrections lie over the machine's words and stand in place of any earlier ones. Raises
    BadInputError where the text is malformed or belongs to another conversation.
    """
    known = {name.casefold(): who for who, name in names.items()}
    known |= {who.casefold(): who for who in names}
    passages = read_passages(text, list(known), where)
    tokens = [_Token(token, _who(p, known), p.line) for p in passages for token in p.text.split()]
    if not tokens:
        raise BadInputError(where, "holds no words")
    aligned = [_aligned(words, spoken) for words, spoken in _lanes(transcript.words, tokens)]
    n_matched = sum(edit.is_match for edits in aligned for edit in edits)
    if n_matched < _LEAST_MATCHED * len(tokens):
        what = f"only {n_matched} of its {len(tokens)} words are in the transcript"
        raise BadInputError(where, f"{what}; it belongs to another conversation")
    corrections: list[Correction] = []
    left_out: list[str] = []
    for edits in aligned:
        for run in _runs(edits):
            reason = _why_left(run)
            left_out += [reason] if reason else []
            corrections += [] if reason else _corrections(run)
    unknown = {p.speaker for p in passages if p.speaker and p.speaker.casefold() not in known}
    return Import(tuple(corrections), tuple(sorted(unknown)), tuple(left_out))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    participant_id: str | None
    line: int


@dataclass(frozen=True, slots=True)
class _Edit:
    """A machine word and the token in its place; one of them is None where the other is extra."""

    word: Word | None
    token: _Token | None
    is_match: bool

    @property
    def is_same(self) -> bool:
        """Whether the text says exactly what the machine heard."""
        return bool(self.word and self.token and self.word.text == self.token.text)


def _who(passage: Passage, known: Mapping[str, str]) -> str | None:
    return known.get(passage.speaker.casefold()) if passage.speaker else None


def _lanes(
    words: Sequence[Word], tokens: Sequence[_Token]
) -> Iterator[tuple[list[Word], list[_Token]]]:
    """Yield what is to be aligned with what: each speaker's own if all are known, else all."""
    people = list(dict.fromkeys(token.participant_id for token in tokens))
    if None in people:
        yield list(words), list(tokens)
        return
    for who in people:
        own = [word for word in words if word.participant_id == who]
        yield own, [token for token in tokens if token.participant_id == who]


def _aligned(words: Sequence[Word], tokens: Sequence[_Token]) -> list[_Edit]:
    """Align words with tokens, from just before the first match to just after the last.

    Beside these two, as many words as there are tokens may have been misheard; the
    words further out are not covered by the text.
    """
    pairs = matched_pairs([token_key(w.text) for w in words], [token_key(t.text) for t in tokens])
    if not pairs:
        return []
    edits: list[_Edit] = []
    at_word, at_token = max(0, pairs[0][0] - pairs[0][1]), 0
    for word, token in pairs:
        edits += _apart(words[at_word:word], tokens[at_token:token])
        edits.append(_Edit(words[word], tokens[token], is_match=True))
        at_word, at_token = word + 1, token + 1
    rest = tokens[at_token:]
    return edits + _apart(words[at_word : at_word + len(rest)], rest)


def _apart(words: Sequence[Word], tokens: Sequence[_Token]) -> list[_Edit]:
    """Return the edits between two matches: replacements in order, then what is left over."""
    return [_Edit(word, token, is_match=False) for word, token in zip_longest(words, tokens)]


def _runs(edits: Sequence[_Edit]) -> Iterator[list[_Edit]]:
    """Yield the runs of edits in which the text differs.

    Tokens with no word of their own take in the word before them (the one after them at
    the start), so that each run has words to lie over.
    """
    differs = [not edit.is_same for edit in edits]
    for at, edit in enumerate(edits):
        if edit.word is None:
            neighbour = next((i for i in range(at, -1, -1) if edits[i].word), None)
            if neighbour is None:
                neighbour = next(i for i in range(at, len(edits)) if edits[i].word)
            differs[neighbour] = True
    for is_run, run in groupby(range(len(edits)), key=lambda at: differs[at]):
        if is_run:
            yield [edits[at] for at in run]


def _why_left(run: Sequence[_Edit]) -> str | None:
    """Return why a difference is too large to be a correction, or None.

    The sentence enters reports: it says where the difference lies, never what it says.
    """
    words = [edit.word for edit in run if edit.word and not edit.is_same]
    tokens = [edit.token for edit in run if edit.token and not edit.is_same]
    if len(words) > _LONGEST_STRIKE + 2 * len(tokens):
        start_s, end_s = words[0].interval.start_s, words[-1].interval.end_s
        return f"{len(words)} words from {start_s:.1f} to {end_s:.1f} s are not in the text: kept"
    if len(tokens) > _LONGEST_STRIKE + 3 * len(words):
        where = f"lines {tokens[0].line} to {tokens[-1].line}"
        return f"{len(tokens)} words of the text were not heard ({where}): left out"
    return None


def _corrections(run: Sequence[_Edit]) -> list[Correction]:
    """Return a run as corrections, one for each stretch of one speaker's words."""
    found: list[tuple[str, list[str], list[str]]] = []
    for edit in run:
        if edit.word and (not found or found[-1][0] != edit.word.participant_id):
            found.append((edit.word.participant_id, [], []))
        if edit.word is None and not found:
            who = next(each.word.participant_id for each in run if each.word)
            found.append((who, [], []))
        if edit.word:
            found[-1][1].append(edit.word.word_id)
        if edit.token:
            found[-1][2].append(edit.token.text)
    return [Correction(tuple(ids), " ".join(texts)) for _, ids, texts in found]
