"""Planes of YCbCr, BT.709, limited range, 4:2:0: the one pixel format of the film."""

from __future__ import annotations

import functools
from typing import NamedTuple

import av
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray
from PIL import Image

from candid.engine.film.geometry import Rect

PIXEL_FORMAT = "yuv420p"
# Numbers of ITU-T H.273, which FFmpeg uses: BT.709 and limited ("tv") range.
BT709 = 1
LIMITED_RANGE = 1

# ITU-R BT.709-6, items 3.2 and 3.3: luma weights and the scale of the colour differences.
_KR, _KG, _KB = 0.2126, 0.7152, 0.0722
_MATRIX = np.asarray(
    [
        [_KR * 219, _KG * 219, _KB * 219],
        [-_KR / 1.8556 * 224, -_KG / 1.8556 * 224, (1 - _KB) / 1.8556 * 224],
        [(1 - _KR) / 1.5748 * 224, -_KG / 1.5748 * 224, -_KB / 1.5748 * 224],
    ]
)


class Planes(NamedTuple):
    """Y [shape=(height, width)], U and V [shape=(height/2, width/2)], 8 bits each."""

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]


def frame_planes(frame: av.VideoFrame) -> Planes:
    """Return views on the planes of a yuv420p frame; writing to them writes the frame."""
    y, u, v = (_plane_array(plane) for plane in frame.planes)
    return Planes(y, u, v)


def _plane_array(plane: VideoPlane) -> NDArray[np.uint8]:
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]


def new_frame(width: int, height: int) -> av.VideoFrame:
    """Return a frame of the film's pixel format, tagged BT.709; its pixels are undefined."""
    frame = av.VideoFrame(width, height, PIXEL_FORMAT)
    frame.colorspace = BT709
    frame.color_range = LIMITED_RANGE
    return frame


@functools.lru_cache(maxsize=64)
def yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return an sRGB colour (0 to 255) as Y, U and V of BT.709, limited range."""
    y, u, v = _MATRIX @ (np.asarray(colour, dtype=float) / 255) + (16, 128, 128)
    return round(float(y)), round(float(u)), round(float(v))


def fill(planes: Planes, colour: tuple[int, int, int]) -> None:
    """Paint all of the planes in one sRGB colour."""
    for plane, value in zip(planes, yuv(colour), strict=True):
        plane[...] = value


def cropped(planes: Planes, rect: Rect) -> Planes:
    """Return views on the part of the planes within `rect`, whose lengths are even."""
    full = slice(rect.top, rect.bottom), slice(rect.left, rect.right)
    half = slice(rect.top // 2, rect.bottom // 2), slice(rect.left // 2, rect.right // 2)
    return Planes(planes.y[full], planes.u[half], planes.v[half])


def paste(canvas: Planes, picture: Planes, rect: Rect) -> None:
    """Copy `picture` into `canvas` at `rect`, which has its size."""
    for onto, part in zip(cropped(canvas, rect), picture, strict=True):
        onto[...] = part


def rgb_planes(image: Image.Image) -> Planes:
    """Convert an RGB image with even sides; chroma is the mean of each two by two pixels."""
    rgb = np.asarray(image, dtype=np.float32) / np.float32(255)
    coded = rgb @ _MATRIX.T.astype(np.float32) + np.asarray([16, 128, 128], dtype=np.float32)
    height, width = rgb.shape[0] // 2, rgb.shape[1] // 2
    halves = coded[..., 1:].reshape(height, 2, width, 2, 2).mean(axis=(1, 3))
    return Planes(
        np.rint(coded[..., 0]).astype(np.uint8),
        np.rint(halves[..., 0]).astype(np.uint8),
        np.rint(halves[..., 1]).astype(np.uint8),
    )
