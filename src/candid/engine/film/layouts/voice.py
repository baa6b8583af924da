"""People without a picture: a calm card each, with the name and a gentle level."""

from candid.engine.film.geometry import Rect, Size, whole
from candid.engine.film.layout import Layout, columns, gap_px, rows
from candid.engine.film.layouts import grid


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return equal cards: columns when wide, rows otherwise, a grid from three on."""
    if n_people > 2:
        return grid.tiles(n_people, canvas)
    divide = columns if canvas.shape == "wide" else rows
    return divide(n_people, whole(canvas), gap_px(canvas))


LAYOUT = Layout(name="voice", min_people=1, max_people=4, tiles=tiles, shows_picture=False)
