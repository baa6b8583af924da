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
    """When a picture stands still, and when it gives way to a card.

    `longest_held_s` is the longest hole that a held frame covers, `least_card_s` the
    shortest time for which a card appears. `half_step_s` is half the film's frame step.
    """

    longest_held_s: float
    half_step_s: float
    least_card_s: float = 0.7


@dataclass(frozen=True, slots=True)
class Picks:
    """The choice for each moment [shape=(n,)]: a frame's time, in `take_s`.

    `away_s` is its distance from the moment, `held` marks a picture that stands still,
    `lost` one that would do so for too long. Without any frame all are lost.
    """

    take_s: NDArray[np.float64]
    away_s: NDArray[np.float64]
    held: NDArray[np.bool_]
    lost: NDArray[np.bool_]


def pick_frames(
    times_s: NDArray[np.float64], wanted_s: NDArray[np.float64], rules: PickRules
) -> Picks:
    """Choose a camera's frame for each wanted moment; all in `take_s`.

    While the camera runs, the nearest frame in time: lip against sound is then within
    half a step of the camera. In a hole, and past either end of the track, the nearest
    frame before it is held until the one after it is due.
    """
    if not len(times_s):
        nothing, never = np.full(len(wanted_s), np.nan), np.zeros(len(wanted_s), dtype=bool)
        return Picks(nothing, np.full(len(wanted_s), np.inf), never, ~never)
    edged = np.concatenate([[-np.inf], times_s, [np.inf]])
    after = np.searchsorted(times_s, wanted_s, side="right") + 1
    before_s, after_s = edged[after - 1], edged[after]
    is_hole = after_s - before_s > LONGEST_STEP_S
    is_due = (after_s - wanted_s <= rules.half_step_s) | ~np.isfinite(before_s)
    chosen = np.where(
        np.where(is_hole, is_due, after_s - wanted_s < wanted_s - before_s), after_s, before_s
    )
    away_s = np.abs(chosen - wanted_s)
    hole_s = np.where(np.isinf(after_s - before_s), away_s, after_s - before_s)
    is_away = is_hole & (away_s > LONGEST_STEP_S / 2)
    return Picks(chosen, away_s, is_away, is_away & (hole_s > rules.longest_held_s))


def pick_of_takes(
    sources: Sequence[tuple[FilmSource, ClockMap]], call_s: NDArray[np.float64], rules: PickRules
) -> tuple[list[Shown], NDArray[np.bool_]]:
    """Choose among all takes of one person; also return where a frame is held [shape=(n,)].

    `sources` carry the map from each take's clock to the call clock; `call_s` rises in
    even steps. A running camera goes before a held frame, the nearer frame before the
    farther. Where no take has a picture the voice card stands, with level 0.
    """
    shown: list[Shown] = [VoiceCard(0)] * len(call_s)
    held, lost = np.zeros(len(call_s), dtype=bool), np.ones(len(call_s), dtype=bool)
    best = np.full(len(call_s), np.inf)
    for source, clock in sources:
        if source.camera is None:
            continue
        picks = pick_frames(source.camera.times_s, clock.inverse()(call_s), rules)
        cost = picks.away_s + 1e6 * picks.held
        better = cost < best
        for at in np.flatnonzero(better):
            shown[at] = Picture(source.take_id, float(picks.take_s[at]))
        held, lost = np.where(better, picks.held, held), np.where(better, picks.lost, lost)
        best = np.minimum(best, cost)
    least = round(rules.least_card_s / (2 * rules.half_step_s))
    carded = _long_runs(lost, least) | np.isinf(best)
    for at in np.flatnonzero(carded):
        shown[at] = VoiceCard(0)
    return shown, held & ~carded


def _long_runs(flags: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Return the flags without those that stand in a run shorter than `least`, unless it is all."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    kept = np.zeros(len(flags), dtype=bool)
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        kept[first:end] = end - first >= min(least, len(flags))
    return kept
