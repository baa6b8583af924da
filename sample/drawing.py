"""Drawing with soft edges: splines, clipped shading and strokes on a layer.

Coordinates are picture pixels (1280 x 720, y downwards). A layer is drawn
`SCALE` times larger and reduced once, which is what smooths its edges.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Point = tuple[float, float]
Points = Sequence[Point]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

SCALE = 3


def closed_curve(points: Points, steps: int = 14) -> list[Point]:
    """Return a smooth closed line through `points` (Catmull-Rom), `steps` a piece."""
    p = np.asarray(points, dtype=float)
    return _catmull(np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0), steps)


def open_curve(points: Points, steps: int = 14) -> list[Point]:
    """Return a smooth open line through `points`, first and last included."""
    p = np.asarray(points, dtype=float)
    padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    line = _catmull(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], steps)
    return [*line, (float(p[-1, 0]), float(p[-1, 1]))]


def _catmull(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    steps: int,
) -> list[Point]:
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (each[:, None, :] for each in (a, b, c, d))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return [(float(x), float(y)) for x, y in curve.reshape(-1, 2)]


def mirrored(right_half: Points, centre_x: float) -> list[Point]:
    """Complete a right half, listed top to bottom, into a shape symmetric about `centre_x`."""
    left = [(2 * centre_x - x, y) for x, y in reversed(right_half) if abs(x - centre_x) > 0.01]
    return [*right_half, *left]


def ellipse(x: float, y: float, rx: float, ry: float, n: int = 40) -> list[Point]:
    """Return the outline of an ellipse around (x, y)."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return [(x + rx * float(np.cos(a)), y + ry * float(np.sin(a))) for a in angle]


def ribbon(points: Points, width_px: float, *, taper: bool = True) -> list[Point]:
    """Return the outline of a stroke along a smooth line, thin at both ends if `taper`."""
    line = np.asarray(open_curve(points))
    step = np.gradient(line, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], 1) / (np.hypot(*step.T)[:, None] + 1e-9)
    along = np.linspace(0, 1, len(line))
    half = width_px / 2 * (np.sin(np.pi * along) ** 0.7 if taper else np.ones(len(line)))
    side = normal * half[:, None]
    outline = np.vstack([line + side, (line - side)[::-1]])
    return [(float(x), float(y)) for x, y in outline]


class Layer:
    """A transparent sheet over `box` (x0, y0, x1, y1, in picture pixels)."""

    def __init__(self, box: Box) -> None:
        self.box = box
        size = ((box[2] - box[0]) * SCALE, (box[3] - box[1]) * SCALE)
        self._image = Image.new("RGBA", size, (0, 0, 0, 0))

    def copy(self) -> Layer:
        """Return a layer that can be drawn on without changing this one."""
        twin = Layer.__new__(Layer)
        twin.box = self.box
        twin._image = self._image.copy()
        return twin

    def cropped(self, box: Box) -> Layer:
        """Return a copy of the part of this layer that lies in `box`, inside its own."""
        x0, y0 = self.box[:2]
        part = Layer(box)
        left, top, right, bottom = box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0
        part._image = self._image.crop((left * SCALE, top * SCALE, right * SCALE, bottom * SCALE))
        return part

    def mask(self, outline: Points, blur_px: float = 0.0) -> Image.Image:
        """Return a mask of this layer's size that is white inside `outline`."""
        mask = Image.new("L", self._image.size, 0)
        ImageDraw.Draw(mask).polygon(self._scaled(outline), fill=255)
        return mask.filter(ImageFilter.GaussianBlur(blur_px * SCALE)) if blur_px else mask

    def fill(
        self,
        outline: Points,
        colour: Colour,
        *,
        blur_px: float = 0.0,
        opacity: float = 1.0,
        clip: Image.Image | None = None,
    ) -> None:
        """Paint the inside of `outline`, with edges softened by `blur_px`, within `clip`."""
        points = self._scaled(outline)
        margin = round(3 * blur_px * SCALE) + 2
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        width, height = self._image.size
        left, top = max(0, int(min(xs)) - margin), max(0, int(min(ys)) - margin)
        right, bottom = min(width, int(max(xs)) + margin), min(height, int(max(ys)) + margin)
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], fill=255)
        if blur_px:
            mask = mask.filter(ImageFilter.GaussianBlur(blur_px * SCALE))
        if opacity < 1:
            mask = mask.point([round(v * opacity) for v in range(256)])
        if clip is not None:
            mask = ImageChops.multiply(mask, clip.crop((left, top, right, bottom)))
        paint = Image.new("RGBA", mask.size, (*colour, 0))
        paint.putalpha(mask)
        under = self._image.crop((left, top, right, bottom))
        self._image.paste(Image.alpha_composite(under, paint), (left, top))

    def stroke(
        self,
        points: Points,
        colour: Colour,
        width_px: float,
        *,
        blur_px: float = 0.0,
        opacity: float = 1.0,
        clip: Image.Image | None = None,
    ) -> None:
        """Paint a line through `points`, thin at both ends."""
        outline = ribbon(points, width_px)
        self.fill(outline, colour, blur_px=blur_px, opacity=opacity, clip=clip)

    def line(
        self,
        points: Points,
        colour: Colour,
        width_px: float,
        *,
        blur_px: float = 0.0,
        opacity: float = 1.0,
        clip: Image.Image | None = None,
    ) -> None:
        """Paint a line through `points`, of one width."""
        outline = ribbon(points, width_px, taper=False)
        self.fill(outline, colour, blur_px=blur_px, opacity=opacity, clip=clip)

    def soften(self, blur_px: float) -> None:
        """Blur everything drawn so far, as a lens does with a background."""
        self._image = self._image.filter(ImageFilter.GaussianBlur(blur_px * SCALE))

    def put(self, other: Layer) -> None:
        """Lay another layer, anywhere inside this one's box, over this one."""
        at = ((other.box[0] - self.box[0]) * SCALE, (other.box[1] - self.box[1]) * SCALE)
        self._image.alpha_composite(other._image, at)

    def reduced(self, shift_x: float = 0.0, shift_y: float = 0.0) -> NDArray[np.uint8]:
        """Return the layer at picture size, RGBA of shape (h, w, 4), moved by a part of a pixel."""
        image = self._image.convert("RGBa")
        x, y = round(shift_x * SCALE), round(shift_y * SCALE)
        moved = ImageChops.offset(image, x, y) if x or y else image
        size = (image.size[0] // SCALE, image.size[1] // SCALE)
        small = moved.resize(size, Image.Resampling.LANCZOS)
        return np.asarray(small.convert("RGBA"))

    def _scaled(self, points: Points) -> list[Point]:
        x0, y0 = self.box[:2]
        return [((x - x0) * SCALE, (y - y0) * SCALE) for x, y in points]
