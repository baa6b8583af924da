"""One person fills the canvas."""

from candid.engine.film.geometry import Rect, Size, whole
from candid.engine.film.layout import Layout


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return the whole canvas."""
    return (whole(canvas),)


LAYOUT = Layout(name="solo", min_people=1, max_people=1, tiles=tiles)
