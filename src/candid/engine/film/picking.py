"""Which video frame is seen at a moment of the call: the nearest, a held one, or a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candid.engine.film.plan import Picture, Shown, VoiceCard
from candid.engine.film.sources import FilmSource
from candid.engine.timebase import ClockMap

# Cameras slow down in the dark; up to this step between two of its frames a camera is
# running, beyond it there is a hole.
LONGEST_STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class PickRules:
    """The longest hole that a held frame covers, and half the film's frame step."""

    longest_held_s: float
    half_step_s: float


@dataclass(frozen=True, slots=True)
class Picks:
    """The choice for each moment [shape=(n,)]: frame time, or NaN where no frame is near.

    `away_s` is the distance from the moment on the take's clock; `held` marks frames
    that stand still in a hole.
    """

    take_s: NDArray[np.float64]
    away_s: NDArray[np.float64]
    held: NDArray[np.bool_]


def pick_frames(
    times_s: NDArray[np.float64], wanted_s: NDArray[np.float64], rules: PickRules
) -> Picks:
    """Choose a camera's frame for each wanted moment; all in `take_s`.

    While the camera runs, the nearest frame in time: lip against sound is then within
    half a step of the camera. In a hole the frame before it is held until the frame
    after it is due, unless the hole is longer than `longest_held_s`.
    """
    if not len(times_s):
        nothing = np.full(len(wanted_s), np.nan)
        return Picks(nothing, np.full(len(wanted_s), np.inf), np.zeros(len(wanted_s), dtype=bool))
    edged = np.concatenate([[-np.inf], times_s, [np.inf]])
    after = np.searchsorted(times_s, wanted_s, side="right") + 1
    before_s, after_s = edged[after - 1], edged[after]
    step_s = after_s - before_s
    is_nearer_after = after_s - wanted_s < wanted_s - before_s
    is_hole = step_s > LONGEST_STEP_S
    is_due = after_s - wanted_s <= rules.half_step_s
    take_after = np.where(is_hole, is_due, is_nearer_after)
    chosen = np.where(take_after, after_s, before_s)
    away_s = np.abs(chosen - wanted_s)
    too_long = is_hole & (step_s > rules.longest_held_s) & (away_s > LONGEST_STEP_S / 2)
    chosen = np.where(too_long | ~np.isfinite(chosen), np.nan, chosen)
    return Picks(chosen, away_s, is_hole & ~take_after & ~np.isnan(chosen))


def pick_of_takes(
    sources: Sequence[tuple[FilmSource, ClockMap]], call_s: NDArray[np.float64], rules: PickRules
) -> tuple[list[Shown], NDArray[np.bool_]]:
    """Choose among all takes of one person; also return where a frame is held [shape=(n,)].

    `sources` carry the map from each take's clock to the call clock. A running camera
    goes before a held frame, the nearer frame before the farther. Where no take has a
    picture the voice card stands, with level 0.
    """
    shown: list[Shown] = [VoiceCard(0)] * len(call_s)
    held = np.zeros(len(call_s), dtype=bool)
    best = np.full(len(call_s), np.inf)
    for source, clock in sources:
        if source.camera is None:
            continue
        picks = pick_frames(source.camera.times_s, clock.inverse()(call_s), rules)
        cost = np.where(np.isnan(picks.take_s), np.inf, picks.away_s + 1e6 * picks.held)
        for at in np.flatnonzero(cost < best):
            shown[at] = Picture(source.take_id, float(picks.take_s[at]))
        held = np.where(cost < best, picks.held, held)
        best = np.minimum(best, cost)
    return shown, held
