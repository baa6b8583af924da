from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.cut.decisions import Cut, Shot
from candid.engine.cut.timeline import Chapter, chapters, lay_out
from candid.engine.timebase import Interval
from tests.engine.cut.builders import said

RATES = st.sampled_from(
    [Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(60)]
)


def cut_of(*spans: tuple[float, float]) -> Cut:
    shots = tuple(
        Shot(f"s{at}", Interval(*span), "solo", ("rosa",), "") for at, span in enumerate(spans)
    )
    return Cut(None, "", None, (), (), shots, ())


def spans_of(cuts_s: list[float]) -> list[tuple[float, float]]:
    edges = sorted({round(each, 3) for each in cuts_s})
    pairs = pairwise(edges)
    return [(a, b) for a, b in pairs if b - a >= 0.2]


@settings(derandomize=True)
@given(rate=RATES, cuts_s=st.lists(st.floats(0, 4000), min_size=2, max_size=40))
def test_every_frame_shows_an_instant_of_its_own_shot(rate: Fraction, cuts_s: list[float]) -> None:
    spans = spans_of(cuts_s)
    if not spans:
        return
    film = lay_out(cut_of(*spans), rate)
    for placed in film.shots:
        for frame in (placed.start_frame, placed.end_frame - 1):
            shown_s = placed.call_s(frame)
            assert shown_s >= placed.shot.interval.start_s - 1e-6
            assert shown_s < placed.shot.interval.end_s
        early_s = placed.call_s(placed.start_frame) - placed.shot.interval.start_s
        assert early_s <= 1 / rate


@settings(derandomize=True)
@given(rate=RATES, start_s=st.floats(0, 3000), parts=st.lists(st.floats(0.2, 9), min_size=2))
def test_dividing_a_shot_changes_no_frame(
    rate: Fraction, start_s: float, parts: list[float]
) -> None:
    edges = [start_s]
    for part in parts:
        edges.append(edges[-1] + part)
    whole = lay_out(cut_of((edges[0], edges[-1])), rate)
    divided = lay_out(cut_of(*pairwise(edges)), rate)
    assert divided.n_frames == whole.n_frames
    assert divided.shots[0].call_frame == whole.shots[0].call_frame
    assert len(divided.runs) == 1
    for placed in divided.shots:
        assert placed.start_frame - placed.call_frame == -whole.shots[0].call_frame


@settings(derandomize=True)
@given(rate=RATES, cuts_s=st.lists(st.floats(0, 4000), min_size=4, max_size=40))
def test_frames_tile_the_film(rate: Fraction, cuts_s: list[float]) -> None:
    spans = spans_of(cuts_s)[::2]
    if not spans:
        return
    film = lay_out(cut_of(*spans), rate, title_s=3.0, end_s=4.0)
    at = film.title_frames
    for placed in film.shots:
        assert placed.start_frame == at
        at = placed.end_frame
    assert film.n_frames == at + film.end_frames
    assert film.title_frames == round(3 * rate)
    # Nothing is rounded twice: each stretch is at most a frame off, whatever comes before.
    for run in film.runs:
        exact_s = run.shots[-1].shot.interval.end_s - run.shots[0].shot.interval.start_s
        assert abs(run.film.duration_s - exact_s) <= 1 / rate + 1e-6


def test_a_time_written_in_decimals_falls_on_its_frame() -> None:
    film = lay_out(cut_of((0.1, 0.7)), Fraction(30))
    assert (film.shots[0].call_frame, film.shots[0].n_frames) == (3, 18)


def test_film_time_and_call_time_agree() -> None:
    cut = cut_of((10.0, 12.0), (20.0, 23.0))
    film = lay_out(cut, Fraction(25), title_s=4.0)
    assert film.film_s(10.5, cut.shots[0]) == pytest.approx(4.5)
    assert film.film_s(21.0, cut.shots[1]) == pytest.approx(7.0)
    assert film.shots[1].call_s(film.shots[1].start_frame) == 20.0
    with pytest.raises(KeyError):
        film.film_s(1.0, Shot("other", Interval(0, 1), "solo", ("rosa",), ""))


def test_touching_shots_are_one_run_and_a_leap_is_a_barrier() -> None:
    film = lay_out(cut_of((10.0, 12.0), (12.0, 15.0), (20.0, 23.0)), Fraction(25), title_s=4.0)
    assert [len(run.shots) for run in film.runs] == [2, 1]
    assert film.barriers_s == (4.0, 9.0, 12.0)
    assert film.runs[1].sound == Interval(20.0, 23.0)


def test_shots_in_another_order_are_not_one_run() -> None:
    film = lay_out(cut_of((12.0, 15.0), (10.0, 12.0)), Fraction(25))
    assert [len(run.shots) for run in film.runs] == [1, 1]


def test_sound_does_not_outlast_its_run() -> None:
    film = lay_out(cut_of((10.01, 12.01)), Fraction(25))
    run = film.runs[0]
    assert run.sound == Interval(10.04, 12.01)
    assert run.sound.duration_s <= run.film.duration_s <= run.sound.duration_s + 0.04


def test_words_move_to_the_film_clock_and_only_if_heard() -> None:
    words = said([("rosa", 0.0, "one two three four five six seven eight")], start_s=10.0)
    film = lay_out(cut_of((10.5, 11.0), (11.5, 12.0)), Fraction(100), title_s=1.0)
    heard = film.words(words)
    assert [word.text for word in heard] == ["three", "four", "seven", "eight"]
    assert heard[0].interval == Interval(1.0, 1.25)
    assert heard[2].interval.start_s == pytest.approx(1.5)


def test_a_word_across_the_edge_of_a_run_is_clipped() -> None:
    words = said([("rosa", 0.0, "one two")], start_s=10.0)
    film = lay_out(cut_of((10.1, 10.3)), Fraction(100))
    assert [word.text for word in film.words(words)] == ["one"]
    assert film.words(words)[0].interval.duration_s == pytest.approx(0.15)


def test_a_shot_too_short_for_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="shot s0 is too short"):
        lay_out(cut_of((10.01, 10.02)), Fraction(25))
    with pytest.raises(ValueError, match="at least one shot"):
        lay_out(cut_of(), Fraction(25))


def test_chapters_are_named_by_the_first_question_or_sentence() -> None:
    words = said(
        [
            (
                "rosa",
                0.0,
                "Well. How did it begin, and when did you first notice that it had, my dear?",
            ),
            ("daniel", 20.0, "Slowly, over months. I told you."),
        ],
        start_s=10.0,
    )
    film = lay_out(cut_of((9.0, 26.0), (30.0, 60.0)), Fraction(25), title_s=12.0, end_s=3.0)
    assert chapters(film, words, opening="Asked twice") == (
        Chapter("Asked twice", 0.0),
        Chapter("How did it begin, and when did you first notice that it…", 12.0),
        Chapter("Slowly, over months.", 29.0),
    )


def test_the_first_chapter_starts_at_nought_and_none_is_short() -> None:
    words = said([("rosa", 0.0, "One two."), ("rosa", 10.0, "Three four."), ("rosa", 9, "Five.")])
    film = lay_out(cut_of((0.5, 4.0), (11.0, 14.0), (20.0, 40.0)), Fraction(25), title_s=3.0)
    assert chapters(film, words) == (Chapter("One two.", 0.0),)
