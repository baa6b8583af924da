"""Which tokens of one text are which of another: the alignment with the fewest edits."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]

# A table of at most this many cells is filled whole; larger ones are split first.
_MOST_CELLS = 1_000_000


def token_key(text: str) -> str:
    """Return a token without case, accents' encoding and marks, to compare it with another.

    `Don’t,` and `don't` are the same; a token of marks alone gives an empty key.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return "".join(char for char in folded if char.isalnum() or char == "'").strip("'")


def matched_pairs(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs `(i, j)`, rising in both, of equal tokens in the best alignment.

    Best is the one with the fewest insertions, deletions and replacements, each counted
    once (Levenshtein). Time is proportional to both lengths together, n x m; memory to
    their sum (Hirschberg, A linear space algorithm for computing maximal common
    subsequences, 1975).
    """
    numbers: dict[str, int] = {}
    a, b = (
        np.array([numbers.setdefault(token, len(numbers)) for token in each], dtype=np.int32)
        for each in (first, second)
    )
    pairs: list[tuple[int, int]] = []
    # Pieces still to be aligned, the first one on top: (start, end) in each text.
    stack = [(0, len(a), 0, len(b))]
    while stack:
        a0, a1, b0, b1 = stack.pop()
        if a0 == a1 or b0 == b1:
            continue
        if a1 - a0 == 1 or (a1 - a0) * (b1 - b0) <= _MOST_CELLS:
            found = _pairs_of_table(a[a0:a1], b[b0:b1])
            pairs.extend((a0 + i, b0 + j) for i, j in found)
            continue
        middle = (a0 + a1) // 2
        upper = _last_row(a[a0:middle], b[b0:b1])
        lower = _last_row(a[middle:a1][::-1], b[b0:b1][::-1])[::-1]
        split = b0 + int(np.argmin(upper + lower))
        stack.append((middle, a1, split, b1))
        stack.append((a0, middle, b0, split))
    return pairs


def _next_row(row: Numbers, token: int, b: Numbers) -> Numbers:
    """Return the edit distances to each prefix of `b` with one more token of `a`.

    A run of insertions makes each cell depend on its left neighbour; subtracting the
    column number turns that chain into a running minimum.
    """
    columns = np.arange(len(row), dtype=np.int32)
    best = row + 1
    best[1:] = np.minimum(best[1:], row[:-1] + (b != token))
    found: Numbers = np.minimum.accumulate(best - columns) + columns
    return found


def _last_row(a: Numbers, b: Numbers) -> Numbers:
    row = np.arange(len(b) + 1, dtype=np.int32)
    for token in a:
        row = _next_row(row, int(token), b)
    return row


def _pairs_of_table(a: Numbers, b: Numbers) -> list[tuple[int, int]]:
    """Fill the table of distances and walk back; a step along the diagonal is preferred."""
    rows = [np.arange(len(b) + 1, dtype=np.int32)]
    for token in a:
        rows.append(_next_row(rows[-1], int(token), b))
    pairs = []
    i, j = len(a), len(b)
    while i and j:
        here, is_same = rows[i][j], a[i - 1] == b[j - 1]
        if here == rows[i - 1][j - 1] + (not is_same):
            i, j = i - 1, j - 1
            if is_same:
                pairs.append((i, j))
        elif here == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]
