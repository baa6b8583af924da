"""The film is decided as a value: tiles, frames, names, cards and what could not be kept."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from candid.engine.errors import BadInputError
from candid.engine.film.defaults import FilmOptions, canvas_size
from candid.engine.film.geometry import Rect, Size
from candid.engine.film.plan import FilmPlan, Picture, VoiceCard
from candid.engine.film.planning import plan_film
from candid.engine.timebase import ClockMap, Interval
from candid.engine.transcript.words import Word
from tests.engine.film.material import (
    DrawnCamera,
    aligned,
    camera,
    cut,
    microphone,
    take,
    voice,
)

SMALL = FilmOptions(canvas=Size(640, 360))
TWO = (take("a", camera=camera(20)), take("b", camera=camera(20)))


def planned(shots: list[tuple[float, float, str, str]], **options: object) -> FilmPlan:
    names: dict[str, str | None] = {"a": "Rosa", "b": "Daniel"}
    film_options = FilmOptions(canvas=Size(640, 360), **options)  # type: ignore[arg-type]
    return plan_film(cut(shots, names=names), aligned(TWO), TWO, (), film_options)


def test_tiles_come_from_the_layout_in_the_order_of_people() -> None:
    plan = planned([(0, 2, "side_by_side", "ba")])
    tiles = plan.shots[0].tiles
    assert [tile.participant_id for tile in tiles] == ["b", "a"]
    assert [tile.rect for tile in tiles] == [Rect(0, 0, 318, 360), Rect(320, 0, 318, 360)]


def test_every_frame_shows_its_own_moment_of_the_call() -> None:
    plan = planned([(1.0, 2.0, "solo", "a"), (5.0, 6.0, "solo", "b")])
    first, second = plan.shots
    assert (first.start_frame, first.n_frames) == (0, 30)
    assert (second.start_frame, second.n_frames) == (30, 30)
    times_s = [shown.take_s for shown in second.tiles[0].frames if isinstance(shown, Picture)]
    assert np.allclose(times_s, 5 + np.arange(30) / 30)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30), Fraction(30_000, 1001)])
def test_picture_and_sound_stay_together_over_many_shots(rate: Fraction) -> None:
    shots = [(k * 0.7, k * 0.7 + 0.333, "solo", "a") for k in range(25)]
    plan = planned(shots, rate=rate)
    for shot, clip, placed in zip(plan.shots, plan.sound.clips, plan.timeline.shots, strict=True):
        heard_s = clip.call_s + float(shot.start_frame / rate - Fraction(clip.start_sample, 48_000))
        assert heard_s == pytest.approx(placed.call_frame / float(rate), abs=1e-9)
    assert plan.sound.n_samples == round(plan.n_frames / rate * 48_000)


def test_a_drifting_take_is_read_on_its_own_clock() -> None:
    drifting = ClockMap(((0.0, 2.0), (100.0, 102.01)))
    plan = plan_film(cut([(10, 11, "solo", "b")]), aligned(TWO, b=drifting), TWO, (), SMALL)
    wanted_s = drifting.inverse()(10 + np.arange(30) / 30)
    shown = plan.shots[0].tiles[0].frames
    times_s = np.asarray([each.take_s for each in shown if isinstance(each, Picture)])
    assert np.abs(times_s - wanted_s).max() <= 0.5 / 30 + 1e-9


def test_on_an_upright_canvas_people_stand_one_above_the_other() -> None:
    options = FilmOptions(canvas=canvas_size("9:16", draft=True))
    plan = plan_film(cut([(0, 2, "side_by_side", "ab")]), aligned(TWO), TWO, (), options)
    upper, lower = plan.shots[0].tiles
    assert plan.shots[0].layout == "stacked"
    assert upper.rect.bottom < lower.rect.top
    assert upper.rect.size == lower.rect.size


@pytest.mark.parametrize(
    ("shot", "says"),
    [
        ((0, 1, "split", "ab"), "known are solo"),
        ((0, 1, "solo", "ab"), "shows 2 people"),
        ((0, 1, "grid", "ab"), "takes 3 to 4"),
        ((0, 1, "solo", "c"), "who has no take"),
    ],
)
def test_a_shot_that_cannot_be_drawn_is_refused_by_name(
    shot: tuple[float, float, str, str], says: str
) -> None:
    with pytest.raises(BadInputError, match=says) as caught:
        planned([shot])
    assert caught.value.where == "shot s1"


def test_struck_time_never_enters_a_film() -> None:
    struck = (take("a", camera=camera(20), struck=(Interval(4.0, 5.0),)), TWO[1])
    late = ClockMap.offset(1.0)
    with pytest.raises(BadInputError, match="was struck"):
        plan_film(cut([(5.5, 7, "solo", "b")]), aligned(struck, a=late), struck, (), SMALL)
    plan = plan_film(cut([(6.0, 7, "solo", "b")]), aligned(struck, a=late), struck, (), SMALL)
    assert plan.n_frames == 30


def names_in(plan: FilmPlan) -> list[tuple[str, str]]:
    return [
        (shot.shot_id, overlay.lines[0])
        for shot in plan.shots
        for overlay in shot.overlays
        if overlay.kind == "lower_third"
    ]


def test_everybody_is_named_once_and_long_enough_to_be_read() -> None:
    plan = planned([(0, 1, "solo", "a"), (1, 6, "side_by_side", "ab"), (6, 11, "solo", "a")])
    assert names_in(plan) == [("s2", "Rosa"), ("s2", "Daniel")]
    for overlay in plan.shots[1].overlays:
        assert overlay.opacity(overlay.first_frame - 1) == 0
        assert 0 < overlay.opacity(overlay.first_frame) < 1
        assert overlay.opacity((overlay.first_frame + overlay.end_frame) // 2) == 1
        assert overlay.opacity(overlay.end_frame) == 0


def test_in_short_shots_the_name_stands_in_the_longest() -> None:
    plan = planned([(0, 1, "solo", "a"), (1, 2.2, "solo", "b"), (3, 4.5, "solo", "a")])
    assert names_in(plan) == [("s2", "Daniel"), ("s3", "Rosa")]


def test_the_small_tile_bears_no_name() -> None:
    plan = planned([(0, 5, "picture_in_picture", "ab")])
    assert names_in(plan) == [("s1", "Rosa")]


def test_names_lie_inside_their_tile() -> None:
    long = {"a": "Wolfeschlegelsteinhausenbergerdorff the Elder of Somewhere", "b": "Bo"}
    shots = cut([(0, 5, "side_by_side", "ab")], names=dict(long))
    shot = plan_film(shots, aligned(TWO), TWO, (), SMALL).shots[0]
    for tile, overlay in zip(shot.tiles, shot.overlays, strict=True):
        assert tile.rect.left < overlay.rect.left
        assert overlay.rect.right < tile.rect.right
        assert overlay.rect.bottom < tile.rect.bottom
    assert shot.overlays[0].lines[0].endswith("…")


def test_cards_stand_before_and_after_and_shift_the_shots() -> None:
    film = cut(
        [(0, 2, "solo", "a")],
        names={"a": "Rosa"},
        title="Two years",
        signpost="If you need somebody\nCall",
    )
    plan = plan_film(film, aligned(TWO), TWO, (), SMALL)
    title, shot, end = plan.shots
    assert title.card is not None
    assert (title.card.heading, title.card.lines) == ("Two years", ("Rosa",))
    assert end.card is not None
    assert (end.card.heading, end.card.lines) == ("If you need somebody", ("Call",))
    assert shot.start_frame == title.n_frames == 105
    assert end.end_frame == plan.n_frames
    assert plan.sound.clips[0].start_sample == 105 * 1600
    assert plan.chapters[0].title == "Two years"


def test_a_long_signpost_is_headed_by_its_first_sentence() -> None:
    signpost = "You do not have to carry it alone. Talk to somebody you trust, or to your doctor."
    film = cut([(0, 2, "solo", "a")], signpost=signpost)
    card = plan_film(film, aligned(TWO), TWO, (), SMALL).shots[-1].card
    assert card is not None
    assert card.heading == "You do not have to carry it alone."
    assert card.lines == ("Talk to somebody you trust, or to your doctor.",)


def test_a_hole_in_a_camera_is_reported_with_its_length() -> None:
    times_s = np.concatenate([np.arange(60) / 30, 3 + np.arange(60) / 30])
    holed = (take("a", camera=DrawnCamera(times_s)),)
    plan = plan_film(cut([(1, 4, "solo", "a")]), aligned(holed), holed, (), SMALL)
    assert len(plan.notes) == 1
    assert "shot s1: a stands still for 0." in plan.notes[0]


def test_a_take_without_a_picture_is_a_card_with_a_level(tmp_path: Path) -> None:
    sound = voice(4, 3, level=0.2)
    sound[: 2 * 48_000] = 0
    heard = (take("a", microphone=microphone(tmp_path / "a.pcm", sound)),)
    plan = plan_film(
        cut([(1, 3, "solo", "a")], names={"a": "Rosa"}), aligned(heard), heard, (), SMALL
    )
    shown = plan.shots[0].tiles[0].frames
    assert shown[0] == VoiceCard(0)
    assert max(each.level for each in shown if isinstance(each, VoiceCard)) >= 4
    assert plan.notes == ()
    assert names_in(plan) == []


def test_letters_that_no_font_has_are_reported() -> None:
    film = cut([(0, 2, "solo", "a")], names={"a": "李 Rosa"})
    plan = plan_film(film, aligned(TWO), TWO, (), SMALL)
    assert plan.notes == ("cards and names: no font has 李; a box is drawn instead",)


def test_a_poster_is_taken_where_most_people_are_seen() -> None:
    plan = planned([(0, 4, "solo", "a"), (4, 6, "side_by_side", "ab")])
    assert plan.poster.candidates
    assert all(len(tiles) == 2 for tiles in plan.poster.candidates)
    assert all(len(tile.frames) == 1 for tiles in plan.poster.candidates for tile in tiles)


def test_a_poster_is_taken_while_nobody_speaks() -> None:
    words = [
        Word("w1", "a", "a", "one", Interval(0.0, 2.2)),
        Word("w2", "b", "b", "two", Interval(2.8, 6.0)),
    ]
    film = cut([(0, 6, "side_by_side", "ab")])
    plan = plan_film(film, aligned(TWO), TWO, words, SMALL)
    (best, _), *_ = plan.poster.candidates
    assert isinstance(best.frames[0], Picture)
    assert best.frames[0].take_s == pytest.approx(2.5, abs=0.05)


def test_picture_and_sound_move_by_the_phase_together() -> None:
    plan = planned([(1.0, 2.0, "solo", "a")], phase_s=0.0125)
    first_s = plan.timeline.shots[0].call_s(0)
    assert first_s == pytest.approx(1.0125, abs=1e-9)
    assert plan.sound.clips[0].call_s == pytest.approx(first_s, abs=1e-9)


def test_the_one_who_listens_is_ducked() -> None:
    words = [
        Word("1", "a", "take-a", "Hello.", Interval(1.0, 3.0)),
        Word("2", "b", "take-b", "Hello?", Interval(4.0, 6.0)),
    ]
    plan = plan_film(cut([(0, 8, "solo", "a")]), aligned(TWO), TWO, words, SMALL)
    curves = {curve.participant_id: np.asarray(curve.knots) for curve in plan.sound.gains}
    gains = {
        person: lambda at_s, knots=knots: float(np.interp(at_s, knots[:, 0], knots[:, 1]))
        for person, knots in curves.items()
    }
    ducked_db = SMALL.sound.duck_db
    assert gains["b"](2.0) == ducked_db
    assert gains["a"](2.0) == 0
    assert gains["b"](3.9) == ducked_db  # nothing moves in the pause
    assert gains["b"](4.0) == 0  # up before the word
    assert gains["a"](5.0) == ducked_db
