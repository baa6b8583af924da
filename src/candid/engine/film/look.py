"""The film's look: colours, type and margins, after the design's paper, ink and one deep teal."""

from __future__ import annotations

from candid.engine.film.geometry import Size

# The design's #faf7f2, moved by one to a colour that 8-bit video can hold; its nearest
# neighbour there is pink.
PAPER = (249, 247, 241)
INK = (31, 38, 43)
INK_SOFT = (86, 97, 106)
TEAL = (11, 90, 92)
NIGHT = (18, 23, 26)
NIGHT_CARD = (28, 35, 39)
NIGHT_LINE = (51, 64, 71)
NIGHT_INK = (242, 239, 233)
NIGHT_SOFT = (169, 181, 187)
PLATE = (12, 16, 18)
# Of 255: dark enough for 4.5:1 with white letters over a white wall.
PLATE_OPACITY = 199

# Of the canvas' height: above this line nothing covers our words. Players of upright
# films lay their own buttons and texts over the lowest sixth.
_SAFE = {"wide": 0.945, "square": 0.945, "tall": 0.80}


def px(units: float, canvas: Size) -> int:
    """Return a length given for a canvas of 1080 pixels on its shorter side, at least 1."""
    return max(1, round(units * canvas.unit_px))


def caption_px(canvas: Size) -> int:
    """Return the type size of burned captions: 42 characters fit on every canvas."""
    return px(46 if canvas.shape == "wide" else 42, canvas)


def name_px(canvas: Size) -> int:
    """Return the type size of lower thirds."""
    return px(40, canvas)


def safe_bottom(canvas: Size) -> int:
    """Return the lowest line, in pixels from the top, that words may stand on."""
    return round(canvas.height * _SAFE[canvas.shape])
