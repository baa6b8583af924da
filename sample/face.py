"""The parts of a face that move, and those both people share: mouth, eyes, nose.

All of it is drawn around a face centre given by `Face`; lengths are in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from sample.drawing import Colour, Layer, Point, closed_curve, ellipse

MOUTH_INSIDE: Colour = (64, 28, 30)
TONGUE: Colour = (168, 88, 84)
TEETH: Colour = (236, 230, 220)

# How far the upper lids come down: open, half, closed.
LIDS = (0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face's features lie and how they are coloured."""

    x: float
    eyes_y: float
    mouth_y: float
    eye_gap: float
    mouth_half: float
    skin: Colour
    skin_light: Colour
    skin_shade: Colour
    skin_deep: Colour
    blush: Colour
    lip: Colour
    lip_light: Colour
    iris: Colour
    brow: Colour
    brow_px: float
    lash_px: float


@dataclass(frozen=True, slots=True)
class MouthShape:
    """A mouth: `opening` 0 to 1, `width` -1 (round) to 1 (wide), `teeth` 0 to 1."""

    opening: float
    width: float
    teeth: float


MOUTHS: tuple[MouthShape, ...] = (
    MouthShape(0.0, 0.0, 0.0),
    MouthShape(0.16, 0.0, 0.6),
    MouthShape(0.16, 0.7, 1.0),
    MouthShape(0.20, -0.8, 0.0),
    MouthShape(0.36, 0.0, 0.7),
    MouthShape(0.36, 0.6, 1.0),
    MouthShape(0.40, -0.7, 0.1),
    MouthShape(0.60, 0.0, 0.7),
    MouthShape(0.60, 0.5, 0.9),
    MouthShape(0.62, -0.6, 0.3),
    MouthShape(0.85, 0.0, 0.7),
    MouthShape(0.85, 0.35, 0.8),
)


def draw_mouth(layer: Layer, face: Face, shape: MouthShape) -> None:
    """Draw the lips, and what shows between them."""
    half = face.mouth_half * (1 + 0.10 * shape.width - 0.24 * max(0.0, -shape.width))
    drop = 23.0 * shape.opening
    lift = 5.0 * shape.opening
    x, y = face.x, face.mouth_y
    round_ = max(0.0, -shape.width)
    corner_y = y + 0.30 * drop - 3.0
    top = [
        (x - half, corner_y),
        (x - half * 0.5, y - lift - 1.0),
        (x, y - lift + 0.5),
        (x + half * 0.5, y - lift - 1.0),
        (x + half, corner_y),
    ]
    low = [
        (x + half * (0.56 + 0.1 * round_), y + drop * 0.93),
        (x, y + drop + 1.0),
        (x - half * (0.56 + 0.1 * round_), y + drop * 0.93),
    ]
    _draw_lips(layer, face, half, (lift, drop), corner_y)
    if shape.opening <= 0:
        layer.stroke(
            [
                (x - half - 2, corner_y),
                (x - half / 2, y + 1.0),
                (x, y + 0.8),
                (x + half / 2, y + 1.0),
                (x + half + 2, corner_y),
            ],
            face.skin_deep,
            3.0,
            opacity=0.9,
        )
        return
    inside = closed_curve([*top, *low])
    layer.fill(inside, MOUTH_INSIDE)
    clip = layer.mask(inside)
    if shape.opening > 0.3:
        layer.fill(
            ellipse(x, y + drop + 2, half * 0.55, drop * 0.42),
            TONGUE,
            blur_px=2.0,
            opacity=0.85,
            clip=clip,
        )
    if shape.teeth > 0:
        depth = (3.0 + 4.5 * shape.teeth) * min(1.0, 0.35 + shape.opening * 1.6)
        teeth = [
            (x - half * 0.74, y - lift - 6),
            (x + half * 0.74, y - lift - 6),
            (x + half * 0.66, y - lift + depth * 0.7),
            (x, y - lift + depth),
            (x - half * 0.66, y - lift + depth * 0.7),
        ]
        layer.fill(teeth, TEETH, blur_px=0.7, opacity=0.92, clip=clip)
    layer.fill(
        ellipse(x, y - lift - 4, half, 5), face.skin_deep, blur_px=2, opacity=0.35, clip=clip
    )


def _draw_lips(
    layer: Layer, face: Face, half: float, opened: tuple[float, float], corner_y: float
) -> None:
    lift, drop = opened
    x, y = face.x, face.mouth_y
    upper = closed_curve(
        [
            (x - half - 1.5, corner_y),
            (x - half * 0.42, y - lift - 6.2),
            (x - 5, y - lift - 8.2),
            (x, y - lift - 6.8),
            (x + 5, y - lift - 8.2),
            (x + half * 0.42, y - lift - 6.2),
            (x + half + 1.5, corner_y),
            (x + half * 0.5, y - lift + 3),
            (x, y - lift + 3),
            (x - half * 0.5, y - lift + 3),
        ]
    )
    lower = closed_curve(
        [
            (x - half - 0.5, corner_y + 0.5),
            (x - half * 0.5, y + drop - 1),
            (x, y + drop),
            (x + half * 0.5, y + drop - 1),
            (x + half + 0.5, corner_y + 0.5),
            (x + half * 0.62, y + drop + 7.0),
            (x, y + drop + 11.0),
            (x - half * 0.62, y + drop + 7.0),
        ]
    )
    layer.fill(ellipse(x, y + drop + 17, half * 0.5, 4.5), face.skin_shade, blur_px=3, opacity=0.5)
    layer.fill(lower, face.lip)
    layer.fill(upper, tuple(round(c * 0.88) for c in face.lip))  # type: ignore[arg-type]
    layer.fill(
        ellipse(x - 3, y + drop + 6, half * 0.36, 2.4),
        face.lip_light,
        blur_px=1.6,
        opacity=0.7,
        clip=layer.mask(lower),
    )


def draw_eyes(layer: Layer, face: Face, lid: float) -> None:
    """Draw both eyes with the upper lid lowered by `lid` (0 open, 1 closed)."""
    for side in (-1, 1):
        _draw_eye(layer, face, face.x + side * face.eye_gap, side, lid)


def _draw_eye(layer: Layer, face: Face, x: float, side: int, lid: float) -> None:
    y, half = face.eyes_y, 21.5
    top_y = y - 9.5 * (1 - lid) + 6.0 * lid
    inner, outer = (x - side * half, y + 2.5), (x + side * half, y - 0.5)
    arch: list[Point] = [
        inner,
        (x - side * 9, top_y + 0.6),
        (x + side * 4, top_y),
        (x + side * 14, top_y + 3 * (1 - lid)),
        outer,
    ]
    bowl: list[Point] = [(x + side * 11, y + 6.5), (x - side * 4, y + 8)]
    if lid < 1:
        almond = closed_curve([*arch, *bowl])
        clip = layer.mask(almond)
        layer.fill(almond, (238, 232, 224))
        layer.fill(ellipse(x, y - 0.5, 10.2, 10.2), face.iris, clip=clip)
        layer.fill(
            ellipse(x, y + 2.5, 6.8, 5.6),
            tuple(min(255, c + 34) for c in face.iris),  # type: ignore[arg-type]
            blur_px=2,
            opacity=0.6,
            clip=clip,
        )
        layer.fill(ellipse(x, y - 0.5, 4.6, 4.6), (24, 18, 18), clip=clip)
        layer.fill(ellipse(x - 3.4, y - 4.0, 2.3, 2.3), (255, 253, 248), clip=clip, opacity=0.95)
        layer.stroke(
            [(px, py + 2.2) for px, py in arch],
            (70, 50, 44),
            5.0,
            blur_px=1.6,
            opacity=0.45,
            clip=clip,
        )
    else:
        layer.fill(closed_curve([*arch, *bowl]), face.skin)
    crease = [(px, py - 5.0 * (1 - 0.5 * lid)) for px, py in arch[:4]]
    layer.stroke([*crease, (outer[0], outer[1] - 3)], face.skin_deep, 2.2, opacity=0.55)
    layer.stroke([*arch[:-1], (outer[0] + side * 2.5, outer[1] - 0.5)], (44, 30, 28), face.lash_px)
    layer.stroke(
        [inner, (x - side * 6, y + 8.4), (x + side * 10, y + 7.3), outer],
        face.skin_deep,
        1.5,
        opacity=0.6,
    )


def draw_brows(layer: Layer, face: Face) -> None:
    """Draw both eyebrows, at rest."""
    for side in (-1, 1):
        x, y = face.x + side * face.eye_gap, face.eyes_y - 28
        line = [
            (x - side * 25, y + 5),
            (x - side * 10, y - 1),
            (x + side * 10, y - 3.5),
            (x + side * 29, y + 5),
        ]
        layer.stroke(line, face.brow, face.brow_px, blur_px=0.8, opacity=0.9)
        layer.stroke(
            [(px, py - 1) for px, py in line[:3]],
            face.brow,
            face.brow_px * 0.7,
            blur_px=0.5,
            opacity=0.6,
        )


def draw_nose(layer: Layer, face: Face, length_px: float, clip_side: int) -> None:
    """Draw the nose: a soft shaded side, a tip and two nostrils; the shade falls to `clip_side`."""
    x, tip_y, s = face.x, face.eyes_y + length_px, clip_side
    layer.fill(
        closed_curve(
            [
                (x + s * 7, face.eyes_y - 6),
                (x + s * 13, tip_y - 22),
                (x + s * 19, tip_y - 4),
                (x + s * 10, tip_y + 4),
                (x + s * 4, tip_y - 20),
            ]
        ),
        face.skin_shade,
        blur_px=4,
        opacity=0.6,
    )
    layer.fill(ellipse(x - s * 2, tip_y - 6, 7, 7), face.skin_light, blur_px=4, opacity=0.7)
    layer.fill(
        ellipse(x - s * 1.5, face.eyes_y + length_px * 0.4, 4, 20),
        face.skin_light,
        blur_px=4,
        opacity=0.5,
    )
    layer.fill(ellipse(x, tip_y + 7, 20, 4), face.skin_shade, blur_px=3, opacity=0.8)
    for side in (-1, 1):
        layer.stroke(
            [
                (x + side * 17.5, tip_y - 10),
                (x + side * 20.5, tip_y - 2),
                (x + side * 15, tip_y + 4),
            ],
            face.skin_deep,
            2.4,
            opacity=0.55,
        )
        layer.stroke(
            [(x + side * 13, tip_y + 3.2), (x + side * 8, tip_y + 1.6), (x + side * 4, tip_y + 4)],
            face.skin_deep,
            3.6,
            opacity=0.8,
        )
    layer.stroke(
        [(x - 6, tip_y + 5), (x, tip_y + 6.5), (x + 6, tip_y + 5)], face.skin_deep, 2.0, opacity=0.5
    )


def shade_face(layer: Layer, face: Face, clip: Image.Image, side: int) -> None:
    """Lay light and shadow on a face that is lit from the side opposite to `side`."""
    x, y = face.x, face.eyes_y
    layer.fill(
        ellipse(x + side * 112, y + 40, 54, 190),
        face.skin_shade,
        blur_px=26,
        opacity=0.85,
        clip=clip,
    )
    layer.fill(
        ellipse(x - side * 34, y - 66, 54, 34), face.skin_light, blur_px=24, opacity=0.7, clip=clip
    )
    layer.fill(
        ellipse(x - side * 56, y + 46, 30, 26), face.skin_light, blur_px=15, opacity=0.55, clip=clip
    )
    for each in (-1, 1):
        layer.fill(
            ellipse(x + each * 62, y + 56, 27, 19), face.blush, blur_px=13, opacity=0.38, clip=clip
        )
        layer.fill(
            ellipse(x + each * face.eye_gap, y - 7, 31, 17),
            face.skin_shade,
            blur_px=8,
            opacity=0.42,
            clip=clip,
        )
        layer.stroke(
            [(x + each * 27, y + 64), (x + each * 42, y + 82), (x + each * 46, y + 98)],
            face.skin_shade,
            4,
            blur_px=2.6,
            opacity=0.34,
        )
        layer.stroke(
            [
                (x + each * (face.eye_gap - 16), y + 17),
                (x + each * face.eye_gap, y + 20),
                (x + each * (face.eye_gap + 14), y + 16),
            ],
            face.skin_shade,
            4,
            blur_px=2.2,
            opacity=0.5,
        )
    layer.fill(
        ellipse(x, face.mouth_y + 46, 18, 9), face.skin_light, blur_px=7, opacity=0.5, clip=clip
    )
    layer.stroke(
        [(x, face.mouth_y - 21), (x, face.mouth_y - 11)], face.skin_shade, 8, blur_px=3, opacity=0.5
    )
