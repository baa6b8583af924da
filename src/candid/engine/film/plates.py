"""Plates: text on a soft dark ground with round corners, and laying them over a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from candid.engine.film import look
from candid.engine.film.colour import Planes, cropped, rgb_planes
from candid.engine.film.geometry import Rect, Size, even
from candid.engine.film.plan import OverlayKind
from candid.engine.film.text import ASCENT, TextStyle, draw_line, width_px

_SMOOTHING = 4


@dataclass(frozen=True, slots=True)
class _Setting:
    """How text stands on a plate; lengths are parts of the type size."""

    weight: int
    line: float
    pad_x: float
    pad_y: float
    radius: float
    is_centred: bool


_SETTINGS: dict[OverlayKind, _Setting] = {
    "caption": _Setting(560, 1.3, 0.6, 0.26, 0.35, is_centred=True),
    "lower_third": _Setting(600, 1.3, 0.55, 0.22, 0.35, is_centred=False),
}


def plate_style(kind: OverlayKind, size_px: int) -> TextStyle:
    """Return the type of a kind of plate."""
    return TextStyle("sans", size_px, _SETTINGS[kind].weight)


def plate_size(kind: OverlayKind, lines: tuple[str, ...], size_px: int) -> Size:
    """Return the size of the plate that holds these lines; both lengths are even."""
    setting, style = _SETTINGS[kind], plate_style(kind, size_px)
    widest = max(width_px(line, style) for line in lines)
    height = len(lines) * setting.line + 2 * setting.pad_y
    return Size(even(widest + 2 * setting.pad_x * size_px), even(height * size_px))


def draw_plate(kind: OverlayKind, lines: tuple[str, ...], size_px: int) -> Image.Image:
    """Draw the plate as an RGBA image of `plate_size`."""
    setting, style = _SETTINGS[kind], plate_style(kind, size_px)
    size = plate_size(kind, lines, size_px)
    image = Image.new("RGBA", (size.width, size.height), (*look.PLATE, 0))
    image.putalpha(_rounded(size, round(setting.radius * size_px)))
    # Letters are laid over the plate as a layer of their own, so their edges blend with it.
    letters = Image.new("RGBA", image.size, (255, 255, 255, 0))
    draw = ImageDraw.Draw(letters)
    for row, line in enumerate(lines):
        spare = size.width - width_px(line, style)
        left = spare / 2 if setting.is_centred else setting.pad_x * size_px
        top = (setting.pad_y + row * setting.line) * size_px
        baseline = top + ((setting.line - 1) / 2 + ASCENT) * size_px
        draw_line(draw, (left, baseline), line, style, (255, 255, 255))
    image.alpha_composite(letters)
    return image


def _rounded(size: Size, radius_px: int) -> Image.Image:
    """Return the plate's opacity with smooth round corners."""
    large = Image.new("L", (size.width * _SMOOTHING, size.height * _SMOOTHING), 0)
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, radius_px * _SMOOTHING, fill=look.PLATE_OPACITY)
    return large.resize((size.width, size.height), Image.Resampling.BOX)


@dataclass(frozen=True, slots=True)
class PlatePicture:
    """A plate ready to be laid over planes.

    For each of Y, U and V its values, and how opaque each of them is, 0 to 256.
    """

    planes: Planes
    opacity: tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]


def plate_picture(image: Image.Image) -> PlatePicture:
    """Turn an RGBA image with even sides into planes of BT.709 and opacities."""
    alpha = np.asarray(image.getchannel("A"), dtype=np.uint16)
    alpha = alpha + (alpha >> 7)  # 255 becomes 256: a division becomes a shift
    quads = alpha.reshape(alpha.shape[0] // 2, 2, alpha.shape[1] // 2, 2)
    half = quads.sum(axis=(1, 3), dtype=np.uint16) // np.uint16(4)
    return PlatePicture(rgb_planes(image.convert("RGB")), (alpha, half, half))


def lay_over(canvas: Planes, plate: PlatePicture, rect: Rect, opacity: float) -> None:
    """Blend the plate into `canvas` within `rect`, in place; `opacity` is 0 to 1.

    In 16 bits, which 255 * 256 + 128 just fits.
    """
    part = np.uint32(round(opacity * 256))
    for under, over, full in zip(cropped(canvas, rect), plate.planes, plate.opacity, strict=True):
        alpha = full if part == 256 else (full * part >> np.uint32(8)).astype(np.uint16)
        mixed = under * (np.uint16(256) - alpha)
        mixed += over * alpha
        mixed += np.uint16(128)
        mixed >>= np.uint16(8)
        under[...] = mixed
