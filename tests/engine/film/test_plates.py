"""Plates are drawn as planned and blended only within their rectangle."""

import numpy as np
import pytest
from PIL import Image

from candid.engine.film import look
from candid.engine.film.cards import blank_card, draw_card
from candid.engine.film.colour import Planes, rgb_planes, yuv
from candid.engine.film.geometry import Rect, Size
from candid.engine.film.plan import VOICE_LEVELS, CardPlan
from candid.engine.film.plates import draw_plate, lay_over, plate_picture, plate_size
from candid.engine.film.voice_card import draw

LINES = ("And she did not say anything clever.", "She stayed.")


def wall(width: int, height: int) -> Planes:
    return rgb_planes(Image.new("RGB", (width, height), (255, 255, 255)))


def writable(planes: Planes) -> Planes:
    return Planes(*(plane.copy() for plane in planes))


@pytest.mark.parametrize("size_px", [14, 31, 46])
def test_a_plate_is_as_large_as_planned(size_px: int) -> None:
    size = plate_size("caption", LINES, size_px)
    assert draw_plate("caption", LINES, size_px).size == (size.width, size.height)


def test_letters_stay_clear_of_the_plate_s_edges() -> None:
    image = draw_plate("caption", ("Äy|gjpqQ",), 46)
    letters = np.asarray(image.convert("RGB")).max(axis=2) > 128
    rows, columns = np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))
    assert rows[0] >= 4
    assert rows[-1] < image.height - 4
    assert columns[0] >= 20
    assert columns[-1] < image.width - 20


def test_only_the_rectangle_is_touched() -> None:
    canvas = writable(wall(640, 360))
    picture = plate_picture(draw_plate("lower_third", ("Rosa",), 30))
    height, width = picture.planes.y.shape
    rect = Rect(40, 200, width, height)
    lay_over(canvas, picture, rect, 1.0)
    changed = np.argwhere(canvas.y != wall(640, 360).y)
    assert changed.min(axis=0).tolist() >= [rect.top, rect.left]
    assert changed.max(axis=0).tolist() <= [rect.bottom - 1, rect.right - 1]


def test_white_letters_on_a_white_wall_have_enough_contrast() -> None:
    """WCAG 2.2 asks for 4.5:1; the plate over white is the worst case."""
    canvas = writable(wall(200, 100))
    picture = plate_picture(draw_plate("caption", (" ",), 46))
    height, width = picture.planes.y.shape
    lay_over(canvas, picture, Rect(0, 0, width, height), 1.0)
    grey = (int(canvas.y[height // 2, width // 2]) - 16) / 219
    linear = ((grey + 0.055) / 1.055) ** 2.4
    assert 1.05 / (linear + 0.05) >= 4.5


def test_a_fading_plate_is_between_nothing_and_all() -> None:
    picture = plate_picture(draw_plate("caption", ("Hello.",), 46))
    height, width = picture.planes.y.shape
    shown = []
    for opacity in (0.0, 0.5, 1.0):
        canvas = writable(wall(width, height))
        lay_over(canvas, picture, Rect(0, 0, width, height), opacity)
        shown.append(canvas.y.astype(int))
    none, half, full = shown
    assert np.array_equal(none, wall(width, height).y)
    assert np.abs(half - (none + full) / 2).max() <= 2


@pytest.mark.parametrize("canvas", [Size(1920, 1080), Size(360, 640), Size(720, 720)])
@pytest.mark.parametrize("kind", ["title", "end"])
def test_a_card_s_words_stay_within_its_margins(canvas: Size, kind: str) -> None:
    heading = "It took me two years to say it, and one morning to be asked"
    lines = ("Rosa & Daniel", "A line that is long enough to be broken on every canvas there is")
    card = CardPlan(kind, heading, lines, 10)  # type: ignore[arg-type]
    drawn = np.asarray(draw_card(card, canvas)).astype(int)
    inked = np.argwhere(np.abs(drawn - np.asarray(look.PAPER)).max(axis=2) > 60)
    top, left = inked.min(axis=0)
    bottom, right = inked.max(axis=0)
    assert left >= 0.08 * canvas.width
    assert right <= 0.92 * canvas.width
    assert top > 0.1 * canvas.height
    assert bottom < 0.9 * canvas.height
    assert abs((left + right) / 2 - canvas.width / 2) < 0.03 * canvas.width


def test_paper_is_a_colour_that_video_can_hold() -> None:
    y, u, v = (int(plane[0, 0]) for plane in rgb_planes(blank_card(Size(64, 64))))
    assert (y, u, v) == yuv(look.PAPER)
    red = y - 16 + 1.5748 / 224 * 219 * (v - 128)
    blue = y - 16 + 1.8556 / 224 * 219 * (u - 128)
    assert red > blue  # warm, as paper is


def test_the_level_on_a_voice_card_grows_with_the_voice() -> None:
    size = Size(640, 360)
    lit = [
        int((np.asarray(draw("Rosa", level, size)).max(axis=2) > 120).sum())
        for level in range(VOICE_LEVELS + 1)
    ]
    assert lit == sorted(lit)
    assert len(set(lit)) == len(lit)
