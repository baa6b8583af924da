from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.cut.selection import Candidate, Floats, Length, choose

N_BEATS = 7


def open_leaps() -> Floats:
    """No leap costs anything; a passage begins two beats after the last one at the least."""
    leaps = np.full((N_BEATS, N_BEATS), np.inf)
    for last in range(N_BEATS):
        leaps[last, last + 2 :] = 0.0
    return leaps


def score(film: tuple[Candidate, ...], leaps: Floats, length: Length) -> float:
    miss = (sum(each.duration_s for each in film) - length.target_s) / length.tolerance_s
    if abs(miss) > 1:
        return -np.inf
    joins = sum(leaps[a.last, b.first] for a, b in pairwise(film))
    ends = film[0].opening + film[-1].closing
    return float(sum(each.worth for each in film) + ends - joins - length.miss_price * miss**2)


CANDIDATES = st.lists(
    st.builds(
        lambda first, n, duration, worth, opening, closing: Candidate(
            first, min(N_BEATS - 1, first + n), duration, worth, opening, closing
        ),
        st.integers(0, N_BEATS - 1),
        st.integers(0, 2),
        st.integers(2, 6).map(float),
        st.integers(-5, 20).map(float),
        st.integers(-3, 5).map(float),
        st.integers(-3, 5).map(float),
    ),
    min_size=3,
    max_size=8,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(candidates=CANDIDATES, target_s=st.integers(4, 14).map(float))
def test_the_choice_is_the_best_of_all_choices(
    candidates: list[Candidate], target_s: float
) -> None:
    leaps, length = open_leaps() + 0.25, Length(target_s, 2.0, 3.0)
    films = [
        tuple(sorted(film, key=lambda each: each.first))
        for n in range(1, len(candidates) + 1)
        for film in combinations(candidates, n)
    ]
    best = max(score(film, leaps, length) for film in films)
    chosen = choose(candidates, leaps, length)
    if chosen is None:
        assert best == -np.inf
    else:
        # Lengths of whole seconds fall on the grid of steps but for rounding.
        assert abs(score(chosen, leaps, length) - best) < 0.3


def test_of_two_equal_choices_the_earlier_one_stands() -> None:
    twins = [Candidate(at, at, 10.0, 5.0) for at in (4, 0, 2)]
    assert choose(twins, open_leaps(), Length(10.0, 0.5, 4.0)) == (twins[1],)


def test_no_choice_is_made_where_none_has_the_length() -> None:
    assert choose([Candidate(0, 0, 3.0, 5.0)], open_leaps(), Length(10.0, 0.5, 4.0)) is None
