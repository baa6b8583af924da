"""Portraits that speak: sprites made once, then one cheap YUV picture a frame.

A picture is the still (room and body), the head moved by thirds of a pixel, and one
mouth and one pair of eyes laid over it. What the mouth does comes from the voice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sample import daniel, rosa
from sample.drawing import SCALE, Box, Layer
from sample.face import LIDS, MOUTHS, Face, draw_eyes, draw_mouth

WIDTH_PX, HEIGHT_PX = 1280, 720
HOP_S = 0.02
SWAY_X, SWAY_Y = 6, 3  # furthest, in thirds of a pixel
PAD_PX = 4

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Person:
    """How one person is drawn."""

    face: Face
    head_box: Box
    draw_room: Callable[[], Layer]
    draw_body: Callable[[], Layer]
    draw_head: Callable[[], Layer]
    draw_glasses: Callable[[Layer], None]


PEOPLE = {
    name: Person(
        module.FACE,
        module.HEAD_BOX,
        module.draw_room,
        module.draw_body,
        module.draw_head,
        module.draw_glasses,
    )
    for name, module in (("rosa", rosa), ("daniel", daniel))
}


def to_yuv(rgb: NDArray[np.float32]) -> Planes:
    """Convert RGB [shape=(h, w, 3), 0 to 255, even sides] to 4:2:0 BT.601, limited range."""
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    small = rgb.reshape(rgb.shape[0] // 2, 2, rgb.shape[1] // 2, 2, 3).mean((1, 3))
    grey = small @ np.array([0.299, 0.587, 0.114], np.float32)
    planes = (
        16 + luma * (219 / 255),
        128 + (small[..., 2] - grey) * (112 / 255 / 0.886),
        128 + (small[..., 0] - grey) * (112 / 255 / 0.701),
    )
    y, u, v = (np.clip(np.round(p), 16, 240).astype(np.uint8) for p in planes)
    return y, u, v


class Sprites:
    """Every piece of one person's picture, made when first asked for and then kept.

    A head position is (x, y) in thirds of a pixel.
    """

    def __init__(self, person: Person) -> None:
        self._face = person.face
        room = person.draw_room()
        room.put(person.draw_body())
        self._still = room.reduced()[..., :3].astype(np.float32)
        bare = person.draw_head()
        self._mouths, self._eyes = self._variants(person, bare)
        draw_eyes(bare, person.face, 0.0)
        draw_mouth(bare, person.face, MOUTHS[0])
        person.draw_glasses(bare)
        self._head = bare
        self._reduced: dict[tuple[int, int, int, int], NDArray[np.float32]] = {}
        self._heads: dict[tuple[int, int], tuple[NDArray[np.float32], Planes]] = {}
        self._parts: dict[tuple[int, int, int, int], Planes] = {}

    def _variants(self, person: Person, bare: Layer) -> tuple[list[Layer], list[Layer]]:
        face, x = person.face, round(person.face.x)
        mouth_box = (x - 46, round(face.mouth_y) - 26, x + 46, round(face.mouth_y) + 42)
        eyes_box = (x - 84, round(face.eyes_y) - 20, x + 84, round(face.eyes_y) + 18)
        mouths = [bare.cropped(mouth_box) for _ in MOUTHS]
        for layer, shape in zip(mouths, MOUTHS, strict=True):
            draw_mouth(layer, face, shape)
        eyes = [bare.cropped(eyes_box) for _ in LIDS]
        for layer, lid in zip(eyes, LIDS, strict=True):
            draw_eyes(layer, face, lid)
            person.draw_glasses(layer)
        return mouths, eyes

    @cached_property
    def still(self) -> Planes:
        """The room and the body without the head."""
        return to_yuv(self._still)

    def head(self, at: tuple[int, int]) -> tuple[Box, Planes]:
        """Return the head at a position, eyes open and mouth closed, and where it goes."""
        box = _padded(self._head.box)
        if at not in self._heads:
            rgb = self._still[box[1] : box[3], box[0] : box[2]].copy()
            _lay_over(rgb, box, self._shifted(self._head, 0, at), self._head.box, at)
            self._heads[at] = (rgb, to_yuv(rgb))
        return box, self._heads[at][1]

    def mouth(self, at: tuple[int, int], number: int) -> tuple[Box, Planes]:
        """Return mouth `number` of `MOUTHS` on the head at a position."""
        return self._part(at, self._mouths[number], 1 + number)

    def eyes(self, at: tuple[int, int], number: int) -> tuple[Box, Planes]:
        """Return the eyes with lid `number` of `LIDS` on the head at a position."""
        return self._part(at, self._eyes[number], 100 + number)

    def _part(self, at: tuple[int, int], layer: Layer, name: int) -> tuple[Box, Planes]:
        box = _padded(layer.box)
        key = (*at, name, 0)
        if key not in self._parts:
            head_box, _ = self.head(at)
            rgb = self._heads[at][0][
                box[1] - head_box[1] : box[3] - head_box[1],
                box[0] - head_box[0] : box[2] - head_box[0],
            ].copy()
            _lay_over(rgb, box, self._shifted(layer, name, at), layer.box, at)
            self._parts[key] = to_yuv(rgb)
        return box, self._parts[key]

    def _shifted(self, layer: Layer, name: int, at: tuple[int, int]) -> NDArray[np.float32]:
        phase = (at[0] % SCALE, at[1] % SCALE)
        key = (name, *phase, 0)
        if key not in self._reduced:
            moved = layer.reduced(phase[0] / SCALE, phase[1] / SCALE)
            self._reduced[key] = moved.astype(np.float32)
        return self._reduced[key]


def _padded(box: Box) -> Box:
    """Widen a box by the sway, to even edges."""
    return (
        (box[0] - PAD_PX) // 2 * 2,
        (box[1] - PAD_PX) // 2 * 2,
        (box[2] + PAD_PX + 1) // 2 * 2,
        (box[3] + PAD_PX + 1) // 2 * 2,
    )


def _lay_over(
    rgb: NDArray[np.float32],
    box: Box,
    rgba: NDArray[np.float32],
    rgba_box: Box,
    at: tuple[int, int],
) -> None:
    """Lay RGBA over RGB in place; the whole pixels of the position `at` move it."""
    top = rgba_box[1] - box[1] + at[1] // SCALE
    left = rgba_box[0] - box[0] + at[0] // SCALE
    under = rgb[top : top + rgba.shape[0], left : left + rgba.shape[1]]
    alpha = rgba[..., 3:] / 255
    # The outermost line of a cut-out part blends with nothing: it is left as it was.
    inner = (slice(1, -1), slice(1, -1))
    under[inner] += (rgba[..., :3][inner] - under[inner]) * alpha[inner]


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves, by `HOP_S` steps from `start_s`: mouth, lid, position [shape=(n,)]."""

    start_s: float
    mouth: NDArray[np.int8]
    lid: NDArray[np.int8]
    x: NDArray[np.int8]
    y: NDArray[np.int8]
    light: NDArray[np.int8]

    def at(self, time_s: float) -> int:
        """Return the step that holds at `time_s`."""
        return int(np.clip((time_s - self.start_s) / HOP_S, 0, len(self.mouth) - 1))


def plan_motion(voice: Floats, rate_hz: int, start_s: float, seed: int) -> Motion:
    """Plan a person's movements from the own voice [shape=(n,)], sample 0 at `start_s`."""
    rng = np.random.default_rng(seed)
    opening, width = _mouth_track(voice, rate_hz)
    n = len(opening)
    t = np.arange(n) * HOP_S
    phase = rng.uniform(0, 2 * np.pi, 6)
    slow = np.convolve(opening, np.hanning(41) / np.hanning(41).sum(), mode="same")
    x = 3.2 * np.sin(0.53 * t + phase[0]) + 2.0 * np.sin(0.29 * t + phase[1])
    x += 1.2 * np.sin(2.3 * t + phase[2]) * slow
    y = 1.4 * np.sin(0.41 * t + phase[3]) + 2.6 * (slow - 0.3) * np.sin(1.9 * t + phase[4])
    light = 2 + 1.6 * np.sin(0.07 * t + phase[5]) + 0.5 * np.sin(0.31 * t)
    return Motion(
        start_s=start_s,
        mouth=_nearest_mouths(opening, width),
        lid=_blinks(n, rng),
        x=np.clip(np.round(x), -SWAY_X, SWAY_X).astype(np.int8),
        y=np.clip(np.round(y), -SWAY_Y, SWAY_Y).astype(np.int8),
        light=np.clip(np.round(light), 0, N_LIGHTS - 1).astype(np.int8),
    )


def _mouth_track(voice: Floats, rate_hz: int) -> tuple[Floats, Floats]:
    """Return opening (0 to 1) and width (-1 to 1) a hop, from energy and spectral tilt."""
    hop, window = round(HOP_S * rate_hz), round(0.032 * rate_hz)
    padded = np.pad(voice, (window // 2, window))
    n = len(voice) // hop
    frequency = np.fft.rfftfreq(window, 1 / rate_hz)
    bands = [(250, 900), (1400, 3200), (3500, 12000), (90, 12000)]
    power = np.empty((n, len(bands)), np.float32)
    shape = np.hanning(window).astype(np.float32)
    for first in range(0, n, 2000):
        starts = np.arange(first, min(first + 2000, n)) * hop
        frames = padded[starts[:, None] + np.arange(window)] * shape
        spectrum = np.abs(np.fft.rfft(frames)) ** 2 / window**2
        for k, (low, high) in enumerate(bands):
            inside = (frequency >= low) & (frequency < high)
            power[first : first + 2000, k] = spectrum[:, inside].sum(1)
    level_db = 10 * np.log10(power[:, 3] + 1e-12)
    sounding = level_db > -90
    below_db = level_db - (np.percentile(level_db[sounding], 97) if sounding.any() else 0.0)
    loud = below_db > -30
    opening = 0.92 * np.clip((below_db + 30) / 32, 0, 1) ** 1.9
    tilt_db = 10 * np.log10((power[:, 1] + 1e-12) / (power[:, 0] + 1e-12))
    flat_db, bright_db = np.percentile(tilt_db[loud], [18, 82]) if loud.any() else (-20.0, 0.0)
    width = np.clip(2 * (tilt_db - flat_db) / max(bright_db - flat_db, 1e-3) - 1, -1, 1)
    hissing = power[:, 2] > 0.5 * power[:, 3]
    opening = np.where(hissing, np.minimum(opening, 0.2), opening)
    width = np.where(hissing, 0.8, width)
    # A jaw moves within 80 ms, lips round or spread within 140 ms: faster is flicker.
    return _smoothed(opening, 5), _smoothed(width + 0.2, 9)


def _smoothed(track: NDArray[np.float64], n_hops: int) -> Floats:
    """Smooth a track with a bell of `n_hops` hops."""
    bell = np.hanning(n_hops + 2)
    return np.convolve(track, bell / bell.sum(), mode="same").astype(np.float32)


def _nearest_mouths(opening: Floats, width: Floats) -> NDArray[np.int8]:
    shapes = np.array([(m.opening, m.width) for m in MOUTHS])
    far = (1.8 * (opening[:, None] - shapes[:, 0])) ** 2 + (
        0.45 * (width[:, None] - shapes[:, 1])
    ) ** 2
    far[:, 0] = np.where(opening < 0.07, 0.0, 9.0)
    return np.asarray(np.argmin(far, axis=1), np.int8)


def _blinks(n: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """Return the lid a hop: a blink every few seconds, half, closed and half again."""
    lids = np.zeros(n, np.int8)
    at_s = float(rng.uniform(0.5, 3.0))
    while (step := int(at_s / HOP_S)) + 8 < n:
        lids[step : step + 8] = [1, 1, 2, 2, 2, 2, 1, 1]
        at_s += float(rng.uniform(2.4, 6.5))
    return lids


N_LIGHTS = 5
N_GRAINS = 4
STAMP_BITS = 24
STAMP_CELL_PX = 20
STAMP_ZERO_S = -10.0


class Camera:
    """Draws one person's pictures."""

    def __init__(self, name: str, motion: Motion, *, stamp: bool) -> None:
        self._sprites = Sprites(PEOPLE[name])
        self._motion = motion
        self._stamp = stamp
        self._planes = [plane.copy() for plane in self._sprites.still]
        rng = np.random.default_rng(77)
        # Grain and a slow change of light of at most a level, added modulo 256.
        self._grain = [
            [
                np.round(rng.normal((light - 2) * 0.5, 0.55, (HEIGHT_PX, WIDTH_PX)))
                .clip(-2, 2)
                .astype(np.int8)
                .view(np.uint8)
                for _ in range(N_GRAINS)
            ]
            for light in range(N_LIGHTS)
        ]
        self._n_drawn = 0
        self._frame = VideoFrame(WIDTH_PX, HEIGHT_PX, "yuv420p")
        self._views = [
            np.asarray(memoryview(plane)).reshape(plane.height, plane.line_size)[:, : plane.width]
            for plane in self._frame.planes
        ]

    def picture(self, time_s: float) -> VideoFrame:
        """Return the picture at a true time as a 1280 x 720 YUV 4:2:0 frame.

        It is one frame, drawn anew each time: fresh memory would cost more than the drawing.
        """
        motion, step = self._motion, self._motion.at(time_s)
        at = (int(motion.x[step]), int(motion.y[step]))
        self._paste(self._sprites.head(at))
        self._paste(self._sprites.mouth(at, int(motion.mouth[step])))
        self._paste(self._sprites.eyes(at, int(motion.lid[step])))
        grain = self._grain[int(motion.light[step])][self._n_drawn // 6 % N_GRAINS]
        self._n_drawn += 1
        np.add(self._planes[0], grain, out=self._views[0])
        for view, plane in zip(self._views[1:], self._planes[1:], strict=True):
            view[:] = plane
        if self._stamp:
            draw_stamp(self._views[0], self._views[1:], time_s)
        return self._frame

    def _paste(self, piece: tuple[Box, Planes]) -> None:
        (x0, y0, x1, y1), planes = piece
        self._planes[0][y0:y1, x0:x1] = planes[0]
        for plane, part in zip(self._planes[1:], planes[1:], strict=True):
            plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = part


def draw_stamp(luma: NDArray[np.uint8], chroma: list[NDArray[np.uint8]], time_s: float) -> None:
    """Write a true time into the top left corner as black and white squares, in place.

    24 cells of 20 x 20 px, most significant bit first, hold whole milliseconds since
    `STAMP_ZERO_S`; white is 1. A 25th cell makes the number of white ones even.
    """
    value = round((time_s - STAMP_ZERO_S) * 1000) % (1 << STAMP_BITS)
    bits = [(value >> (STAMP_BITS - 1 - k)) & 1 for k in range(STAMP_BITS)]
    bits.append(sum(bits) % 2)
    cell = STAMP_CELL_PX
    for k, bit in enumerate(bits):
        luma[:cell, k * cell : (k + 1) * cell] = 235 if bit else 16
    for plane in chroma:
        plane[: cell // 2, : len(bits) * cell // 2] = 128


def read_stamp(luma: NDArray[np.floating] | NDArray[np.uint8]) -> float | None:
    """Read a stamp from luma [shape=(720, 1280)]; None if its parity does not hold."""
    cell = STAMP_CELL_PX
    bits = [
        int(luma[5 : cell - 5, k * cell + 5 : (k + 1) * cell - 5].mean() > 126)
        for k in range(STAMP_BITS + 1)
    ]
    if sum(bits) % 2:
        return None
    value = sum(bit << (STAMP_BITS - 1 - k) for k, bit in enumerate(bits[:-1]))
    return value / 1000 + STAMP_ZERO_S
