"""Three or four people, all the same size: two and two, or one below another when tall."""

from candid.engine.film.geometry import Rect, Size, even_floor, whole
from candid.engine.film.layout import Layout, columns, gap_px, rows


def tiles(n_people: int, canvas: Size) -> tuple[Rect, ...]:
    """Return equal tiles; the third of three stands in the middle below."""
    gap = gap_px(canvas)
    lines = rows(n_people if canvas.shape == "tall" else 2, whole(canvas), gap)
    if canvas.shape == "tall":
        return lines
    cells = tuple(cell for line in lines for cell in columns(2, line, gap))
    if n_people == 4:
        return cells
    third = cells[2]
    middle = even_floor((canvas.width - third.width) / 2)
    return (*cells[:2], Rect(middle, third.top, third.width, third.height))


LAYOUT = Layout(name="grid", min_people=3, max_people=4, tiles=tiles)
