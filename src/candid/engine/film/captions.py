"""Burned captions: two lines at most on a plate, low in the picture, away from the faces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from candid.engine.film import fonts, look
from candid.engine.film.geometry import Rect, Size, even_floor
from candid.engine.film.plan import FilmPlan, Overlay, ShotPlan, TilePlan
from candid.engine.film.plates import plate_size
from candid.engine.timebase import frames_in
from candid.engine.transcript.cues import Cue

# Of the canvas' width: what a plate may cover.
_WIDEST = 0.92
# Plates stand clear of a tile's edge and of each other by this many units.
_CLEAR = 22


def with_captions(plan: FilmPlan, cues: Iterable[Cue]) -> FilmPlan:
    """Burn captions into the plan; `cues` are in `film_s` and do not overlap.

    A cue is seen in every shot it reaches into. A name that stands where captions can
    come is lifted above them for good, so that it does not jump when one appears.
    """
    cues = tuple(cues)
    shots = tuple(_captioned(shot, cues, plan) for shot in plan.shots)
    notes = fonts.missing_note("captions", (line for cue in cues for line in cue.shown))
    return replace(plan, shots=shots, notes=(*plan.notes, *notes))


def _captioned(shot: ShotPlan, cues: Iterable[Cue], plan: FilmPlan) -> ShotPlan:
    if shot.card is not None:
        return shot
    canvas = plan.options.canvas
    bottom = captions_bottom(shot.tiles, canvas)
    captions = [
        _caption(cue, frames, bottom, canvas)
        for cue in cues
        if (frames := _frames_within(cue, shot, plan)) is not None
    ]
    names = [_lifted(overlay, bottom, canvas) for overlay in shot.overlays]
    return replace(shot, overlays=(*names, *captions))


def _frames_within(cue: Cue, shot: ShotPlan, plan: FilmPlan) -> tuple[int, int] | None:
    """Return the shot's frames that show the cue, first and end; None where there are none."""
    rate = plan.options.rate
    first = max(frames_in(cue.interval.start_s, rate), shot.start_frame)
    end = min(frames_in(cue.interval.end_s, rate), shot.end_frame)
    return (first - shot.start_frame, end - shot.start_frame) if first < end else None


def captions_bottom(tiles: Sequence[TilePlan], canvas: Size) -> int:
    """Return the line that captions stand on, in pixels from the top.

    Where tiles stand in rows it is the foot of the last row but one: below are the faces
    of the last row. Else it is near the canvas' own foot.
    """
    rects = [tile.rect for tile in tiles]
    rows = sorted(
        {
            rect.bottom
            for number, rect in enumerate(rects)
            if not any(rect.overlaps(earlier) for earlier in rects[:number])
        }
    )
    if len(rows) > 1:
        return rows[-2] - look.px(_CLEAR, canvas)
    return look.safe_bottom(canvas)


def _caption(cue: Cue, frames: tuple[int, int], bottom: int, canvas: Size) -> Overlay:
    size_px = fitting_size_px(cue.shown, canvas)
    size = plate_size("caption", cue.shown, size_px)
    left = even_floor((canvas.width - size.width) / 2)
    rect = Rect(left, even_floor(bottom - size.height), size.width, size.height)
    return Overlay("caption", cue.shown, rect, size_px, *frames)


def fitting_size_px(lines: tuple[str, ...], canvas: Size) -> int:
    """Return the type size at which no line has to be broken again: smaller for a long line."""
    size_px = look.caption_px(canvas)
    while size_px > 8 and plate_size("caption", lines, size_px).width > _WIDEST * canvas.width:
        size_px -= 1
    return size_px


def _lifted(overlay: Overlay, bottom: int, canvas: Size) -> Overlay:
    """Move a name up where it stands in the band that two lines can cover."""
    clear = look.px(_CLEAR, canvas)
    two_lines = plate_size("caption", ("X", "X"), look.caption_px(canvas))
    band_top = bottom - two_lines.height
    if overlay.rect.bottom <= band_top - clear or overlay.rect.top >= bottom + clear:
        return overlay
    top = even_floor(band_top - clear - overlay.rect.height)
    return replace(overlay, rect=replace(overlay.rect, top=top))
