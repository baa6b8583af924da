"""The card of a person without a picture: night ground, the name, a gentle level."""

from __future__ import annotations

import av
from PIL import Image, ImageDraw

from candid.engine.film import look
from candid.engine.film.colour import frame_planes, new_frame, rgb_planes
from candid.engine.film.geometry import Size
from candid.engine.film.plan import VOICE_LEVELS
from candid.engine.film.text import ASCENT, TextStyle, draw_line, shortened, width_px

_BARS = (0.35, 0.6, 0.85, 1.0, 0.85, 0.6, 0.35)


def card_frame(name: str, level: int, size: Size) -> av.VideoFrame:
    """Return the card as a frame of `size`."""
    frame = new_frame(size.width, size.height)
    for onto, plane in zip(frame_planes(frame), rgb_planes(draw(name, level, size)), strict=True):
        onto[...] = plane
    return frame


def draw(name: str, level: int, size: Size) -> Image.Image:
    """Draw the card as an RGB image: the level is a row of rounded bars under the name."""
    image = Image.new("RGB", (size.width, size.height), look.NIGHT_CARD)
    canvas = ImageDraw.Draw(image)
    unit = min(size.width, size.height) / 540
    style = TextStyle("serif", max(8, round(52 * unit)), 520)
    text = shortened(name, style, round(size.width * 0.86))
    left = (size.width - width_px(text, style)) / 2
    baseline = size.height * 0.44 + ASCENT * style.size_px / 2
    draw_line(canvas, (left, baseline), text, style, look.NIGHT_INK)
    _draw_level(canvas, level, (size.width / 2, size.height * 0.44 + 92 * unit), unit)
    return image


def _draw_level(
    canvas: ImageDraw.ImageDraw, level: int, centre: tuple[float, float], unit: float
) -> None:
    width, step = 10 * unit, 22 * unit
    colour = look.NIGHT_SOFT if level else look.NIGHT_LINE
    for number, part in enumerate(_BARS):
        half = (width / 2) + 26 * unit * part * level / VOICE_LEVELS
        x = centre[0] + (number - (len(_BARS) - 1) / 2) * step
        box = (x - width / 2, centre[1] - half, x + width / 2, centre[1] + half)
        canvas.rounded_rectangle(box, radius=width / 2, fill=colour)
