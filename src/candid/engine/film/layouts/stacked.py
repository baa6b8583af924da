"""Two people one above the other, the same size to the pixel: for upright screens."""

from candid.engine.film.geometry import Rect, Size, whole
from candid.engine.film.layout import Layout, gap_px, rows


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return equal rows."""
    return rows(n_people, whole(canvas), gap_px(canvas))


LAYOUT = Layout(
    name="stacked",
    min_people=2,
    max_people=2,
    tiles=tiles,
    shapes=("square", "tall"),
    otherwise="side_by_side",
)
