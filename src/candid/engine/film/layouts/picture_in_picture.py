"""One person fills the canvas, the other listens in a small tile above, away from all text."""

from candid.engine.film.geometry import Rect, Size, even, whole
from candid.engine.film.layout import Layout

# Of the canvas' shorter side: large enough to read a face on a phone.
TILE_HEIGHT = 0.30
MARGIN = 0.045
# A picture held upright would have a border in a wide tile, and the other way about.
ASPECT = {"wide": 4 / 3, "square": 1.0, "tall": 1.0}


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return the canvas and a tile at the upper right, 4:3 on a wide canvas, else square."""
    short = min(canvas.width, canvas.height)
    height, margin = even(short * TILE_HEIGHT), even(short * MARGIN)
    width = even(height * ASPECT[canvas.shape])
    return whole(canvas), Rect(canvas.width - margin - width, margin, width, height)


LAYOUT = Layout(name="picture_in_picture", min_people=2, max_people=2, tiles=tiles, overlaps=True)
