"""Plates: text on a soft dark ground with round corners, and laying them over a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from candid.engine.film import look
from candid.engine.film.colour import Planes, rgb_planes
from candid.engine.film.geometry import Rect, Size, even
from candid.engine.film.plan import Overlay
from candid.engine.film.text import ASCENT, TextStyle, draw_line, width_px

_SMOOTHING = 4


@dataclass(frozen=True, slots=True)
class PlateType:
    """How a plate's text stands: style, line step, padding and corner radius in pixels."""

    style: TextStyle
    line_px: int
    pad_x_px: int
    pad_y_px: int
    radius_px: int
    is_centred: bool


def plate_size(lines: tuple[str, ...], kind: PlateType) -> Size:
    """Return the size of the plate that holds these lines; both lengths are even."""
    widest = max(width_px(line, kind.style) for line in lines)
    return Size(
        even(widest + 2 * kind.pad_x_px), even(len(lines) * kind.line_px + 2 * kind.pad_y_px)
    )


def draw_plate(lines: tuple[str, ...], kind: PlateType) -> Image.Image:
    """Draw the plate as an RGBA image of `plate_size`."""
    size = plate_size(lines, kind)
    image = Image.new("RGBA", (size.width, size.height), (*look.PLATE, 0))
    image.putalpha(_rounded(size, kind.radius_px))
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        spare = size.width - 2 * kind.pad_x_px - width_px(line, kind.style)
        left = kind.pad_x_px + (spare / 2 if kind.is_centred else 0)
        top = kind.pad_y_px + row * kind.line_px
        baseline = top + (kind.line_px - kind.style.size_px) / 2 + ASCENT * kind.style.size_px
        _draw_opaque(draw, image, (left, baseline), line, kind.style)
    return image


def _draw_opaque(
    draw: ImageDraw.ImageDraw,
    image: Image.Image,
    at: tuple[float, float],
    line: str,
    style: TextStyle,
) -> None:
    """Draw letters over the plate: their edges blend with it, their alpha adds to its."""
    layer = Image.new("RGBA", image.size, (255, 255, 255, 0))
    draw_line(ImageDraw.Draw(layer), at, line, style, (255, 255, 255))
    image.alpha_composite(layer)


def _rounded(size: Size, radius_px: int) -> Image.Image:
    """Return the plate's opacity with smooth round corners."""
    large = Image.new("L", (size.width * _SMOOTHING, size.height * _SMOOTHING), 0)
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, radius_px * _SMOOTHING, fill=look.PLATE_OPACITY)
    return large.resize((size.width, size.height), Image.Resampling.BOX)


@dataclass(frozen=True, slots=True)
class PlatePicture:
    """A plate ready to be laid over planes: its own planes and how opaque each pixel is.

    `opacity` holds two arrays: at full size for Y, at half size for U and V, 0 to 256.
    """

    planes: Planes
    opacity: tuple[NDArray[np.uint16], NDArray[np.uint16]]


def plate_picture(image: Image.Image) -> PlatePicture:
    """Turn an RGBA image with even sides into planes of BT.709 and opacities."""
    alpha = np.asarray(image.getchannel("A"), dtype=np.uint16)
    alpha = alpha + (alpha >> 7)  # 255 becomes 256: a division becomes a shift
    half = alpha.reshape(alpha.shape[0] // 2, 2, alpha.shape[1] // 2, 2).sum(axis=(1, 3)) // 4
    return PlatePicture(rgb_planes(image.convert("RGB")), (alpha, half.astype(np.uint16)))


def lay_over(canvas: Planes, plate: PlatePicture, rect: Rect, opacity: float) -> None:
    """Blend the plate into `canvas` within `rect`, in place; `opacity` is 0 to 1."""
    part = round(opacity * 256)
    for number, plane in enumerate(canvas):
        shift = 1 if number else 0
        alpha = plate.opacity[shift].astype(np.uint32) * part >> 8
        top, left = rect.top >> shift, rect.left >> shift
        height, width = alpha.shape
        under = plane[top : top + height, left : left + width]
        over = plate.planes[number]
        under[...] = (under * (256 - alpha) + over * alpha + 128) >> 8


def overlay_rect_is_whole(overlay: Overlay, image: Image.Image) -> bool:
    """Whether the plan's rectangle and the drawn plate are of one size."""
    return (overlay.rect.width, overlay.rect.height) == image.size
