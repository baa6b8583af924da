"""Burned captions: two lines at most on a plate, low in the middle, away from the names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from candid.engine.film import fonts, look
from candid.engine.film.geometry import Rect, Size, even_floor
from candid.engine.film.plan import FilmPlan, Overlay, ShotPlan
from candid.engine.film.plates import PlateType, plate_size
from candid.engine.film.text import wrap
from candid.engine.timebase import frames_in
from candid.engine.transcript.cues import Cue

# Where the plate's lower edge lies, as a part of the canvas' height. Upright players
# draw their buttons over the lowest sixth of the picture.
_BOTTOM = {"wide": 0.94, "square": 0.94, "tall": 0.80}
# Plates and tiles stand clear of each other by this many units.
_CLEAR = 20


def plate_type(canvas: Size) -> PlateType:
    """Return how captions are set on a canvas of this size."""
    return PlateType(
        style=look.caption_style(canvas),
        line_px=look.px(60, canvas),
        pad_x_px=look.px(28, canvas),
        pad_y_px=look.px(12, canvas),
        radius_px=look.px(16, canvas),
        is_centred=True,
    )


def with_captions(plan: FilmPlan, cues: Iterable[Cue]) -> FilmPlan:
    """Burn captions into the plan; `cues` are in `film_s` and do not overlap.

    A cue is seen in every shot it reaches into; a name that stands where captions can
    come is lifted above them, so that it does not jump when one appears.
    """
    cues = tuple(cues)
    rules = [_caption(cue, plan) for cue in cues]
    shots = tuple(_with_captions(shot, rules, plan.options.canvas) for shot in plan.shots)
    notes = fonts.missing_note("captions", (line for cue in cues for line in cue.shown))
    return replace(plan, shots=shots, notes=(*plan.notes, *notes))


def _caption(cue: Cue, plan: FilmPlan) -> Overlay:
    """Return the cue's plate, its frames counted from the film's first one."""
    canvas, rate = plan.options.canvas, plan.options.rate
    lines = fitted_lines(cue.shown, canvas)
    first = frames_in(cue.interval.start_s, rate)
    end = max(first + 1, frames_in(cue.interval.end_s, rate))
    return Overlay("caption", lines, caption_rect(lines, canvas), first, end)


def fitted_lines(lines: tuple[str, ...], canvas: Size) -> tuple[str, ...]:
    """Return the lines as they fit the canvas: broken once more where it is narrow."""
    kind = plate_type(canvas)
    room = round(canvas.width * 0.92) - 2 * kind.pad_x_px
    return tuple(part for line in lines for part in wrap(line, kind.style, room))


def caption_rect(lines: tuple[str, ...], canvas: Size) -> Rect:
    """Return where the plate with these lines stands."""
    size = plate_size(lines, plate_type(canvas))
    bottom = canvas.height * _BOTTOM[canvas.shape]
    left = even_floor((canvas.width - size.width) / 2)
    return Rect(left, even_floor(bottom - size.height), size.width, size.height)


def _with_captions(shot: ShotPlan, captions: list[Overlay], canvas: Size) -> ShotPlan:
    own = tuple(
        replace(
            caption,
            first_frame=max(0, caption.first_frame - shot.start_frame),
            end_frame=min(shot.n_frames, caption.end_frame - shot.start_frame),
        )
        for caption in captions
        if caption.first_frame < shot.end_frame and caption.end_frame > shot.start_frame
    )
    if shot.card is not None:
        return shot
    lifted = tuple(_lifted(overlay, canvas) for overlay in shot.overlays)
    return replace(shot, overlays=(*lifted, *own))


def _lifted(overlay: Overlay, canvas: Size) -> Overlay:
    """Move a name up where it stands in the band of the captions."""
    kind = plate_type(canvas)
    bottom = round(canvas.height * _BOTTOM[canvas.shape])
    band_top = bottom - 2 * kind.line_px - 2 * kind.pad_y_px
    clear = look.px(_CLEAR, canvas)
    if overlay.rect.bottom <= band_top - clear or overlay.rect.top >= bottom + clear:
        return overlay
    top = even_floor(band_top - clear - overlay.rect.height)
    return replace(overlay, rect=replace(overlay.rect, top=top))
