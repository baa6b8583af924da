"""Two people next to each other, the same size to the pixel."""

from candid.engine.film.geometry import Rect, Size, whole
from candid.engine.film.layout import Layout, columns, gap_px


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return equal columns."""
    return columns(n_people, whole(canvas), gap_px(canvas))


LAYOUT = Layout(
    name="side_by_side",
    min_people=2,
    max_people=2,
    tiles=tiles,
    shapes=("wide",),
    otherwise="stacked",
)
