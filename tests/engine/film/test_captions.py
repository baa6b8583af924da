"""Burned captions: where they stand, how they fit, and what makes way for them."""

import pytest

from candid.engine.film.captions import captions_bottom, with_captions
from candid.engine.film.defaults import ASPECTS, FilmOptions, canvas_size
from candid.engine.film.geometry import Size
from candid.engine.film.plan import FilmPlan, Overlay
from candid.engine.film.planning import plan_film
from candid.engine.timebase import Interval
from candid.engine.transcript.cues import Cue, CueLine
from tests.engine.film.material import aligned, camera, cut, take

TWO = (take("a", camera=camera(20)), take("b", camera=camera(20)))


def cue(start_s: float, end_s: float, *lines: str) -> Cue:
    span = Interval(start_s, end_s)
    return Cue(span, tuple(CueLine("a", text, ()) for text in lines), span)


def captioned(
    cues: list[Cue],
    shots: list[tuple[float, float, str, str]] | None = None,
    canvas: Size | None = None,
    title: str | None = None,
) -> FilmPlan:
    shots = shots or [(0, 4, "solo", "a"), (4, 8, "side_by_side", "ab")]
    options = FilmOptions(canvas=canvas or Size(640, 360))
    film = cut(shots, names={"a": "Rosa", "b": "Daniel"}, title=title)
    return with_captions(plan_film(film, aligned(TWO), TWO, (), options), cues)


def captions_of(plan: FilmPlan) -> list[tuple[str, Overlay]]:
    return [
        (shot.shot_id, overlay)
        for shot in plan.shots
        for overlay in shot.overlays
        if overlay.kind == "caption"
    ]


def test_a_caption_is_seen_from_its_first_to_its_last_frame() -> None:
    [(shot_id, overlay)] = captions_of(captioned([cue(1.0, 2.5, "Hello.")]))
    assert shot_id == "s1"
    assert (overlay.first_frame, overlay.end_frame) == (30, 75)
    assert overlay.opacity(30) == 1


def test_a_caption_over_a_joint_goes_on_in_the_next_shot() -> None:
    (first, before), (second, after) = captions_of(captioned([cue(3.5, 4.5, "Hello.")]))
    assert (first, second) == ("s1", "s2")
    assert (before.first_frame, before.end_frame) == (105, 120)
    assert (after.first_frame, after.end_frame) == (0, 15)


def test_no_caption_stands_on_a_card() -> None:
    plan = captioned([cue(1.0, 2.0, "On the card."), cue(4.0, 5.0, "On the shot.")], title="Title")
    assert [shot_id for shot_id, _ in captions_of(plan)] == ["s1"]


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("draft", [False, True])
def test_two_lines_of_42_wide_letters_stay_two_lines_inside_the_canvas(
    aspect: str, *, draft: bool
) -> None:
    canvas = canvas_size(aspect, draft=draft)
    [(_, overlay)] = captions_of(captioned([cue(1, 2, "M" * 42, "W" * 42)], canvas=canvas))
    assert overlay.lines == ("M" * 42, "W" * 42)
    assert overlay.rect.is_inside(canvas)
    assert overlay.rect.left >= 0.03 * canvas.width
    assert abs(overlay.rect.left + overlay.rect.right - canvas.width) <= 2


@pytest.mark.parametrize("aspect", ASPECTS)
def test_ordinary_captions_have_one_size_of_type(aspect: str) -> None:
    lines = ("When did you first tell somebody about it", "and how did that feel on the day after?")
    plan = captioned([cue(1, 2, *lines), cue(2, 3, "Yes.")], canvas=canvas_size(aspect))
    assert len({overlay.size_px for _, overlay in captions_of(plan)}) == 1


def test_in_rows_captions_stand_at_the_foot_of_the_row_above() -> None:
    canvas = canvas_size("9:16")
    plan = captioned([cue(1, 2, "Hello.")], [(0, 4, "side_by_side", "ab")], canvas)
    upper, lower = plan.shots[0].tiles
    [(_, overlay)] = captions_of(plan)
    assert upper.rect.top < overlay.rect.top
    assert overlay.rect.bottom < upper.rect.bottom
    assert captions_bottom(plan.shots[0].tiles, canvas) < lower.rect.top


def test_the_small_tile_of_picture_in_picture_is_no_row() -> None:
    plan = captioned([cue(1, 2, "Hello.")], [(0, 4, "picture_in_picture", "ab")])
    [(_, overlay)] = captions_of(plan)
    assert overlay.rect.top > 0.7 * 360


@pytest.mark.parametrize("aspect", ASPECTS)
def test_names_make_way_for_two_lines(aspect: str) -> None:
    canvas = canvas_size(aspect)
    plan = captioned([cue(1, 3, "First line of two.", "Second line.")], canvas=canvas)
    for shot in plan.shots:
        names = [each for each in shot.overlays if each.kind == "lower_third"]
        captions = [each for each in shot.overlays if each.kind == "caption"]
        assert all(name.rect.is_inside(canvas) for name in names)
        assert not any(name.rect.overlaps(c.rect) for name in names for c in captions)
    assert len(plan.shots[0].overlays) == 2


def test_letters_that_no_font_has_are_reported_with_the_captions() -> None:
    plan = captioned([cue(1, 2, "I said 🙂 and left.")])
    assert plan.notes == ("captions: no font has 🙂; a box is drawn instead",)
