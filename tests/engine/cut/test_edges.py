import pytest

from candid.engine.cut.defaults import PassageOptions, Prices
from candid.engine.cut.edges import asks, end_price_s, is_aside, start_price_s, ties
from candid.engine.cut.lexicon import ENGLISH, Lexicon
from candid.engine.cut.passages import Beat, beats, sentences
from candid.engine.timebase import Interval
from tests.engine.cut.builders import said

OPTIONS = PassageOptions()
PRICES = Prices()


def beats_of(
    *lines: tuple[str, float, str], forbidden: tuple[Interval, ...] = ()
) -> tuple[Beat, ...]:
    return beats(sentences(said(lines), OPTIONS), Interval(0, 1000), forbidden, OPTIONS)


def test_an_answer_hangs_on_its_question() -> None:
    found = ties(
        beats_of(
            ("rosa", 0, "You never told me."),
            ("rosa", 0.5, "When did it lift?"),
            ("daniel", 1.0, "It thinned."),
            ("daniel", 0.5, "Slowly."),
            ("rosa", 1.0, "Good."),
        ),
        ENGLISH,
    )
    assert [tie.answers for tie in found] == [False, False, True, False, False]
    assert [tie.answering for tie in found] == [False, False, True, True, False]
    assert [tie.goes_on for tie in found] == [False, True, False, True, False]


def test_a_question_is_heard_even_where_its_mark_was_left_out() -> None:
    spoken = sentences(
        said([("rosa", 0, "And then what helped. The soup helped. Did it?")]), OPTIONS
    )
    assert [asks(each, ENGLISH) for each in spoken] == [True, False, True]
    assert [asks(each, Lexicon()) for each in spoken] == [False, False, True]


def test_what_follows_a_question_in_the_same_turn_keeps_it_open() -> None:
    found = ties(
        beats_of(
            ("rosa", 0, "You had a winter, hadn't you?"),
            ("rosa", 0.5, "The year before."),
            ("daniel", 1.0, "I had."),
        ),
        ENGLISH,
    )
    assert found[2].answers


def test_a_listener_s_word_does_not_end_a_turn() -> None:
    found = ties(
        beats_of(
            ("daniel", 0, "It was quiet then."),
            ("rosa", 0.5, "Mm."),
            ("daniel", 0.5, "Nobody had noticed."),
        ),
        ENGLISH,
    )
    assert found[2].goes_on


def test_an_echo_hangs_on_what_it_takes_up() -> None:
    lines = (
        ("rosa", 0.0, "Then you have two people being quiet."),
        ("daniel", 0.8, "Two people being quiet."),
    )
    assert ties(beats_of(*lines), ENGLISH)[1].echoes


def test_nothing_hangs_together_across_forbidden_time() -> None:
    lines = (("rosa", 0.0, "When did it lift?"), ("daniel", 2.0, "It thinned."))
    first, second = ties(beats_of(*lines, forbidden=(Interval(2.5, 3.0),)), ENGLISH)
    assert first == second
    assert not second.answers


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("My sister came that night.", "And my sister came that night."),
        ("My sister came that night.", "She came that night alone."),
        ("My sister came that night.", "Yes, my sister came that night."),
        ("My sister came that night.", "My um my sister came that night."),
        ("When did your sister come?", "My sister came that night."),
        ("When did your sister come?", "Was it your sister then?"),
        ("My sister came that night.", "Sister, yes."),
    ],
)
def test_a_natural_beginning_costs_less(better: str, worse: str) -> None:
    prices = []
    for text in (better, worse):
        found = beats_of(("daniel", 0, "The bus was late."), ("rosa", 1.0, text))
        tie = ties(found, ENGLISH)[1]
        prices.append(start_price_s(found[1], tie, ENGLISH, PRICES))
    assert prices[0] < prices[1]


def test_a_question_may_begin_with_a_link() -> None:
    found = beats_of(("rosa", 0, "So when did you first notice it?"))
    assert start_price_s(found[0], ties(found, ENGLISH)[0], ENGLISH, PRICES) < 0


def test_an_answer_without_its_question_costs_most() -> None:
    found = beats_of(("rosa", 0, "When did it lift?"), ("daniel", 1.0, "My winter thinned slowly."))
    hanging = ties(found, ENGLISH)
    assert start_price_s(found[1], hanging[1], ENGLISH, PRICES) >= PRICES.parted_answer_s
    assert end_price_s(found[0], hanging[1], 1.0, PRICES) >= PRICES.parted_answer_s - 2


def test_a_pause_after_the_last_word_speaks_for_an_end() -> None:
    short = beats_of(("rosa", 0, "It thinned."), ("daniel", 0.2, "Good."))
    long = beats_of(("rosa", 0, "It thinned."), ("daniel", 2.0, "Good."))
    prices = [
        end_price_s(found[0], ties(found, ENGLISH)[1], 1.0, PRICES) for found in (short, long)
    ]
    assert prices[1] < prices[0]


def test_an_aside_needs_a_dictionary_and_no_question() -> None:
    spoken = sentences(said([("rosa", 0, "Mm. Yes. Really? Winter.")]), OPTIONS)
    assert [is_aside(each, ENGLISH) for each in spoken] == [True, True, False, False]
    assert [is_aside(each, Lexicon()) for each in spoken] == [False] * 4
