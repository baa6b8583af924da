"""What a layout is: people present -> rectangles. The layouts themselves are in `layouts/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from candid.engine.film.geometry import Rect, Shape, Size, even, even_floor


@dataclass(frozen=True, slots=True)
class Layout:
    """An arrangement of `min_people` to `max_people` on a canvas.

    `tiles(n_people, canvas)` returns one rectangle a person, in the order of the people
    and of drawing: a later one lies over an earlier one, which only a layout with
    `overlaps` may use. `shapes` are the canvas shapes it is made for; on another shape
    the layout named `otherwise` takes its place. Without `shows_picture` every tile is
    a voice card.
    """

    name: str
    min_people: int
    max_people: int
    tiles: Callable[[int, Size], tuple[Rect, ...]]
    shapes: tuple[Shape, ...] = ("wide", "square", "tall")
    otherwise: str | None = None
    overlaps: bool = False
    shows_picture: bool = True


def gap_px(canvas: Size) -> int:
    """Return the width of the line between two tiles: even, about a 270th of the canvas."""
    return even(4 * canvas.unit_px)


def columns(n_columns: int, area: Rect, gap: int) -> tuple[Rect, ...]:
    """Divide `area` into equal columns with `gap` pixels between them."""
    width = even_floor((area.width - gap * (n_columns - 1)) / n_columns)
    # What does not divide evenly is shared by the two outer edges.
    start = area.left + even_floor((area.width - n_columns * width - gap * (n_columns - 1)) / 2)
    return tuple(
        Rect(start + at * (width + gap), area.top, width, area.height) for at in range(n_columns)
    )


def rows(n_rows: int, area: Rect, gap: int) -> tuple[Rect, ...]:
    """Divide `area` into equal rows with `gap` pixels between them."""
    turned = Rect(area.top, area.left, area.height, area.width)
    return tuple(
        Rect(each.top, each.left, each.height, each.width) for each in columns(n_rows, turned, gap)
    )
