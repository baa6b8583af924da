"""Sizes and rectangles in pixels, and how a camera's picture is put into a tile."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

Shape = Literal["wide", "square", "tall"]

# The part of a picture that a crop must leave; beyond it the tile shows a border instead. To cut
# at the top and bottom of a phone held upright would leave a face without a forehead; at the
# sides of a wide picture there is room, and just as much as an upright film needs.
MIN_KEPT_HEIGHT = 0.45
MIN_KEPT_WIDTH = 0.30
# Where a crop takes its height from: faces stand in the upper middle of a picture.
UPPER_MIDDLE = 0.38


def even(length_px: float) -> int:
    """Return the nearest even number of pixels, >= 2: chroma is stored at half size."""
    return max(2, 2 * round(length_px / 2))


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, both > 0."""

    width: int
    height: int

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def shape(self) -> Shape:
        """Whether the picture is wide (from 5:4), tall (from 4:5) or about square."""
        if self.aspect >= 1.25:
            return "wide"
        return "tall" if self.aspect <= 0.8 else "square"

    @property
    def unit_px(self) -> float:
        """The unit of all type and margins: a 1080th of the shorter side."""
        return min(self.width, self.height) / 1080

    def turned(self, rotation_deg: int) -> Size:
        """Return the size after a rotation by a multiple of 90 degrees."""
        return Size(self.height, self.width) if rotation_deg % 180 else self


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels from the top left; right and bottom are exclusive."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is outside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is outside."""
        return self.top + self.height

    @property
    def size(self) -> Size:
        """Width and height alone."""
        return Size(self.width, self.height)

    def grown(self, by_px: int) -> Rect:
        """Return the rectangle with `by_px` more on every side."""
        return Rect(
            self.left - by_px, self.top - by_px, self.width + 2 * by_px, self.height + 2 * by_px
        )

    def is_inside(self, canvas: Size) -> bool:
        """Whether no pixel lies outside a canvas of this size."""
        return (
            min(self.left, self.top) >= 0
            and self.right <= canvas.width
            and self.bottom <= canvas.height
        )

    def overlaps(self, other: Rect) -> bool:
        """Whether both share at least one pixel."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


EMPTY = Rect(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Placement:
    """Which part of the upright picture is shown (`crop`) and where on the canvas (`target`).

    `target` lies inside the tile; where it is smaller, the rest shows a background.
    """

    crop: Rect
    target: Rect


def whole(canvas: Size) -> Rect:
    """Return the rectangle that covers the canvas."""
    return Rect(0, 0, canvas.width, canvas.height)


# Asked for every frame, and of few sizes in a film.
@functools.lru_cache(maxsize=256)
def place(picture: Size, tile: Rect) -> Placement:
    """Crop `picture` to fill `tile`, centred, taking height from the upper middle.

    Where filling would leave less than `MIN_KEPT_HEIGHT` or `MIN_KEPT_WIDTH`, just that much is
    kept and stands in the middle of the tile. All lengths are even; the crop has the
    target's aspect within one pixel pair.
    """
    wanted = tile.size.aspect
    least, most = picture.aspect * MIN_KEPT_WIDTH, picture.aspect / MIN_KEPT_HEIGHT
    aspect = min(max(wanted, least), most)
    return Placement(_crop(picture, aspect), _target(tile, aspect))


def _crop(picture: Size, aspect: float) -> Rect:
    width = min(picture.width, even(picture.height * aspect))
    height = min(picture.height, even(picture.width / aspect))
    left = even_floor((picture.width - width) / 2)
    top = even_floor((picture.height - height) * UPPER_MIDDLE)
    return Rect(left, top, width - width % 2, height - height % 2)


def _target(tile: Rect, aspect: float) -> Rect:
    width = min(tile.width, even(tile.height * aspect))
    height = min(tile.height, even(tile.width / aspect))
    left = tile.left + even_floor((tile.width - width) / 2)
    top = tile.top + even_floor((tile.height - height) / 2)
    return Rect(left, top, width, height)


def even_floor(length_px: float) -> int:
    """Return the largest even number that is not above `length_px`."""
    return 2 * int(length_px // 2)
