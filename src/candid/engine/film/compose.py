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
from candid.engine.film.fitting import fit
from candid.engine.film.geometry import EMPTY, Rect, Size
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
    frame = new_frame(canvas.width, canvas.height)
    planes = frame_planes(frame)
    fill(planes, look.NIGHT)
    tiles = [_Tile(tile, reader) for tile in shot.tiles]
    lines = _lines_between(shot.tiles, canvas)
    plates = [(overlay, _plate(overlay)) for overlay in shot.overlays]
    is_written_over = False
    for number in range(shot.n_frames):
        changed = [tile.show(tile.plan.frames[number]) for tile in tiles]
        if any(changed) or is_written_over:
            for tile, line in zip(tiles, lines, strict=True):
                fill(cropped(planes, line), look.NIGHT)
                paste(planes, tile.planes, tile.plan.rect)
        visible = [(o, plate) for o, plate in plates if o.opacity(number) > 0]
        for overlay, plate in visible:
            lay_over(planes, plate, overlay.rect, overlay.opacity(number))
        is_written_over = bool(visible)
        yield frame


def _lines_between(tiles: Sequence[TilePlan], canvas: Size) -> list[Rect]:
    """Return the ground of each tile: a little wider than one that lies over another."""
    rects = [tile.rect for tile in tiles]
    lies_over = [
        any(rect.overlaps(under) for under in rects[:number]) for number, rect in enumerate(rects)
    ]
    gap = gap_px(canvas)
    return [rect.grown(gap) if over else EMPTY for rect, over in zip(rects, lies_over, strict=True)]


class _Tile:
    """A tile and the planes it shows now."""

    def __init__(self, plan: TilePlan, reader: PictureReader) -> None:
        self.plan = plan
        self._reader = reader
        self._shown: Shown | None = None
        self.planes: Planes

    def show(self, shown: Shown) -> bool:
        """Make the planes show this; whether anything changed."""
        if shown == self._shown:
            return False
        self.planes = self._draw(shown)
        self._shown = shown
        return True

    def _draw(self, shown: Shown) -> Planes:
        if isinstance(shown, Picture):
            picture = self._reader.read(shown)
            if picture is not None:
                return fit(picture.picture, picture.rotation_deg, self.plan.rect)
        level = 0 if isinstance(shown, Picture) else shown.level
        return voice_card.planes(self.plan.name, level, self.plan.rect.size)


def _plate(overlay: Overlay) -> PlatePicture:
    return plate_picture(draw_plate(overlay.kind, overlay.lines, overlay.size_px))
