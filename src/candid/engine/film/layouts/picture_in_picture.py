"""One person fills the canvas, the other listens in a small tile above, away from all text."""

from candid.engine.film.geometry import Rect, Size, even, whole
from candid.engine.film.layout import Layout

# Of the canvas' shorter side: large enough to read a face on a phone.
TILE_HEIGHT = 0.30
MARGIN = 0.045


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return the canvas and a tile of 4:3 (3:4 on a tall canvas) at the upper right."""
    short = min(canvas.width, canvas.height)
    long_px, short_px = even(short * TILE_HEIGHT * 4 / 3), even(short * TILE_HEIGHT)
    width, height = (short_px, long_px) if canvas.shape == "tall" else (long_px, short_px)
    margin = even(short * MARGIN)
    return whole(canvas), Rect(canvas.width - margin - width, margin, width, height)


LAYOUT = Layout(name="picture_in_picture", min_people=2, max_people=2, tiles=tiles, overlaps=True)
