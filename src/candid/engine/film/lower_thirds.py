"""Lower thirds: each person's name, once, soon after they are first seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from candid.engine.film import look
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.geometry import Rect, Size, even_floor
from candid.engine.film.plan import Overlay, ShotPlan, TilePlan, VoiceCard
from candid.engine.film.plates import plate_size, plate_style
from candid.engine.film.text import shortened, width_px
from candid.engine.timebase import frames_in

# A tile that is smaller than this part of the canvas' width has no room for a name.
SMALLEST_TILE = 0.4
# Long enough to be read once.
SHORTEST_S = 1.8
# Units between a tile's edge and the plate.
_MARGIN = 48


def with_lower_thirds(shots: Sequence[ShotPlan], options: FilmOptions) -> tuple[ShotPlan, ...]:
    """Add every person's lower third to the first shot that shows them long enough.

    Where none does, it is the longest of their shots.
    """
    named = list(shots)
    people = dict.fromkeys(tile.participant_id for shot in shots for tile in shot.tiles)
    for person in people:
        at = _shot_to_name(person, named, options)
        if at is not None:
            named[at] = _with_name(person, named[at], options)
    return tuple(named)


def _shot_to_name(person: str, shots: Sequence[ShotPlan], options: FilmOptions) -> int | None:
    """Return which shot bears a person's name, or None if no tile has room for it."""
    able = [
        at
        for at, shot in enumerate(shots)
        if any(
            tile.participant_id == person and _has_room(tile, options.canvas) for tile in shot.tiles
        )
    ]
    enough = frames_in(options.lower_third_after_s + SHORTEST_S, options.rate)
    long_ones = (at for at in able if shots[at].n_frames >= enough)
    return next(long_ones, max(able, key=lambda at: shots[at].n_frames, default=None))


def _with_name(person: str, shot: ShotPlan, options: FilmOptions) -> ShotPlan:
    tile = next(tile for tile in shot.tiles if tile.participant_id == person)
    length = frames_in(options.lower_third_s, options.rate)
    first = min(frames_in(options.lower_third_after_s, options.rate), shot.n_frames // 4)
    frames = (first, min(first + length, shot.n_frames))
    return replace(shot, overlays=(*shot.overlays, _lower_third(tile, frames, options)))


def _has_room(tile: TilePlan, canvas: Size) -> bool:
    """Whether a name is due here: not on a card, which bears the name, nor on a small tile."""
    has_picture = any(not isinstance(shown, VoiceCard) for shown in tile.frames)
    return bool(tile.name) and has_picture and tile.rect.width >= SMALLEST_TILE * canvas.width


def _lower_third(tile: TilePlan, frames: tuple[int, int], options: FilmOptions) -> Overlay:
    canvas = options.canvas
    size_px, margin = look.name_px(canvas), look.px(_MARGIN, canvas)
    style = plate_style("lower_third", size_px)
    around = plate_size("lower_third", ("X",), size_px).width - width_px("X", style)
    lines = (shortened(tile.name, style, tile.rect.width - 2 * margin - around),)
    size = plate_size("lower_third", lines, size_px)
    bottom = min(tile.rect.bottom - margin, look.safe_bottom(canvas))
    left, top = even_floor(tile.rect.left + margin), even_floor(bottom - size.height)
    rect = Rect(left, top, size.width, size.height)
    fade = frames_in(options.fade_s, options.rate)
    return Overlay("lower_third", lines, rect, size_px, *frames, fade_frames=fade)
