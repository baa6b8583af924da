"""Every layout keeps the promises of docs/adding/layout.md; a new one needs no test of its own."""

from itertools import combinations
from pathlib import Path

import pytest

import candid.engine.film.layouts
from candid.engine.film.defaults import ASPECTS, canvas_size
from candid.engine.film.geometry import Rect, Size
from candid.engine.film.layout import Layout
from candid.engine.film.layouts import LAYOUTS, layout_named

PAGE = Path(__file__).parents[3] / "docs" / "adding" / "layout.md"
CANVASES = [canvas_size(aspect, draft=draft) for aspect in ASPECTS for draft in (False, True)]
CANVASES += [Size(320, 180), Size(180, 320)]
CASES = [
    pytest.param(
        layout, n_people, canvas, id=f"{layout.name}-{n_people}-{canvas.width}x{canvas.height}"
    )
    for layout in LAYOUTS
    for n_people in range(layout.min_people, layout.max_people + 1)
    for canvas in CANVASES
]


def test_every_file_is_listed() -> None:
    folder = Path(candid.engine.film.layouts.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == {layout.name for layout in LAYOUTS}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout_is_described(layout: Layout) -> None:
    assert f"`{layout.name}`" in PAGE.read_text(encoding="utf-8")


def test_no_name_stands_twice() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        layout_named("split_screen")


@pytest.mark.parametrize(("layout", "n_people", "canvas"), CASES)
def test_every_person_has_a_tile_inside_the_canvas(
    layout: Layout, n_people: int, canvas: Size
) -> None:
    tiles = layout.tiles(n_people, canvas)
    assert len(tiles) == n_people
    assert all(tile.is_inside(canvas) for tile in tiles)
    assert all(length % 2 == 0 for t in tiles for length in (t.left, t.top, t.width, t.height))


@pytest.mark.parametrize(("layout", "n_people", "canvas"), CASES)
def test_tiles_overlap_only_where_the_layout_says_so(
    layout: Layout, n_people: int, canvas: Size
) -> None:
    pairs = combinations(layout.tiles(n_people, canvas), 2)
    assert any(first.overlaps(second) for first, second in pairs) == (
        layout.overlaps and n_people > 1
    )


@pytest.mark.parametrize(("layout", "n_people", "canvas"), CASES)
def test_nobody_is_the_guest_unless_tiles_overlap(
    layout: Layout, n_people: int, canvas: Size
) -> None:
    sizes = {tile.size for tile in layout.tiles(n_people, canvas)}
    assert len(sizes) == 1 or layout.overlaps


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_stand_in_fits_the_same_people_on_the_other_shapes(layout: Layout) -> None:
    if layout.otherwise is None:
        assert set(layout.shapes) == {"wide", "square", "tall"}
        return
    other = layout_named(layout.otherwise)
    assert set(layout.shapes) | set(other.shapes) == {"wide", "square", "tall"}
    assert (other.min_people, other.max_people) == (layout.min_people, layout.max_people)


@pytest.mark.parametrize("n_people", [1, 2, 3, 4])
def test_up_to_four_people_find_a_layout_with_pictures(n_people: int) -> None:
    assert any(
        layout.min_people <= n_people <= layout.max_people and layout.shows_picture
        for layout in LAYOUTS
    )


def test_side_by_side_leaves_a_line_between_two_equal_halves() -> None:
    left, right = layout_named("side_by_side").tiles(2, Size(1920, 1080))
    assert left == Rect(0, 0, 958, 1080)
    assert right == Rect(962, 0, 958, 1080)
