"""Drawing a planned shot, frame by frame, as planes ready for the encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import av
import numpy as np

from candid.engine.film import cards, look, voice_card
from candid.engine.film.colour import (
    Planes,
    cropped,
    fill,
    frame_planes,
    new_frame,
    paste,
    rgb_planes,
)
from candid.engine.film.fitting import Fitter
from candid.engine.film.geometry import EMPTY, Rect, Size, whole
from candid.engine.film.layout import gap_px
from candid.engine.film.pictures import PictureReader
from candid.engine.film.plan import (
    CardPlan,
    Overlay,
    Picture,
    ShotPlan,
    Shown,
    TilePlan,
)
from candid.engine.film.plates import PlatePicture, draw_plate, lay_over, plate_picture

# The encoder has read a frame when it returns, so one canvas serves all frames of a shot.


def compose(shot: ShotPlan, canvas: Size, reader: PictureReader) -> Iterator[av.VideoFrame]:
    """Yield the shot's `n_frames` frames; each is valid until the next one is asked for."""
    if shot.card is not None:
        yield from _compose_card(shot, shot.card, canvas)
    else:
        yield from _compose_tiles(shot, canvas, reader)


def _compose_card(shot: ShotPlan, card: CardPlan, canvas: Size) -> Iterator[av.VideoFrame]:
    bare = rgb_planes(cards.blank_card(canvas))
    full = rgb_planes(cards.draw_card(card, canvas))
    frame = new_frame(canvas.width, canvas.height)
    planes = frame_planes(frame)
    for number in range(shot.n_frames):
        if number <= card.fade_frames:
            _mix(planes, bare, full, (number + 1) / (card.fade_frames + 1))
        yield frame


def _mix(onto: Planes, first: Planes, second: Planes, part: float) -> None:
    weight = round(min(1.0, part) * 256)
    for plane, a, b in zip(onto, first, second, strict=True):
        mixed = a * np.uint16(256 - weight) + b * np.uint16(weight)
        plane[...] = (mixed + np.uint16(128)) >> 8


def _compose_tiles(shot: ShotPlan, canvas: Size, reader: PictureReader) -> Iterator[av.VideoFrame]:
    ground = _Ground(shot, canvas)
    tiles = [_Tile(tile, reader) for tile in shot.tiles]
    fills_canvas = len(tiles) == 1 and tiles[0].plan.rect == whole(canvas)
    for number in range(shot.n_frames):
        changed = [tile.show(tile.plan.frames[number]) for tile in tiles]
        if fills_canvas and not any(each.opacity(number) for each in shot.overlays):
            yield tiles[0].frame  # nothing to draw: the encoder may read the camera's own frame
        else:
            yield ground.draw(tiles, number, is_new=any(changed))


class _Ground:
    """The canvas of a shot, onto which tiles and plates are drawn."""

    def __init__(self, shot: ShotPlan, canvas: Size) -> None:
        self._frame = new_frame(canvas.width, canvas.height)
        self._planes = frame_planes(self._frame)
        fill(self._planes, look.NIGHT)
        self._lines = _lines_between(shot.tiles, canvas)
        self._plates = [(overlay, _plate(overlay)) for overlay in shot.overlays]
        self._is_stale = True

    def draw(self, tiles: Sequence[_Tile], number: int, *, is_new: bool) -> av.VideoFrame:
        """Draw the shot's frame `number`; without `is_new` the tiles are as they were."""
        if is_new or self._is_stale:
            for tile, line in zip(tiles, self._lines, strict=True):
                fill(cropped(self._planes, line), look.NIGHT)
                paste(self._planes, frame_planes(tile.frame), tile.plan.rect)
        visible = [each for each in self._plates if each[0].opacity(number) > 0]
        for overlay, plate in visible:
            lay_over(self._planes, plate, overlay.rect, overlay.opacity(number))
        self._is_stale = bool(visible)
        return self._frame


def _lines_between(tiles: Sequence[TilePlan], canvas: Size) -> list[Rect]:
    """Return the ground of each tile: a little wider than one that lies over another."""
    rects = [tile.rect for tile in tiles]
    lies_over = [
        any(rect.overlaps(under) for under in rects[:number]) for number, rect in enumerate(rects)
    ]
    gap = gap_px(canvas)
    return [rect.grown(gap) if over else EMPTY for rect, over in zip(rects, lies_over, strict=True)]


class _Tile:
    """A tile and the frame it shows now, of its own size."""

    def __init__(self, plan: TilePlan, reader: PictureReader) -> None:
        self.plan = plan
        self._reader = reader
        self._fitter = Fitter(plan.rect)
        self._cards: dict[int, av.VideoFrame] = {}
        self._shown: Shown | None = None
        self.frame: av.VideoFrame

    def show(self, shown: Shown) -> bool:
        """Make the frame show this; whether anything changed."""
        if shown == self._shown:
            return False
        self.frame = self._draw(shown)
        self._shown = shown
        return True

    def _draw(self, shown: Shown) -> av.VideoFrame:
        if isinstance(shown, Picture):
            picture = self._reader.read(shown)
            if picture is not None:
                return self._fitter.fit(picture.picture, picture.rotation_deg)
        return self._card(0 if isinstance(shown, Picture) else shown.level)

    def _card(self, level: int) -> av.VideoFrame:
        if level not in self._cards:
            size = self.plan.rect.size
            self._cards[level] = voice_card.card_frame(self.plan.name, level, size)
        return self._cards[level]


def _plate(overlay: Overlay) -> PlatePicture:
    return plate_picture(draw_plate(overlay.kind, overlay.lines, overlay.size_px))
