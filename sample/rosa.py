"""Rosa's portrait: at a desk by a window, daylight from the left."""

from __future__ import annotations

import numpy as np

from sample.drawing import Layer, Point, closed_curve, ellipse, mirrored
from sample.face import Face, draw_brows, draw_nose, shade_face

FACE = Face(
    x=640,
    eyes_y=296,
    mouth_y=394,
    eye_gap=47,
    mouth_half=33,
    skin=(190, 136, 104),
    skin_light=(220, 172, 138),
    skin_shade=(150, 98, 74),
    skin_deep=(104, 62, 48),
    blush=(196, 98, 82),
    lip=(164, 84, 78),
    lip_light=(204, 128, 116),
    iris=(78, 50, 34),
    brow=(52, 38, 34),
    brow_px=7.0,
    lash_px=4.6,
)
HEAD_BOX = (430, 80, 850, 600)

HAIR = (50, 38, 37)
HAIR_LIGHT = (96, 70, 58)
HAIR_DEEP = (32, 24, 25)
HAIR_GREY = (150, 138, 130)


def draw_room() -> Layer:
    """Draw the wall, the window with the hedge behind it, and the shelf, out of focus."""
    room = Layer((0, 0, 1280, 720))
    room.fill([(0, 0), (1280, 0), (1280, 720), (0, 720)], (214, 203, 186))
    room.fill(ellipse(180, 260, 620, 520), (238, 230, 214), blur_px=150, opacity=0.9)
    room.fill(ellipse(1250, 560, 420, 420), (168, 150, 132), blur_px=150, opacity=0.8)
    _draw_window(room)
    _draw_shelf(room)
    room.soften(2.6)
    return room


def _draw_window(room: Layer) -> None:
    room.fill([(-20, 40), (330, 40), (330, 560), (-20, 560)], (244, 240, 232))
    room.fill([(-20, 64), (306, 64), (306, 536), (-20, 536)], (214, 226, 228))
    room.fill([(-20, 64), (306, 64), (306, 250), (-20, 250)], (232, 238, 238), blur_px=40)
    rng = np.random.default_rng(11)
    glass = room.mask([(-20, 64), (306, 64), (306, 536), (-20, 536)])
    for _ in range(110):
        x, y = rng.uniform(-20, 310), 330 + abs(rng.normal(0, 90))
        green = rng.choice([(124, 150, 120), (104, 136, 108), (146, 166, 132), (92, 124, 100)])
        colour = (int(green[0]), int(green[1]), int(green[2]))
        room.fill(
            ellipse(x, y, rng.uniform(18, 46), rng.uniform(14, 34), 20),
            colour,
            blur_px=4,
            opacity=0.8,
            clip=glass,
        )
    room.fill([(143, 64), (157, 64), (157, 536), (143, 536)], (244, 240, 232))
    room.fill([(-20, 222), (306, 222), (306, 234), (-20, 234)], (244, 240, 232))
    room.fill([(-20, 548), (352, 548), (352, 572), (-20, 572)], (250, 246, 238))
    room.fill(
        [(-20, 572), (352, 572), (352, 596), (-20, 596)], (176, 160, 142), blur_px=8, opacity=0.5
    )
    curtain = closed_curve(
        [
            (322, 10),
            (404, 10),
            (398, 200),
            (410, 420),
            (402, 730),
            (330, 730),
            (338, 420),
            (328, 200),
        ]
    )
    room.fill(curtain, (226, 214, 196))
    for x, tone in ((346, (206, 190, 168)), (370, (240, 231, 216)), (390, (200, 184, 162))):
        room.line(
            [(x, 0), (x + 5, 240), (x - 2, 480), (x + 4, 730)],
            tone,
            14,
            blur_px=5,
            opacity=0.8,
        )


def _draw_shelf(room: Layer) -> None:
    room.fill([(930, 318), (1300, 318), (1300, 336), (930, 336)], (150, 112, 80))
    room.fill(
        [(930, 336), (1300, 336), (1300, 352), (930, 352)], (120, 100, 84), blur_px=8, opacity=0.5
    )
    rng = np.random.default_rng(5)
    x = 962.0
    tones = [
        (11, 90, 92),
        (138, 75, 18),
        (226, 216, 200),
        (86, 112, 122),
        (164, 122, 92),
        (60, 78, 84),
        (206, 176, 132),
        (120, 62, 48),
    ]
    while x < 1180:
        width, height = rng.uniform(15, 29), rng.uniform(86, 128)
        tone = tones[int(rng.integers(len(tones)))]
        room.fill([(x, 318 - height), (x + width, 318 - height), (x + width, 318), (x, 318)], tone)
        room.fill(
            [(x, 318 - height), (x + 4, 318 - height), (x + 4, 318), (x, 318)],
            (255, 250, 240),
            opacity=0.18,
        )
        x += width + 2
    pot = [(1206, 262), (1266, 262), (1258, 318), (1214, 318)]
    room.fill(pot, (186, 118, 84))
    room.fill(
        [(1240, 262), (1266, 262), (1258, 318), (1242, 318)], (140, 84, 60), blur_px=5, opacity=0.6
    )
    for angle in np.linspace(-1.25, 1.2, 11):
        length = 92 + 24 * np.cos(3 * angle)
        tip = (1236 + length * np.sin(angle), 262 - length * np.cos(angle) * 0.95)
        mid = (1236 + 0.5 * length * np.sin(angle * 0.7), 262 - 0.62 * length * np.cos(angle * 0.6))
        room.stroke([(1236, 266), mid, tip], (84, 118, 92) if angle > 0 else (112, 146, 112), 17)
    frame = [(1010, 84), (1130, 84), (1130, 176), (1010, 176)]
    room.fill(frame, (236, 230, 220))
    room.fill([(1022, 96), (1118, 96), (1118, 164), (1022, 164)], (168, 190, 190))
    room.fill(
        closed_curve(
            [(1022, 164), (1022, 140), (1052, 124), (1086, 142), (1118, 130), (1118, 164)]
        ),
        (98, 128, 122),
    )


def draw_body() -> Layer:
    """Draw hair behind the neck, neck, blouse and cardigan."""
    body = Layer((180, 120, 1100, 720))
    _draw_back_hair(body)
    neck = [(596, 380), (684, 380), (690, 470), (716, 512), (640, 580), (564, 512), (590, 470)]
    body.fill(closed_curve(neck), FACE.skin)
    clip = body.mask(closed_curve(neck))
    body.fill(ellipse(646, 436, 66, 44), FACE.skin_deep, blur_px=13, opacity=0.62, clip=clip)
    body.fill(ellipse(698, 500, 34, 70), FACE.skin_shade, blur_px=14, opacity=0.7, clip=clip)
    chest = closed_curve(
        [
            (572, 500),
            (640, 520),
            (708, 500),
            (732, 512),
            (716, 560),
            (640, 640),
            (566, 560),
            (548, 512),
        ]
    )
    body.fill(chest, FACE.skin)
    body.fill(
        ellipse(690, 552, 44, 60), FACE.skin_shade, blur_px=16, opacity=0.6, clip=body.mask(chest)
    )
    body.stroke([(590, 528), (612, 540), (632, 541)], FACE.skin_shade, 4, blur_px=2, opacity=0.8)
    body.stroke([(690, 528), (668, 540), (650, 541)], FACE.skin_deep, 4, blur_px=2, opacity=0.5)
    _draw_blouse(body)
    _draw_cardigan(body)
    return body


def _draw_back_hair(body: Layer) -> None:
    shape = closed_curve(
        mirrored(
            [
                (640, 150),
                (730, 170),
                (786, 260),
                (796, 360),
                (806, 440),
                (784, 508),
                (728, 540),
                (660, 470),
            ],
            640,
        )
    )
    body.fill(shape, HAIR_DEEP)
    clip = body.mask(shape)
    for side in (-1, 1):
        for n in range(9):
            x = 640 + side * (96 + 7.5 * n)
            line: list[Point] = [
                (x - side * 16, 240),
                (x + side * 8, 330),
                (x - side * 4, 410),
                (x + side * 10, 470),
                (x - side * 10, 524),
            ]
            body.stroke(
                line,
                HAIR_LIGHT if n % 3 == 0 else HAIR,
                9,
                blur_px=1.6,
                opacity=0.5 if side < 0 else 0.3,
                clip=clip,
            )


def _draw_blouse(body: Layer) -> None:
    left = closed_curve(
        [(548, 506), (580, 520), (606, 560), (644, 640), (640, 730), (520, 730), (512, 560)]
    )
    right = closed_curve(
        [(732, 506), (700, 520), (674, 560), (640, 640), (644, 730), (760, 730), (768, 560)]
    )
    body.fill(left, (240, 232, 218))
    body.fill(right, (226, 214, 198))
    body.stroke([(584, 524), (610, 566), (643, 642), (641, 724)], (196, 180, 160), 4, blur_px=1.4)
    body.stroke([(696, 524), (670, 566), (645, 640)], (186, 168, 148), 5, blur_px=2)


def _draw_cardigan(body: Layer) -> None:
    left = closed_curve(
        [
            (560, 496),
            (500, 524),
            (420, 548),
            (362, 590),
            (332, 660),
            (310, 800),
            (640, 800),
            (600, 690),
            (556, 590),
            (545, 530),
        ]
    )
    right = closed_curve(
        [
            (720, 496),
            (780, 524),
            (860, 548),
            (918, 590),
            (948, 660),
            (970, 800),
            (640, 800),
            (682, 690),
            (724, 590),
            (735, 530),
        ]
    )
    for shape, tone in ((left, (22, 100, 102)), (right, (11, 84, 87))):
        body.fill(shape, tone)
    clip_left, clip_right = body.mask(left), body.mask(right)
    body.fill(ellipse(390, 600, 120, 70), (62, 140, 138), blur_px=36, opacity=0.6, clip=clip_left)
    body.fill(ellipse(900, 690, 120, 130), (4, 56, 60), blur_px=40, opacity=0.8, clip=clip_right)
    body.fill(ellipse(770, 560, 80, 26), (36, 116, 116), blur_px=18, opacity=0.5, clip=clip_right)
    for points, clip in (
        ([(470, 560), (440, 640), (446, 730)], clip_left),
        ([(520, 580), (530, 660), (560, 730)], clip_left),
        ([(810, 560), (846, 640), (842, 730)], clip_right),
        ([(760, 580), (752, 660), (724, 730)], clip_right),
    ):
        body.stroke(points, (4, 58, 62), 12, blur_px=6, opacity=0.55, clip=clip)
    for edge, clip in (
        ([(556, 500), (545, 540), (562, 600), (606, 700), (630, 750)], clip_left),
        ([(724, 500), (735, 540), (718, 600), (676, 700), (652, 750)], clip_right),
    ):
        body.line(edge, (6, 66, 70), 20, blur_px=1.5, opacity=0.55, clip=clip)


def draw_head() -> Layer:
    """Draw the head without eyes and mouth."""
    head = Layer(HEAD_BOX)
    outline = closed_curve(
        mirrored(
            [
                (640, 138),
                (706, 158),
                (744, 222),
                (748, 300),
                (738, 356),
                (712, 408),
                (674, 444),
                (640, 453),
            ],
            640,
        )
    )
    for side in (-1, 1):
        ear = closed_curve(
            [
                (640 + side * 106, 286),
                (640 + side * 121, 284),
                (640 + side * 119, 322),
                (640 + side * 106, 344),
            ]
        )
        head.fill(ear, FACE.skin_shade)
    head.fill(outline, FACE.skin)
    clip = head.mask(outline)
    shade_face(head, FACE, clip, side=1)
    head.fill(ellipse(640, 462, 84, 18), FACE.skin_shade, blur_px=10, opacity=0.7, clip=clip)
    draw_nose(head, FACE, 58, 1)
    draw_brows(head, FACE)
    head.fill(ellipse(640, 172, 104, 46), FACE.skin_deep, blur_px=16, opacity=0.5, clip=clip)
    _draw_front_hair(head)
    return head


def _draw_front_hair(head: Layer) -> None:
    left = closed_curve(
        [
            (668, 150),
            (640, 118),
            (586, 118),
            (532, 160),
            (506, 232),
            (496, 320),
            (484, 404),
            (494, 470),
            (524, 508),
            (548, 486),
            (534, 430),
            (540, 352),
            (546, 286),
            (566, 236),
            (606, 200),
        ]
    )
    right = closed_curve(
        [
            (658, 158),
            (664, 122),
            (712, 126),
            (756, 168),
            (778, 236),
            (784, 320),
            (798, 404),
            (788, 470),
            (756, 508),
            (734, 486),
            (746, 430),
            (738, 352),
            (736, 286),
            (722, 234),
            (692, 192),
        ]
    )
    head.fill(left, HAIR)
    head.fill(right, (42, 32, 32))
    clip_left, clip_right = head.mask(left), head.mask(right)
    head.fill(ellipse(560, 180, 60, 40), HAIR_LIGHT, blur_px=20, opacity=0.8, clip=clip_left)
    for n in range(10):
        k = n / 9
        line: list[Point] = [
            (664 - 8 * k, 146 - 14 * k),
            (606 - 26 * k, 166 - 26 * k),
            (552 - 28 * k, 236 - 6 * k),
            (534 - 30 * k, 330),
            (532 - 44 * k, 410),
            (540 - 40 * k, 478 + 8 * k),
        ]
        grey = n in (2, 4, 5)
        head.stroke(
            line, HAIR_GREY if grey else HAIR_LIGHT, 3.4, blur_px=1.0, opacity=0.42, clip=clip_left
        )
        line = [
            (664 + 6 * k, 150 - 14 * k),
            (706 + 22 * k, 172 - 26 * k),
            (732 + 28 * k, 240),
            (742 + 36 * k, 330),
            (748 + 44 * k, 410),
            (742 + 40 * k, 484),
        ]
        head.stroke(line, HAIR_LIGHT, 3.0, blur_px=0.9, opacity=0.24, clip=clip_right)
    head.stroke([(664, 132), (662, 150), (650, 164)], HAIR_DEEP, 4, blur_px=1.2, opacity=0.8)
    for x, y in ((536, 356), (745, 356)):
        head.fill(ellipse(x, y, 4.2, 4.2), (214, 178, 96))
        head.fill(ellipse(x - 1.2, y - 1.2, 1.5, 1.5), (255, 244, 214))


def draw_glasses(layer: Layer) -> None:
    """Draw nothing: she wears none."""
