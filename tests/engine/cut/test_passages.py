from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.cut.defaults import PassageOptions
from candid.engine.cut.passages import Beat, Fineness, beats, passage_interval, sentences
from candid.engine.timebase import Interval
from tests.engine.cut.builders import conversation, invented, said

OPTIONS = PassageOptions()
WHOLE = Interval(0.0, 1000.0)


def beats_of(
    *lines: tuple[str, float, str],
    forbidden: tuple[Interval, ...] = (),
    fineness: Fineness = "sentence",
) -> tuple[Beat, ...]:
    return beats(sentences(said(lines), OPTIONS), WHOLE, forbidden, OPTIONS, fineness)


def test_a_full_stop_ends_a_sentence_and_so_does_a_long_pause() -> None:
    words = said([("rosa", 0, "One two. Three four"), ("rosa", 2.0, "five six. “Seven?” Eight")])
    found = sentences(words, OPTIONS)
    assert [each.text for each in found] == [
        "One two.",
        "Three four",
        "five six.",
        "“Seven?”",
        "Eight",
    ]
    assert [each.starts_whole for each in found] == [True, True, False, True, True]
    assert [each.ends_whole for each in found] == [True, False, True, True, True]
    assert [each.is_question for each in found] == [False, False, False, True, False]


def test_a_sentence_without_a_full_stop_is_whole_if_somebody_else_took_over() -> None:
    taken = said([("rosa", 0, "Yeah"), ("daniel", 0.3, "One two."), ("rosa", 0.8, "three")])
    found = sentences(taken, OPTIONS)
    assert [each.starts_whole for each in found] == [True, True, True]
    assert [each.ends_whole for each in found] == [True, True, True]


def test_a_beat_ends_where_nobody_speaks_and_no_sentence_is_open() -> None:
    found = beats_of(("rosa", 0, "One, two. Three four."), ("daniel", 0.5, "Five."))
    assert [beat.text for beat in found] == ["One, two.", "Three four.", "Five."]


def test_somebody_who_speaks_across_the_end_of_a_sentence_joins_two_beats() -> None:
    words = list(said([("rosa", 0, "One two. Three four.")]))
    across = replace(words[1], word_id="x", participant_id="daniel", text="Mm.")
    edge_s = words[1].interval.end_s
    words.append(replace(across, interval=Interval(edge_s - 0.1, edge_s + 0.35)))
    found = beats(sentences(words, OPTIONS), WHOLE, (), OPTIONS)
    assert len(found) == 1


def test_a_sentence_of_another_that_is_still_open_joins_two_beats() -> None:
    rosa = said([("rosa", 0, "One two."), ("rosa", 1.0, "Three.")])
    daniel = said([("daniel", 0, "And"), ("daniel", 0.8, "so.")], start_s=1.6)
    found = beats(sentences((*rosa, *daniel), OPTIONS), WHOLE, (), OPTIONS)
    assert [beat.text for beat in found] == ["One two. And so. Three."]


def test_a_finer_division_uses_pauses_and_then_words() -> None:
    line = ("rosa", 0.0, "One, two three.")
    assert len(beats_of(line)) == 1
    assert [beat.text for beat in beats_of(line, fineness="pause")] == ["One,", "two three."]
    assert [beat.text for beat in beats_of(line, fineness="word")] == ["One,", "two", "three."]


def test_the_rest_of_a_sentence_beside_struck_time_is_marked_as_broken() -> None:
    # The words are at 1.0, 1.25, 1.5 and 1.75 s.
    found = beats_of(("rosa", 0, "One two three four."), forbidden=(Interval(1.3, 1.4),))
    assert [beat.text for beat in found] == ["One", "three four."]
    assert [beat.sentences[0].ends_whole for beat in found] == [False, True]
    assert [beat.sentences[0].starts_whole for beat in found] == [True, False]
    assert [beat.stretch for beat in found] == [0, 1]
    # The word that was struck in part is no room to breathe in.
    assert [found[0].room_after_s, found[1].room_before_s] == pytest.approx([0.0, 0.0])


def test_a_word_across_struck_time_takes_along_who_speaks_over_it() -> None:
    words = list(said([("rosa", 0, "One two three.")]))
    over = replace(words[0], word_id="x", participant_id="daniel", text="Oh.")
    words.append(replace(over, interval=Interval(1.2, 1.6)))
    found = beats(sentences(words, OPTIONS), WHOLE, (Interval(1.55, 1.58),), OPTIONS)
    # "three." and "Oh." touch the struck time, "One" and "two" touch "Oh."
    assert found == ()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    n_people=st.integers(1, 4),
    fineness=st.sampled_from(("sentence", "pause", "word")),
    holes=st.lists(st.tuples(st.floats(0, 60), st.floats(0, 5)), max_size=4),
)
def test_a_passage_of_any_beats_cuts_no_word_and_enters_nothing_forbidden(
    seed: int, n_people: int, fineness: Fineness, holes: list[tuple[float, float]]
) -> None:
    talk = invented(seed, n_people=n_people, length_s=60.0)
    forbidden = tuple(Interval(at_s, at_s + length_s) for at_s, length_s in holes)
    found = beats(sentences(talk.words, OPTIONS), talk.call, forbidden, OPTIONS, fineness)
    for beat in found:
        span = passage_interval(beat, beat, OPTIONS)
        assert not any(span.overlap_s(each) > 0 for each in forbidden)
        assert talk.call.start_s <= span.start_s <= span.end_s <= talk.call.end_s
        for word in talk.words:
            shared_s = span.overlap_s(word.interval)
            assert shared_s == 0 or shared_s == pytest.approx(word.interval.duration_s, abs=1e-9)
    assert [beat.interval for beat in found] == sorted(beat.interval for beat in found)


def test_every_word_stands_in_one_beat() -> None:
    talk = invented(7, n_people=3, length_s=90.0)
    found = beats(sentences(talk.words, OPTIONS), talk.call, (), OPTIONS)
    kept = [word.word_id for beat in found for word in beat.words]
    assert sorted(kept) == sorted(word.word_id for word in talk.words)


@pytest.mark.parametrize(
    ("room_s", "breath_s"), [(2.0, 0.3), (0.3, 0.25), (0.1, 0.05), (0.06, 0.03), (0.0, 0.0)]
)
def test_a_breath_takes_what_there_is_less_a_guard(room_s: float, breath_s: float) -> None:
    words = said([("rosa", 0, "One."), ("rosa", room_s, "Two.")])
    found = beats(sentences(words, OPTIONS), conversation(words).call, (), OPTIONS, "word")
    assert found[1].interval.start_s - passage_interval(found[1], found[1], OPTIONS).start_s == (
        pytest.approx(breath_s, abs=0.001)
    )
