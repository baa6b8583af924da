from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candid.engine.cut.decisions import LayoutLimits, Shot
from candid.engine.cut.defaults import DirectionOptions, PassageOptions
from candid.engine.cut.direction import KNOWN_LAYOUTS, Stage, direct, views
from candid.engine.cut.passages import sentences
from candid.engine.timebase import Interval
from candid.engine.transcript.words import Word
from tests.engine.cut.builders import PEOPLE, invented, said

OPTIONS = DirectionOptions()
TWO = Stage(("rosa", "daniel"))


def shots_of(
    words: tuple[Word, ...], *passages: tuple[float, float], stage: Stage = TWO
) -> tuple[Shot, ...]:
    spoken = sentences(words, PassageOptions())
    stretches = [(Interval(*span), f"Kept {at}.") for at, span in enumerate(passages)]
    return direct(stretches, spoken, stage, OPTIONS)


def monologue(person: str, n_sentences: int, start_s: float = 1.0) -> tuple[Word, ...]:
    line = "This is what it was like for me that year."
    return said([(person, 0.5, line)] * n_sentences, start_s=start_s)


PASSAGES = st.lists(st.tuples(st.floats(0.5, 40.0), st.floats(0.3, 20.0)), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 500), n_people=st.integers(1, 4), gaps=PASSAGES)
def test_shots_tile_the_passages_and_do_not_jump(
    seed: int, n_people: int, gaps: list[tuple[float, float]]
) -> None:
    words = invented(seed, n_people=n_people, length_s=100.0).words
    passages: list[tuple[float, float]] = []
    end_s = 0.0
    for gap_s, length_s in gaps:
        passages.append((round(end_s + gap_s, 3), round(end_s + gap_s + length_s, 3)))
        end_s = passages[-1][1]
    shots = shots_of(words, *passages, stage=Stage(PEOPLE[:n_people]))
    assert_shots_tile(shots, passages)
    if n_people > 1:
        assert_no_jumps(shots)


def assert_shots_tile(shots: tuple[Shot, ...], passages: list[tuple[float, float]]) -> None:
    for start_s, end_s in passages:
        inside = [shot for shot in shots if start_s <= shot.interval.start_s < end_s]
        assert inside[0].interval.start_s == start_s
        assert inside[-1].interval.end_s == end_s
        assert all(a.interval.end_s == b.interval.start_s for a, b in pairwise(inside))
        assert all((a.layout, a.people) != (b.layout, b.people) for a, b in pairwise(inside))
        if len(inside) > 1:
            least_s = min(shot.interval.duration_s for shot in inside)
            assert least_s >= OPTIONS.shortest_shot_s - 1e-6
    assert len({shot.shot_id for shot in shots}) == len(shots)


def assert_no_jumps(shots: tuple[Shot, ...]) -> None:
    for before, after in pairwise(shots):
        if before.interval.end_s != after.interval.start_s and before.layout == after.layout:
            assert set(before.people).isdisjoint(after.people)


def test_who_holds_the_floor_is_shown_alone() -> None:
    words = monologue("rosa", 3) + monologue("daniel", 3, start_s=20.0)
    shots = shots_of(words, (0.0, 10.0), (19.0, 28.0), (40.0, 45.0))
    middle = [shot for shot in shots if 19.0 <= shot.interval.start_s < 28.0]
    assert [(shot.layout, shot.people) for shot in middle] == [("solo", ("daniel",))]


def test_a_quick_exchange_is_shown_side_by_side() -> None:
    lines = [(("rosa", "daniel")[at % 2], 0.2, "I think so too.") for at in range(8)]
    shots = shots_of(said(lines), (0.5, 12.0))
    assert [(shot.layout, shot.people) for shot in shots] == [("side_by_side", ("rosa", "daniel"))]


def test_two_people_stand_one_above_the_other_on_an_upright_screen() -> None:
    lines = [(("rosa", "daniel")[at % 2], 0.2, "I think so too.") for at in range(8)]
    shots = shots_of(said(lines), (0.5, 12.0), stage=Stage(("rosa", "daniel"), is_tall=True))
    assert {shot.layout for shot in shots} == {"stacked"}


def test_a_listener_who_reacts_is_shown_in_the_corner() -> None:
    line = "This is what it was like for me that year."
    lines = [("rosa", 0.5, line)] * 2 + [
        each for _ in range(5) for each in (("daniel", -0.1, "Mm."), ("rosa", 0.1, line))
    ]
    words = monologue("daniel", 3, start_s=100.0)
    shots = shots_of(
        tuple(sorted(said(lines) + words, key=lambda w: w.interval)), (0.5, 27.0), (99.0, 110.0)
    )
    corners = [shot for shot in shots if shot.layout == "picture_in_picture"]
    assert corners
    assert {shot.people for shot in corners} == {("rosa", "daniel")}


def test_a_reaction_is_worth_the_small_picture() -> None:
    line = "This is what it was like for me that year."
    alone = said([("rosa", 0.5, line), ("rosa", 0.5, line)])
    edge_s = next(word.interval.end_s for word in alone if word.text == "year.")
    mm = replace(
        alone[0], word_id="x", participant_id="daniel", text="Mm.",
        interval=Interval(edge_s - 0.1, edge_s + 0.3),
    )  # fmt: skip
    heard = tuple(sorted((*alone, mm), key=lambda word: word.interval))
    # The passage in question stands between two others: opening and closing have their own rules.
    for words, layout in ((alone, "solo"), (heard, "picture_in_picture")):
        shots = shots_of(words, (100.0, 104.0), (1.0, 7.0), (120.0, 124.0))
        assert [shot.layout for shot in shots if shot.interval.end_s <= 7.0] == [layout]


def test_the_film_opens_and_closes_with_everybody() -> None:
    talk = invented(4, length_s=60.0)
    shots = shots_of(talk.words, (0.0, 60.0))
    assert set(shots[0].people) == {"rosa", "daniel"}
    assert set(shots[-1].people) == {"rosa", "daniel"}


def test_a_long_speech_does_not_stay_in_one_shot() -> None:
    shots = shots_of(monologue("rosa", 20), (0.5, 70.0))
    assert max(shot.interval.duration_s for shot in shots) <= OPTIONS.longest_shot_s + 2
    assert len({shot.layout for shot in shots}) > 1


def test_the_picture_changes_between_sentences() -> None:
    words = monologue("rosa", 20)
    for before, after in pairwise(shots_of(words, (0.5, 70.0))):
        edge_s = before.interval.end_s
        assert edge_s == after.interval.start_s
        assert not any(word.interval.contains(edge_s) for word in words)


def test_somebody_without_a_picture_is_heard_behind_a_card() -> None:
    stage = Stage(("rosa", "daniel"), without_picture=frozenset({"daniel"}))
    shots = shots_of(monologue("daniel", 4), (20.0, 24.0), (0.5, 12.0), (30.0, 34.0), stage=stage)
    middle = [shot for shot in shots if shot.interval.end_s <= 12.0]
    assert "voice" in {shot.layout for shot in middle}
    assert all(shot.layout != "solo" or shot.people == ("rosa",) for shot in shots)
    assert all(shot.layout != "picture_in_picture" for shot in shots)


def test_a_talk_without_any_picture_has_only_cards() -> None:
    stage = Stage(("rosa", "daniel"), without_picture=frozenset(("rosa", "daniel")))
    shots = shots_of(invented(2, length_s=40.0).words, (0.0, 20.0), (25.0, 40.0), stage=stage)
    assert {shot.layout for shot in shots} == {"voice"}


def test_only_layouts_that_are_offered_are_used_with_as_many_people_as_they_show() -> None:
    limits = {each.name: each for each in KNOWN_LAYOUTS}
    for n_people in range(1, 5):
        for view in views(Stage(PEOPLE[:n_people])):
            limit = limits[view.layout]
            assert limit.min_people <= len(view.people) <= limit.max_people
    only_solo = Stage(PEOPLE, layouts=(LayoutLimits("solo", 1, 1),))
    assert {view.layout for view in views(only_solo)} == {"solo"}


def test_a_stage_without_a_layout_for_its_people_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the layouts"):
        views(Stage(("rosa",), layouts=(LayoutLimits("grid", 3, 4),)))


def test_reasons_stand_with_the_first_shot_of_a_passage() -> None:
    shots = shots_of(monologue("rosa", 20), (0.5, 30.0), (40.0, 60.0))
    reasons = [shot.reason for shot in shots]
    assert reasons[0].startswith("Kept 0. Shown: ")
    assert [reason for reason in reasons if "Kept 1." in reason] == [
        shot.reason for shot in shots if shot.interval.start_s == 40.0
    ]
    assert all("Shown: " in reason for reason in reasons)
