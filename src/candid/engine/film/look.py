"""The film's look: colours and type, after the design's paper, ink and one deep teal."""

from __future__ import annotations

from candid.engine.film.geometry import Size
from candid.engine.film.text import TextStyle

PAPER = (250, 247, 242)
INK = (31, 38, 43)
INK_SOFT = (86, 97, 106)
LINE = (226, 219, 208)
TEAL = (11, 90, 92)
NIGHT = (18, 23, 26)
NIGHT_CARD = (28, 35, 39)
NIGHT_LINE = (51, 64, 71)
NIGHT_INK = (242, 239, 233)
NIGHT_SOFT = (169, 181, 187)
PLATE = (12, 16, 18)
# Of 255: dark enough for 4.5:1 with white text over a white wall.
PLATE_OPACITY = 199


def px(units: float, canvas: Size) -> int:
    """Return a length given for a canvas of 1080 pixels on its shorter side, at least 1."""
    return max(1, round(units * canvas.unit_px))


def caption_style(canvas: Size) -> TextStyle:
    """Return the type of burned captions."""
    return TextStyle("sans", px(46, canvas), 560)


def name_style(canvas: Size) -> TextStyle:
    """Return the type of lower thirds."""
    return TextStyle("sans", px(40, canvas), 600)
