"""A camera's frame in a tile: upright, cropped where planned, in the film's colours."""

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from candid.engine.film.colour import fill, frame_planes, new_frame, rgb_planes, yuv
from candid.engine.film.fitting import Fitter, coded
from candid.engine.film.geometry import Rect, Size, place

RED = (200, 40, 30)


def quadrants(width: int, height: int) -> NDArray[np.uint8]:
    """Return an RGB picture with a grey of its own in each quarter."""
    rgb = np.zeros((height, width, 3), dtype=np.uint8)
    rgb[: height // 2, : width // 2] = 40
    rgb[: height // 2, width // 2 :] = 100
    rgb[height // 2 :, : width // 2] = 160
    rgb[height // 2 :, width // 2 :] = 220
    return rgb


def frame_of(rgb: NDArray[np.uint8]) -> av.VideoFrame:
    frame = new_frame(rgb.shape[1], rgb.shape[0])
    for onto, plane in zip(frame_planes(frame), rgb_planes(Image.fromarray(rgb)), strict=True):
        onto[...] = plane
    return frame


def corners(frame: av.VideoFrame) -> list[int]:
    y = frame_planes(frame).y
    return [int(y[8, 8]), int(y[8, -8]), int(y[-8, 8]), int(y[-8, -8])]


@pytest.mark.parametrize(
    ("rotation_deg", "order"),
    [(0, (0, 1, 2, 3)), (90, (2, 0, 3, 1)), (180, (3, 2, 1, 0)), (270, (1, 3, 0, 2))],
)
def test_a_turned_camera_stands_upright(rotation_deg: int, order: tuple[int, ...]) -> None:
    """`rotation_deg` is clockwise: after 90 the lower left quarter is at the upper left."""
    frame = frame_of(quadrants(320, 320))
    before = corners(frame)
    turned = Fitter(Rect(0, 0, 160, 160)).fit(frame, rotation_deg)
    assert corners(turned) == pytest.approx([before[number] for number in order], abs=2)


def test_the_crop_is_the_planned_one() -> None:
    rgb = np.repeat(np.arange(0, 240, dtype=np.uint8)[None, :, None], 180, axis=0).repeat(3, axis=2)
    frame = frame_of(np.ascontiguousarray(rgb))
    tile = Rect(0, 0, 180, 180)
    crop = place(Size(240, 180), tile).crop
    shown = frame_planes(Fitter(tile).fit(frame, 0)).y
    assert np.array_equal(shown, frame_planes(frame).y[:, crop.left : crop.right])


def test_a_frame_that_fits_is_not_copied() -> None:
    frame = frame_of(quadrants(320, 180))
    assert Fitter(Rect(0, 0, 320, 180)).fit(frame, 0) is frame


@pytest.mark.parametrize("colour", [RED, (30, 160, 60), (40, 60, 200), (128, 128, 128)])
@pytest.mark.parametrize(
    ("pixel_format", "tag", "size"),
    [
        ("yuv420p", 5, (640, 480)),
        ("yuv420p", 2, (640, 480)),
        ("yuvj420p", 5, (1280, 720)),
        ("yuv422p", 1, (1280, 720)),
        ("nv12", 1, (1280, 720)),
        ("yuv420p10le", 1, (1280, 720)),
    ],
)
def test_every_coding_comes_out_in_the_colours_of_bt709(
    colour: tuple[int, int, int], pixel_format: str, tag: int, size: tuple[int, int]
) -> None:
    """A small picture without a tag (2) counts as BT.601, as cameras code it."""
    rgb = np.empty((size[1], size[0], 3), dtype=np.uint8)
    rgb[...] = colour
    matrix = 1 if tag == 1 else 5
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format=pixel_format, dst_colorspace=matrix
    )
    frame.colorspace = tag
    planes = frame_planes(Fitter(Rect(0, 0, 320, 180)).fit(frame, 0))
    middle = [int(planes.y[90, 160]), int(planes.u[45, 80]), int(planes.v[45, 80])]
    assert middle == pytest.approx(yuv(colour), abs=3)


def test_a_large_picture_without_a_tag_counts_as_bt709() -> None:
    frame = av.VideoFrame(1280, 720, "yuv420p")
    assert coded(frame, 0).matrix == "bt709"
    assert coded(av.VideoFrame(640, 480, "yuv420p"), 0).matrix == "smpte170m"


def test_a_narrow_picture_stands_on_its_own_dark_colours() -> None:
    frame = new_frame(180, 320)
    fill(frame_planes(frame), RED)
    tile = Rect(0, 0, 640, 360)
    y, _, v = frame_planes(Fitter(tile).fit(frame, 0))
    target = place(Size(180, 320), tile).target
    assert y.shape == (360, 640)
    assert abs(int(y[180, 320]) - yuv(RED)[0]) <= 2
    assert int(y[180, target.left // 2]) < yuv(RED)[0] - 15
    assert int(v[90, target.left // 4]) > 128
