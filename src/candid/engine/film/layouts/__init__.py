"""The list of layouts: to add one, write its file and name it here (docs/adding/layout.md)."""

from candid.engine.film.layout import Layout
from candid.engine.film.layouts import (
    grid,
    picture_in_picture,
    side_by_side,
    solo,
    stacked,
    voice,
)

LAYOUTS: tuple[Layout, ...] = (
    solo.LAYOUT,
    side_by_side.LAYOUT,
    stacked.LAYOUT,
    picture_in_picture.LAYOUT,
    grid.LAYOUT,
    voice.LAYOUT,
)


def layout_named(name: str) -> Layout:
    """Return the layout of this name. Raises KeyError where there is none."""
    return {layout.name: layout for layout in LAYOUTS}[name]
