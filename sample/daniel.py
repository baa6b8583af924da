"""Daniel's portrait: at a kitchen table in the evening, lamplight from the right."""

from __future__ import annotations

import numpy as np

from sample.drawing import Layer, Point, closed_curve, ellipse, mirrored
from sample.face import Face, draw_brows, draw_nose, shade_face

FACE = Face(
    x=640,
    eyes_y=292,
    mouth_y=396,
    eye_gap=49,
    mouth_half=34,
    skin=(226, 182, 152),
    skin_light=(246, 214, 186),
    skin_shade=(188, 134, 106),
    skin_deep=(132, 86, 66),
    blush=(214, 124, 98),
    lip=(184, 122, 104),
    lip_light=(212, 158, 140),
    iris=(86, 112, 116),
    brow=(98, 78, 64),
    brow_px=9.5,
    lash_px=3.6,
)
HEAD_BOX = (460, 80, 820, 560)

HAIR = (104, 86, 72)
HAIR_LIGHT = (158, 140, 122)
HAIR_DEEP = (70, 56, 48)
BEARD = (118, 96, 78)
GLASSES = (58, 44, 38)


def draw_room() -> Layer:
    """Draw the kitchen wall, tiles, a shelf with mugs and a lamp, out of focus."""
    room = Layer((0, 0, 1280, 720))
    room.fill([(0, 0), (1280, 0), (1280, 720), (0, 720)], (164, 172, 160))
    room.fill(ellipse(1010, 200, 520, 460), (236, 208, 160), blur_px=140, opacity=0.85)
    room.fill(ellipse(60, 420, 360, 460), (112, 126, 122), blur_px=140, opacity=0.8)
    _draw_tiles(room)
    _draw_shelf(room)
    _draw_lamp(room)
    room.fill([(0, 640), (1280, 640), (1280, 720), (0, 720)], (122, 88, 62), blur_px=6)
    room.fill(
        [(760, 640), (1280, 640), (1280, 662), (760, 662)], (190, 146, 104), blur_px=8, opacity=0.8
    )
    _draw_mug(room, 1010, 596, 1.5, (11, 90, 92))
    room.soften(2.6)
    return room


def _draw_tiles(room: Layer) -> None:
    rng = np.random.default_rng(3)
    for row in range(4):
        for column in range(14):
            x = -40 + column * 100 + (50 if row % 2 else 0)
            y = 428 + row * 54
            light = 1.0 + 0.05 * rng.standard_normal() - 0.16 * abs(x - 900) / 900
            tone = tuple(int(np.clip(c * light, 0, 255)) for c in (212, 204, 188))
            room.fill(
                [(x + 3, y + 3), (x + 97, y + 3), (x + 97, y + 51), (x + 3, y + 51)],
                (tone[0], tone[1], tone[2]),
                blur_px=0.8,
                opacity=0.62,
            )


def _draw_shelf(room: Layer) -> None:
    room.fill([(-10, 300), (392, 300), (392, 318), (-10, 318)], (132, 98, 70))
    room.fill(
        [(-10, 318), (392, 318), (392, 338), (-10, 338)], (70, 72, 66), blur_px=8, opacity=0.5
    )
    for x, tone in ((52, (226, 216, 198)), (128, (138, 75, 18)), (204, (86, 112, 122))):
        _draw_mug(room, x, 262, 1.0, tone)
    for x, height, tone in ((272, 96, (196, 182, 154)), (334, 76, (120, 134, 118))):
        room.fill(
            [(x - 24, 300 - height), (x + 24, 300 - height), (x + 24, 300), (x - 24, 300)], tone
        )
        room.fill(
            [(x + 6, 300 - height), (x + 24, 300 - height), (x + 24, 300), (x + 6, 300)],
            (255, 246, 226),
            blur_px=5,
            opacity=0.25,
        )
        room.fill(
            [
                (x - 26, 288 - height),
                (x + 26, 288 - height),
                (x + 26, 302 - height),
                (x - 26, 302 - height),
            ],
            (120, 88, 62),
        )
    room.fill([(40, 80), (176, 80), (176, 196), (40, 196)], (104, 80, 60))
    room.fill([(50, 90), (166, 90), (166, 186), (50, 186)], (226, 218, 202))
    for n, y in enumerate(range(110, 180, 16)):
        room.line(
            [(62, y), (108 + 14 * (n % 3), y + 1), (150 - 12 * (n % 2), y)],
            (150, 150, 144),
            3,
            opacity=0.7,
        )


def _draw_mug(room: Layer, x: float, y: float, size: float, tone: tuple[int, int, int]) -> None:
    half, high = 24 * size, 38 * size
    room.line(
        [
            (x + half - 2, y + 8 * size),
            (x + half + 15 * size, y + 10 * size),
            (x + half + 12 * size, y + 28 * size),
            (x + half - 2, y + 30 * size),
        ],
        tone,
        6 * size,
    )
    room.fill(
        [(x - half, y), (x + half, y), (x + half * 0.9, y + high), (x - half * 0.9, y + high)], tone
    )
    room.fill(
        [
            (x + half * 0.3, y),
            (x + half, y),
            (x + half * 0.9, y + high),
            (x + half * 0.3, y + high),
        ],
        (255, 240, 214),
        blur_px=5,
        opacity=0.28,
    )


def _draw_lamp(room: Layer) -> None:
    room.line(
        [(1120, -10), (1121, 40), (1120, 92)],
        (70, 60, 52),
        5,
    )
    room.fill(ellipse(1120, 240, 210, 150), (255, 232, 180), blur_px=70, opacity=0.75)
    shade = [(1090, 90), (1150, 90), (1206, 186), (1034, 186)]
    room.fill(shade, (214, 158, 88))
    room.fill(
        [(1100, 90), (1130, 90), (1140, 186), (1080, 186)],
        (250, 214, 150),
        blur_px=12,
        opacity=0.8,
        clip=room.mask(shade),
    )
    room.fill(ellipse(1120, 187, 86, 9), (255, 244, 214))


def draw_body() -> Layer:
    """Draw neck, shirt collar and jumper."""
    body = Layer((180, 120, 1100, 720))
    neck = [(584, 380), (696, 380), (704, 470), (730, 520), (640, 572), (550, 520), (576, 470)]
    body.fill(closed_curve(neck), FACE.skin)
    clip = body.mask(closed_curve(neck))
    body.fill(ellipse(634, 440, 76, 46), FACE.skin_deep, blur_px=14, opacity=0.62, clip=clip)
    body.fill(ellipse(576, 500, 34, 74), FACE.skin_shade, blur_px=14, opacity=0.75, clip=clip)
    body.stroke([(648, 486), (651, 502), (646, 514)], FACE.skin_shade, 7, blur_px=3, opacity=0.7)
    _draw_jumper(body)
    _draw_collar(body)
    return body


def _draw_jumper(body: Layer) -> None:
    shape = closed_curve(
        [
            (560, 516),
            (500, 532),
            (410, 556),
            (344, 600),
            (308, 680),
            (288, 810),
            (640, 830),
            (992, 810),
            (972, 680),
            (936, 600),
            (870, 556),
            (780, 532),
            (720, 516),
            (690, 556),
            (640, 574),
            (590, 556),
        ]
    )
    body.fill(shape, (142, 84, 38))
    clip = body.mask(shape)
    body.fill(ellipse(876, 600, 130, 60), (190, 126, 70), blur_px=34, opacity=0.75, clip=clip)
    body.fill(ellipse(352, 690, 110, 150), (88, 48, 20), blur_px=44, opacity=0.85, clip=clip)
    body.fill(ellipse(640, 600, 120, 30), (106, 60, 26), blur_px=18, opacity=0.55, clip=clip)
    for points in (
        [(470, 572), (436, 640), (442, 730)],
        [(530, 590), (544, 660), (580, 740)],
        [(812, 572), (846, 640), (838, 730)],
        [(752, 590), (738, 660), (700, 740)],
    ):
        body.stroke(points, (88, 48, 20), 14, blur_px=7, opacity=0.5, clip=clip)
    for n in range(46):
        x = 300 + n * 15
        lean = (x - 640) * 0.05
        body.line(
            [(x, 520), (x + lean, 640), (x + lean * 2, 760)],
            (96, 54, 24),
            2.6,
            blur_px=0.8,
            opacity=0.16,
            clip=clip,
        )
    neck: list[Point] = [(556, 518), (584, 566), (640, 590), (696, 566), (724, 518)]
    body.line(neck, (118, 68, 30), 24, blur_px=1, opacity=0.95)
    body.line([(x, y + 13) for x, y in neck], (82, 46, 20), 4, blur_px=2, opacity=0.7)


def _draw_collar(body: Layer) -> None:
    left = closed_curve(
        [(566, 478), (556, 508), (566, 548), (596, 588), (626, 556), (592, 524), (574, 496)]
    )
    right = closed_curve(
        [(714, 478), (724, 508), (714, 548), (684, 588), (654, 556), (688, 524), (706, 496)]
    )
    body.fill(left, (186, 198, 200))
    body.fill(right, (224, 226, 220))
    body.stroke([(572, 490), (590, 526), (625, 557)], (140, 152, 156), 3.4, blur_px=1.2)
    body.stroke([(708, 490), (690, 526), (655, 557)], (176, 184, 184), 3.4, blur_px=1.2)


def draw_head() -> Layer:
    """Draw the head without eyes, mouth and glasses."""
    head = Layer(HEAD_BOX)
    outline = closed_curve(
        mirrored(
            [
                (640, 124),
                (712, 146),
                (752, 214),
                (755, 300),
                (746, 362),
                (726, 416),
                (688, 456),
                (640, 466),
            ],
            640,
        )
    )
    for side in (-1, 1):
        ear = closed_curve(
            [
                (640 + side * 108, 282),
                (640 + side * 128, 276),
                (640 + side * 132, 304),
                (640 + side * 122, 344),
                (640 + side * 106, 352),
            ]
        )
        head.fill(ear, FACE.skin if side > 0 else FACE.skin_shade)
        head.stroke(
            [(640 + side * 114, 290), (640 + side * 125, 296), (640 + side * 117, 330)],
            FACE.skin_deep,
            4,
            blur_px=1.6,
            opacity=0.5,
        )
    head.fill(outline, FACE.skin)
    clip = head.mask(outline)
    shade_face(head, FACE, clip, side=-1)
    draw_nose(head, FACE, 62, -1)
    for y in (212, 226):
        head.stroke(
            [(598, y + 1), (640, y - 2), (682, y + 1)], FACE.skin_shade, 3, blur_px=1.8, opacity=0.4
        )
    _draw_beard(head, outline)
    draw_brows(head, FACE)
    for side in (-1, 1):
        for n in range(2):
            x = 640 + side * 80
            head.stroke(
                [(x, 300 + 5 * n), (x + side * 9, 304 + 9 * n), (x + side * 14, 310 + 13 * n)],
                FACE.skin_shade,
                2,
                blur_px=0.8,
                opacity=0.55,
            )
    _draw_hair(head)
    return head


def _draw_beard(head: Layer, outline: list[Point]) -> None:
    clip = head.mask(outline)
    beard = closed_curve(
        [
            (532, 318),
            (548, 352),
            (572, 384),
            (604, 376),
            (640, 370),
            (676, 376),
            (708, 384),
            (732, 352),
            (748, 318),
            (760, 380),
            (740, 430),
            (694, 476),
            (640, 486),
            (586, 476),
            (540, 430),
            (520, 380),
        ]
    )
    head.fill(beard, BEARD, blur_px=7, opacity=0.72, clip=clip)
    lower = closed_curve(
        [
            (556, 392),
            (590, 408),
            (610, 428),
            (640, 434),
            (670, 428),
            (690, 408),
            (724, 392),
            (712, 436),
            (680, 470),
            (640, 480),
            (600, 470),
            (568, 436),
        ]
    )
    head.fill(lower, BEARD, blur_px=5, opacity=0.72, clip=clip)
    head.fill(ellipse(566, 420, 40, 60), HAIR_DEEP, blur_px=18, opacity=0.5, clip=clip)
    head.fill(ellipse(640, 456, 24, 16), (176, 162, 148), blur_px=8, opacity=0.55, clip=clip)
    rng = np.random.default_rng(8)
    for _ in range(900):
        angle = rng.uniform(-1.36, 1.36)
        radius = rng.uniform(0.6, 1.0)
        x, y = 640 + 104 * radius * np.sin(angle), 330 + 132 * radius * np.cos(angle)
        if np.hypot((x - 640) / 56, (y - 398) / 26) < 1 or y < 352 + 0.2 * abs(x - 640):
            continue
        grey = rng.random() < 0.28
        tone = (190, 178, 164) if grey else (84, 66, 52)
        dx, dy = 5 * np.sin(angle) + rng.normal(0, 1.5), 6 + rng.normal(0, 1.5)
        head.stroke(
            [(x, y), (x + dx / 2, y + dy / 2), (x + dx, y + dy)],
            tone,
            1.6,
            opacity=0.16 + 0.26 * (radius - 0.6) / 0.4,
            clip=clip,
        )
    for side in (-1, 1):
        head.stroke(
            [
                (640 + side * 3, 374),
                (640 + side * 22, 375),
                (640 + side * 42, 390),
                (640 + side * 47, 412),
            ],
            BEARD,
            13,
            blur_px=2.4,
            opacity=0.8,
        )


def _draw_hair(head: Layer) -> None:
    shape = closed_curve(
        [
            (528, 300),
            (514, 236),
            (526, 164),
            (572, 116),
            (636, 98),
            (704, 110),
            (752, 158),
            (766, 236),
            (752, 300),
            (744, 262),
            (734, 222),
            (704, 196),
            (668, 190),
            (620, 178),
            (578, 190),
            (548, 224),
            (538, 262),
        ]
    )
    head.fill(shape, HAIR)
    clip = head.mask(shape)
    head.fill(ellipse(540, 200, 40, 90), HAIR_DEEP, blur_px=18, opacity=0.75, clip=clip)
    head.fill(ellipse(700, 132, 56, 30), HAIR_LIGHT, blur_px=16, opacity=0.7, clip=clip)
    for n in range(26):
        k = n / 25
        tip_x, tip_y = 534 + 220 * k, 232 - 62 * np.sin(np.pi * k) ** 0.6
        line: list[Point] = [
            (596 + 60 * k, 110 - 4 * k),
            (560 + 176 * k, 140 - 8 * np.sin(np.pi * k)),
            (tip_x + 4, tip_y),
        ]
        head.stroke(
            line, HAIR_LIGHT if n % 2 else HAIR_DEEP, 6, blur_px=1.6, opacity=0.3, clip=clip
        )
    for side in (-1, 1):
        x = 640 + side * 112
        head.fill(ellipse(x, 246, 14, 44), (170, 158, 144), blur_px=6, opacity=0.55, clip=clip)


def draw_glasses(layer: Layer) -> None:
    """Draw round spectacles, over the eyes."""
    for side in (-1, 1):
        x, y = 640 + side * 51, 297
        ring = ellipse(x, y, 38, 34, 60)
        layer.fill(ring, (255, 255, 250), opacity=0.06)
        layer.fill(
            [(x - 22, y - 26), (x - 8, y - 31), (x - 26, y + 14), (x - 34, y + 4)],
            (255, 255, 255),
            blur_px=2.5,
            opacity=0.16,
        )
        inner = ellipse(x, y, 36.2, 32.2, 60)
        layer.fill([*ring, ring[0], inner[0], *reversed(inner)], GLASSES, opacity=0.92)
        layer.line(
            [(x + side * 36, y - 6), (x + side * 52, y - 8), (x + side * 66, y - 4)],
            GLASSES,
            4,
        )
    layer.line(
        [(627, 292), (640, 286), (653, 292)],
        GLASSES,
        4.4,
    )
