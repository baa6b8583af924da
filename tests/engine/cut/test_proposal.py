from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.cut import reasons
from candid.engine.cut.defaults import CutOptions, DirectionOptions
from candid.engine.cut.direction import Stage
from candid.engine.cut.proposal import Conversation, propose_cut
from candid.engine.cut.store import CutLimits, check_cut
from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval
from tests.engine.cut.builders import conversation, invented, runs, said, text_of

SEEDS = st.integers(0, 10_000)
STRUCK = "Struck: a participant said so."


def struck(start_s: float, length_s: float) -> tuple[Interval, str]:
    return Interval(start_s, start_s + length_s), STRUCK


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=SEEDS, n_people=st.integers(1, 4), target_s=st.sampled_from((20.0, 45.0, 90.0)))
def test_a_proposal_keeps_its_promises(seed: int, n_people: int, target_s: float) -> None:
    talk = invented(seed, n_people=n_people, length_s=150.0)
    cut = propose_cut(talk, target_s=target_s)
    assert abs(cut.duration_s - target_s) <= 0.05 * target_s
    kept = runs(cut)
    assert kept == sorted(kept)
    assert_no_word_is_cut(talk, kept)
    check_cut(cut, CutLimits(call=talk.call))
    assert_all_time_is_told(talk, [shot.interval for shot in cut.shots], cut.left_out)


def assert_no_word_is_cut(talk: Conversation, kept: list[Interval]) -> None:
    for word in talk.words:
        for run in kept:
            shared_s = run.overlap_s(word.interval)
            assert shared_s == 0 or shared_s == pytest.approx(word.interval.duration_s, abs=1e-9)


def assert_all_time_is_told(
    talk: Conversation, kept: list[Interval], left_out: tuple[tuple[Interval, str], ...]
) -> None:
    pieces = sorted([*kept, *(interval for interval, _ in left_out)])
    assert pieces[0].start_s == talk.call.start_s
    assert pieces[-1].end_s == talk.call.end_s
    assert all(a.end_s == b.start_s for a, b in pairwise(pieces))
    assert all(reason for _, reason in left_out)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=SEEDS,
    holes=st.lists(st.tuples(st.floats(0, 150), st.floats(0, 20)), min_size=1, max_size=6),
    target_s=st.sampled_from((15.0, 40.0, 200.0)),
)
def test_forbidden_time_never_enters(
    seed: int, holes: list[tuple[float, float]], target_s: float
) -> None:
    talk = replace(invented(seed, length_s=150.0), forbidden=tuple(struck(*hole) for hole in holes))
    cut = propose_cut(talk, target_s=target_s)
    forbidden = tuple(interval for interval, _ in talk.forbidden)
    assert all(shot.interval.overlap_s(each) == 0 for shot in cut.shots for each in forbidden)
    assert set(talk.forbidden) <= set(cut.left_out)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_the_same_conversation_gives_the_same_cut(seed: int) -> None:
    talk = invented(seed, length_s=120.0)
    backwards = replace(talk, words=tuple(reversed(talk.words)))
    assert propose_cut(talk, target_s=40.0) == propose_cut(backwards, target_s=40.0)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS, n_people=st.integers(1, 4))
def test_no_shot_is_shorter_than_the_least_unless_its_passage_is(seed: int, n_people: int) -> None:
    cut = propose_cut(invented(seed, n_people=n_people, length_s=120.0), target_s=60.0)
    least_s = DirectionOptions().shortest_shot_s
    short = [shot for shot in cut.shots if shot.interval.duration_s < least_s - 1e-6]
    assert all(shot.interval in runs(cut) for shot in short)


def test_a_conversation_shorter_than_the_target_is_kept_whole() -> None:
    talk = conversation(said([("rosa", 0, "Hello there."), ("daniel", 0.4, "Hello, you.")]))
    cut = propose_cut(talk, target_s=240.0)
    assert runs(cut) == [talk.call]
    assert cut.left_out == ()
    assert "whole" in cut.shots[0].reason


def test_a_short_conversation_is_kept_whole_but_for_what_was_struck() -> None:
    words = said([("rosa", 0, "Hello there."), ("daniel", 6.0, "Hello, you.")])
    talk = conversation(words, forbidden=[struck(3.0, 2.0)])
    cut = propose_cut(talk, target_s=240.0)
    assert runs(cut) == [Interval(0.0, 3.0), Interval(5.0, talk.call.end_s)]
    assert cut.left_out == (struck(3.0, 2.0),)


def test_without_a_target_everything_is_kept() -> None:
    talk = invented(1, length_s=60.0)
    assert runs(propose_cut(talk, target_s=None)) == [talk.call]


def test_a_call_without_words_is_kept_from_its_beginning() -> None:
    talk = conversation([], forbidden=[struck(10.0, 5.0)], end_s=100.0)
    cut = propose_cut(talk, target_s=30.0)
    assert runs(cut) == [Interval(0.0, 10.0), Interval(15.0, 35.0)]
    assert cut.left_out[-1][0] == Interval(35.0, 100.0)


def test_a_call_that_is_struck_from_end_to_end_has_no_film() -> None:
    talk = conversation([], forbidden=[struck(0.0, 100.0)], end_s=100.0)
    with pytest.raises(BadInputError, match="nothing of this call may enter a film, because all"):
        propose_cut(talk, target_s=30.0)


@pytest.mark.parametrize("target_s", [None, 300.0, 20.0])
def test_a_sliver_between_two_struck_stretches_is_no_shot(target_s: float | None) -> None:
    talk = conversation([], forbidden=[struck(10.0, 5.0), struck(15.02, 5.0)], end_s=100.0)
    cut = propose_cut(talk, target_s=target_s)
    check_cut(cut, CutLimits(call=talk.call))
    assert (Interval(15.0, 15.02), reasons.SLIVER) in cut.left_out
    assert all(shot.interval.overlap_s(Interval(15.0, 15.02)) == 0 for shot in cut.shots)


def test_a_call_of_which_only_slivers_are_left_has_no_film() -> None:
    talk = conversation([], forbidden=[struck(0.0, 50.0), struck(50.25, 49.75)], end_s=100.0)
    with pytest.raises(BadInputError, match=r"missing, but for stretches of at most 0\.25 s"):
        propose_cut(talk, target_s=None)


def test_a_call_without_words_does_not_end_on_a_sliver() -> None:
    talk = conversation([], forbidden=[struck(10.0, 5.0)], end_s=100.0)
    cut = propose_cut(talk, target_s=10.05)
    check_cut(cut, CutLimits(call=talk.call))
    assert runs(cut) == [Interval(0.0, 10.0)]


@pytest.mark.parametrize("target_s", [0.0, -4.0, float("nan")])
def test_a_target_must_be_positive(target_s: float) -> None:
    with pytest.raises(ValueError, match="target must be positive"):
        propose_cut(invented(1, length_s=30.0), target_s=target_s)


def test_one_sentence_without_any_pause_is_cut_between_words() -> None:
    text = "and then we walked on and on " * 60
    talk = conversation(said([("rosa", 0, text)]))
    cut = propose_cut(talk, target_s=30.0)
    assert abs(cut.duration_s - 30.0) <= 1.5
    assert_no_word_is_cut(talk, runs(cut))


def test_where_words_leave_no_place_the_nearest_length_is_found() -> None:
    # One word of 20 s, twice: no cut is within 5 % of 30 s.
    words = said([("rosa", 0, "Long. Longer.")])
    words = tuple(
        replace(word, interval=Interval(1.0 + 21 * at, 21.0 + 21 * at))
        for at, word in enumerate(words)
    )
    cut = propose_cut(conversation(words), target_s=30.0)
    assert len(runs(cut)) == 1
    assert 20 < cut.duration_s < 22


def test_a_passage_breathes_before_and_after() -> None:
    talk = invented(5, length_s=200.0)
    spans = [word.interval for word in talk.words]
    for run in runs(propose_cut(talk, target_s=60.0)):
        inside = [span for span in spans if run.overlap_s(span) > 0]
        before_s = min(span.start_s for span in inside) - run.start_s
        after_s = run.end_s - max(span.end_s for span in inside)
        assert 0 < before_s <= 0.801
        assert 0 < after_s <= 0.801


def plain_talk(n_sentences: int) -> list[tuple[str, float, str]]:
    return [
        (("rosa", "daniel")[at % 2], 2.0, f"I was glad that you stayed with me on day {at}.")
        for at in range(n_sentences)
    ]


def test_the_ends_of_the_film_breathe_longer() -> None:
    talk = conversation(said(plain_talk(20)))
    cut = propose_cut(talk, target_s=40.0)
    spans = [word.interval for word in talk.words]
    first, last = cut.shots[0].interval.start_s, cut.shots[-1].interval.end_s
    assert min(s.start_s for s in spans if s.start_s >= first) - first == pytest.approx(0.8)
    assert last - max(s.end_s for s in spans if s.end_s <= last) == pytest.approx(0.8)


def test_no_passage_spans_a_moment_that_was_struck() -> None:
    words = said(plain_talk(20))
    pauses = zip(words[10::11], words[11::11], strict=False)
    holes = [struck(a.interval.end_s + 0.9, 0.2) for a, _ in list(pauses)[2::3]]
    talk = conversation(words, forbidden=holes)
    cut = propose_cut(talk, target_s=70.0)
    assert len(holes) == 6
    assert all(s.interval.overlap_s(hole) == 0 for s in cut.shots for hole, _ in holes)
    assert abs(cut.duration_s - 70.0) <= 3.5


def test_whoever_speaks_across_a_cut_is_taken_along() -> None:
    lines = [("rosa", 0.0, f"This is sentence {n} of a longer story.") for n in range(12)]
    words = list(said(lines))
    # Daniel speaks across the end of every second sentence.
    ends = [word.interval.end_s for word in words if word.text == "story."]
    aside = said([("daniel", 0.0, "Yes.")])[0]
    words += [
        replace(aside, word_id=f"d{n}", interval=Interval(end_s - 0.1, end_s + 0.35))
        for n, end_s in enumerate(ends[::2])
    ]
    talk = conversation(words)
    cut = propose_cut(talk, target_s=12.0)
    assert_no_word_is_cut(talk, runs(cut))


def question_talk() -> Conversation:
    plain = [
        "The bus to town was late again that Tuesday.",
        "Most shops had closed by the time it came.",
        "There is a bakery at the corner with green doors.",
        "They sell a kind of bread with seeds on top.",
        "The council painted the bridge in the spring.",
        "Somebody put new benches beside the pond.",
        "The library opens at nine and closes at six.",
        "A man plays chess there every Wednesday.",
    ]
    small = [(("rosa", "daniel")[at % 2], 0.8, line) for at, line in enumerate(plain)]
    asked = [
        ("rosa", 1.5, "When were you most afraid of losing him?"),
        ("daniel", 1.5, "I was afraid every single night of that winter, and I told nobody."),
        ("daniel", 0.4, "I cried, and then I told my sister, and she stayed with me."),
    ]
    return conversation(said(small[:4] + asked + small[4:]))


def test_an_answer_comes_with_its_question() -> None:
    talk = question_talk()
    kept = text_of(propose_cut(talk, target_s=20.0), talk.words)
    assert "When were you most afraid of losing him? I was afraid" in kept


def test_a_question_does_not_end_a_passage_whose_answer_follows() -> None:
    talk = question_talk()
    for target_s in (15.0, 18.0, 24.0, 30.0):
        for run in runs(propose_cut(talk, target_s=target_s)):
            inside = [word for word in talk.words if run.contains(word.interval.middle_s)]
            assert inside[-1].text != "him?"


def test_the_reasons_name_what_an_editor_would_name() -> None:
    talk = question_talk()
    cut = propose_cut(talk, target_s=20.0)
    told = " ".join(shot.reason for shot in cut.shots)
    assert "opens the film" in told
    assert "closes the film" in told
    assert "a question with its answer" in told
    assert "feeling is put into words (afraid" in told


def test_talk_about_the_recording_is_left_out_and_said_so() -> None:
    lines = [
        ("rosa", 0.0, "Is the microphone recording? I think the camera is recording too."),
        ("daniel", 0.5, "The recording light and the microphone light are on, the camera works."),
    ]
    rest = [
        (
            ("rosa", "daniel")[n % 2],
            0.9,
            f"I told my sister about winter number {n}, and she stayed.",
        )
        for n in range(12)
    ]
    talk = conversation(said(lines + rest))
    cut = propose_cut(talk, target_s=45.0)
    assert "microphone" not in text_of(cut, talk.words)
    assert any("talk about the call itself" in reason for _, reason in cut.left_out)


def test_words_over_silence_are_not_chosen() -> None:
    lines = [
        (("rosa", "daniel")[n % 2], 1.0, "I was glad that you stayed with me.") for n in range(30)
    ]
    words = said(lines)
    doubted = tuple(
        replace(word, flags=("over_silence",)) if 8 * 10 <= at < 8 * 14 else word
        for at, word in enumerate(words)
    )
    talk = conversation(doubted)
    kept = runs(propose_cut(talk, target_s=40.0))
    flagged = [word for word in doubted if word.flags]
    assert not any(run.contains(word.interval.middle_s) for run in kept for word in flagged)


def test_another_language_is_cut_without_a_dictionary() -> None:
    lines = [
        (("rosa", "daniel")[n % 2], 0.8, f"Ja, das war {n} damals wirklich der Winter.")
        for n in range(40)
    ]
    talk = conversation(said(lines), language="de-AT")
    cut = propose_cut(talk, target_s=30.0)
    assert abs(cut.duration_s - 30.0) <= 1.5


def test_people_words_and_takes_go_into_the_cut() -> None:
    talk = invented(3, length_s=90.0)
    cut = propose_cut(talk, target_s=40.0, title="Asked twice", signpost="Talk to somebody.")
    assert cut.takes == talk.takes
    assert cut.participants == talk.participants
    assert (cut.title, cut.signpost, cut.target_s) == ("Asked twice", "Talk to somebody.", 40.0)


def test_the_stage_decides_who_is_shown() -> None:
    talk = invented(3, length_s=90.0)
    cut = propose_cut(talk, target_s=40.0, stage=Stage(("daniel",)), options=CutOptions())
    assert {shot.people for shot in cut.shots} == {("daniel",)}


def test_struck_time_is_not_entered_by_a_breath() -> None:
    words = said([("rosa", 0.0, "I was glad.")] + [("rosa", 1.0, "I was glad.")] * 20)
    last = words[-1].interval
    hole = struck(last.end_s + 0.1, 0.3)
    talk = conversation(words, forbidden=[hole])
    cut = propose_cut(talk, target_s=16.0)
    assert all(shot.interval.overlap_s(hole[0]) == 0 for shot in cut.shots)
