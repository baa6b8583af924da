"""Measuring, breaking and drawing lines of text with the shipped fonts."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from PIL import ImageDraw

from candid.engine.film import fonts
from candid.engine.film.fonts import Family

# One box for every line of a size, whatever letters it holds: text does not jump.
ASCENT, DESCENT = 0.76, 0.24


@dataclass(frozen=True, slots=True)
class TextStyle:
    """A family at a size in pixels and a weight of 100 to 900."""

    family: Family
    size_px: int
    weight: int


def width_px(text: str, style: TextStyle) -> int:
    """Return how wide a line is drawn, in whole pixels."""
    return math.ceil(
        sum(
            fonts.load(path, style.size_px, style.weight).getlength(part)
            for part, path in fonts.runs(text, style.family)
        )
    )


def draw_line(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    style: TextStyle,
    colour: tuple[int, int, int],
) -> None:
    """Draw a line with its left end on the baseline point `at`."""
    x, baseline = at
    parts = fonts.runs(text, style.family)
    for part, path in reversed(parts) if _reads_right_to_left(text) else parts:
        font = fonts.load(path, style.size_px, style.weight)
        draw.text((x, baseline), part, font=font, fill=colour, anchor="ls")
        x += font.getlength(part)


def _reads_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction reads from right to left."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((way for way in directions if way in ("L", "R", "AL")), "L") != "L"


def wrap(text: str, style: TextStyle, most_px: int) -> tuple[str, ...]:
    """Break text at spaces into the fewest lines of at most `most_px`, as even as they go.

    A word wider than a line stands alone and sticks out; line breaks in `text` stay.
    """
    return tuple(
        line for part in text.splitlines() for line in _wrap_paragraph(part, style, most_px)
    )


def _wrap_paragraph(text: str, style: TextStyle, most_px: int) -> list[str]:
    fewest = _fill(text, style, most_px)
    narrow, wide = most_px // max(1, len(fewest)), most_px
    while narrow < wide:
        middle = (narrow + wide) // 2
        if len(_fill(text, style, middle)) <= len(fewest):
            wide = middle
        else:
            narrow = middle + 1
    return _fill(text, style, wide)


def _fill(text: str, style: TextStyle, most_px: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_px(longer, style) <= most_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def shortened(text: str, style: TextStyle, most_px: int) -> str:
    """Return text that fits into `most_px`, cut with an ellipsis where it must be."""
    if width_px(text, style) <= most_px:
        return text
    while text and width_px(text + "…", style) > most_px:
        text = text[:-1].rstrip()
    return text + "…"
