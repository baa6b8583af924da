"""A picture is cropped to fill its tile, from the upper middle, and never too hard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candid.engine.film.defaults import canvas_size
from candid.engine.film.geometry import (
    MIN_KEPT_HEIGHT,
    MIN_KEPT_WIDTH,
    Rect,
    Size,
    place,
)

EVEN = st.integers(10, 1000).map(lambda n: 2 * n)


@given(EVEN, EVEN, EVEN, EVEN, EVEN, EVEN)
def test_a_placed_picture_stays_inside_picture_and_tile(
    width: int, height: int, left: int, top: int, tile_width: int, tile_height: int
) -> None:
    picture, tile = Size(width, height), Rect(left, top, tile_width, tile_height)
    placement = place(picture, tile)
    assert placement.crop.is_inside(picture)
    assert tile.left <= placement.target.left
    assert placement.target.right <= tile.right
    assert tile.top <= placement.target.top
    assert placement.target.bottom <= tile.bottom
    numbers = (placement.crop, placement.target)
    assert all(n % 2 == 0 for r in numbers for n in (r.left, r.top, r.width, r.height))


@given(
    st.integers(100, 2000), st.integers(100, 2000), st.integers(100, 2000), st.integers(100, 2000)
)
def test_a_crop_never_stretches_and_keeps_enough(
    width: int, height: int, tile_width: int, tile_height: int
) -> None:
    placement = place(Size(width, height), Rect(0, 0, tile_width // 2 * 2, tile_height // 2 * 2))
    crop, target = placement.crop, placement.target
    # Both sides are rounded to even pixels, which is all that may distort.
    across = 1 + 2 / min(crop.width, target.width)
    down = 1 + 2 / min(crop.height, target.height)
    assert crop.size.aspect / target.size.aspect == pytest.approx(1, abs=across * down - 1 + 0.02)
    assert crop.width / width > MIN_KEPT_WIDTH - 0.04
    assert crop.height / height > MIN_KEPT_HEIGHT - 0.04


def test_a_wide_picture_fills_a_wide_canvas_whole() -> None:
    placement = place(Size(1280, 720), Rect(0, 0, 1920, 1080))
    assert placement.crop == Rect(0, 0, 1280, 720)
    assert placement.target == Rect(0, 0, 1920, 1080)


def test_height_is_taken_from_the_upper_middle() -> None:
    crop = place(Size(1000, 1000), Rect(0, 0, 1600, 900)).crop
    above, below = crop.top, 1000 - crop.bottom
    assert 0 < above < below


def test_a_phone_held_upright_gets_a_border_in_a_wide_canvas() -> None:
    placement = place(Size(1080, 1920), Rect(0, 0, 1920, 1080))
    assert placement.target.height == 1080
    assert placement.target.width < 1920
    assert abs(placement.target.left - (1920 - placement.target.right)) <= 2


def test_a_wide_picture_fills_an_upright_canvas() -> None:
    placement = place(Size(1280, 720), Rect(0, 0, 1080, 1920))
    assert placement.target == Rect(0, 0, 1080, 1920)
    assert placement.crop.height == 720


def test_the_canvas_has_1080_pixels_on_its_shorter_side() -> None:
    assert canvas_size("16:9") == Size(1920, 1080)
    assert canvas_size("9:16") == Size(1080, 1920)
    assert canvas_size("1:1") == Size(1080, 1080)
    assert canvas_size("16:9", draft=True) == Size(1280, 720)


@pytest.mark.parametrize("canvas", [Size(1920, 1080), Size(640, 360), Size(1440, 1080)])
def test_a_canvas_from_5_to_4_on_is_wide(canvas: Size) -> None:
    assert canvas.shape == "wide"
    assert Size(canvas.height, canvas.width).turned(90) == canvas
    assert Size(canvas.height, canvas.width).shape == "tall"
