from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.timebase import Interval
from candid.engine.transcript.doubles import without_doubles
from candid.engine.transcript.words import Word

SPANS = st.tuples(st.integers(0, 40), st.integers(0, 8))


def word(text: str, take: str, start_s: float, end_s: float, who: str = "rosa") -> Word:
    return Word(f"{take}-{text}-{start_s}", who, take, text, Interval(start_s, end_s))


EARLY = [word("one", "b", 1.0, 2.0), word("two", "b", 2.0, 3.0), word("three", "b", 8.0, 9.0)]


def test_what_two_takes_heard_is_there_once_from_the_take_that_began_first() -> None:
    late = [word("too", "a", 2.1, 3.1), word("free", "a", 8.0, 9.0)]
    assert without_doubles([*late, *EARLY]) == tuple(EARLY)


def test_what_only_the_later_take_heard_stays_in_its_place() -> None:
    late = [word("between", "a", 3.0, 4.0), word("half", "a", 8.5, 9.5)]
    assert without_doubles([*EARLY[:2], *late, EARLY[2]]) == (*EARLY[:2], *late, EARLY[2])


def test_a_word_across_two_words_of_the_first_take_is_a_double() -> None:
    assert without_doubles([*EARLY, word("wonto", "a", 1.6, 2.4)]) == tuple(EARLY)


def test_two_people_may_speak_at_once() -> None:
    other = [word("one", "c", 1.0, 2.0, "daniel")]
    assert without_doubles([*EARLY, *other]) == (*EARLY, *other)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(takes=st.lists(st.lists(SPANS, max_size=8), min_size=1, max_size=4))
def test_no_word_that_stays_lies_mostly_within_a_word_of_an_earlier_take(
    takes: list[list[tuple[int, int]]],
) -> None:
    words = [
        word(f"w{at}", f"t{number}", start, start + length)
        for number, spans in enumerate(takes)
        for at, (start, length) in enumerate(spans)
    ]
    kept = without_doubles(words)
    first = {
        take: (min(w.interval for w in words if w.take_id == take), take)
        for take in {w.take_id for w in words}
    }
    assert [w for w in words if first[w.take_id] == min(first.values())] == [
        w for w in kept if first[w.take_id] == min(first.values())
    ]
    for each in kept:
        for other in kept:
            if first[other.take_id] < first[each.take_id]:
                shared_s = each.interval.overlap_s(other.interval)
                assert shared_s <= each.interval.duration_s / 2
