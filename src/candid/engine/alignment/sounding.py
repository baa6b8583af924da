"""The link that sound shows between two takes, and the check of beacons against sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.evidence import Jump, Link, TakeEvidence
from candid.engine.alignment.fit import ClockFit, fit_clock
from candid.engine.alignment.floors import floor_of
from candid.engine.alignment.listening import Found, Listening
from candid.engine.alignment.places import Witness, locate_hole
from candid.engine.alignment.steps import Curves
from candid.engine.timebase import ClockMap

Floats = NDArray[np.float64]

_PLACE_REACH_S = 8.0


def link_by_sound(
    first: TakeEvidence, second: TakeEvidence, heard: Listening, options: AlignOptions
) -> Link | None:
    """Return the link that the sound shows, or None where nothing was found."""
    if heard.there is None and heard.back is None:
        return None
    fit = fit_clock(heard.curves(), options)
    fit, error_s, estimate = _stated(fit, heard)
    jumps = tuple(_placed(fit, hole.at_s, hole.size_s, heard) for hole in fit.holes)
    return Link(
        first.take_id,
        second.take_id,
        _clock_of(fit, jumps, first.duration_s),
        error_s,
        heard.evidence,
        estimate,
        jumps,
    )


def _stated(fit: ClockFit, heard: Listening) -> tuple[ClockFit, float, str]:
    """Return the fit, set in the middle of what is possible, its error and the reason."""
    if fit.least_there_s is not None and fit.least_back_s is not None:
        error_s = max(0.0, fit.least_there_s + fit.least_back_s) / 2
        error_s += 2 * fit.scatter_s + fit.unsure_s
        return (
            fit,
            error_s,
            (
                "half the shortest round trip of the sound, since sound cannot tell how the delay "
                "is shared between both ways, plus twice the scatter of the lags"
            ),
        )
    found = heard.there or heard.back
    assert found is not None
    least_s, most_s = found.search.delay_s
    sign = 1.0 if heard.there else -1.0
    fit = replace(fit, offset_s=fit.offset_s - sign * (least_s + most_s) / 2)
    error_s = (most_s - least_s) / 2 + 2 * fit.scatter_s + fit.wander_s
    return (
        fit,
        error_s,
        (
            f"sound was found in one direction only; its delay is taken to lie between {least_s:g} "
            f"and {most_s:g} s, and every change of it may be a hole"
        ),
    )


def _placed(fit: ClockFit, at_s: float, size_s: float, heard: Listening) -> Jump:
    """Return a hole as a jump, at the place that the sound itself shows."""
    found = [each for each in (heard.there, heard.back) if each is not None]
    first_lost = size_s > 0
    witnesses = [_witness(each, each is heard.there, first_lost) for each in found]
    before_s = float(fit.clock_difference(np.array([at_s]))[0]) - size_s
    near_s = at_s if first_lost else at_s + before_s
    # Seen from the take that lost time, the other one always moves ahead.
    place_s = locate_hole(witnesses, near_s, abs(size_s), _PLACE_REACH_S)
    return Jump(at_s + place_s - near_s, size_s)


def _witness(found: Found, is_there: bool, first_lost: bool) -> Witness:
    """Return the sound that was found as seen from the take that lost time."""
    curve, search = found.curve, found.search
    if is_there == first_lost:
        return Witness(search.source, search.listener, curve.source_s, curve.lags_s)
    order = np.argsort(curve.listener_s)
    return Witness(search.listener, search.source, curve.listener_s[order], -curve.lags_s[order])


def _clock_of(fit: ClockFit, jumps: Sequence[Jump], duration_s: float) -> ClockMap:
    """Return the line and its jumps as a map from the first clock to the second."""

    def line(first_s: float) -> float:
        return first_s + fit.offset_s + fit.slope * first_s

    knots = [(0.0, line(0.0))]
    lost_s = 0.0
    for jump in sorted(jumps, key=lambda jump: jump.at_s):
        before = line(jump.at_s) + lost_s
        lost_s += jump.size_s
        # Either the second runs on while the first stands, or the other way round.
        paused_s = max(0.0, -jump.size_s)
        knots += [(jump.at_s, before), (jump.at_s + paused_s, before + max(0.0, jump.size_s))]
    end_s = max(1.0, duration_s, knots[-1][0] + 1.0)
    return ClockMap((*knots, (end_s, line(end_s) + lost_s)))


def checked_by_sound(link: Link, heard: Listening, options: AlignOptions) -> Link:
    """Return a link from beacons after sound was asked what it thinks of it.

    No voice arrives before it was spoken, so both delays of the sound must come out
    positive: what the beacons allow is cut down to what the sound allows too. A
    disagreement over time (a hole or drift that the recorder's clock does not know of)
    is added to the error.
    """
    curves = heard.curves()
    if not curves.has_both:
        return replace(link, estimate=f"{link.estimate}; sound could not check it")
    moved = curves.values_s - (link.clock(curves.times_s) - curves.times_s)
    apart_s = _apart_over_time(curves, moved, options)
    if apart_s >= options.max_disagreement_s:
        return replace(
            link,
            error_s=link.error_s + apart_s,
            estimate=f"{link.estimate}; the sound moves by {apart_s:.3f} s against it over time "
            "(a hole or drift that the recorder did not notice), which is added",
        )
    least_there_s = floor_of(moved[curves.is_upper])[0]
    least_back_s = floor_of(-moved[~curves.is_upper])[0]
    low_s, high_s = max(-link.error_s, -least_back_s), min(link.error_s, least_there_s)
    if low_s > high_s:
        error_s = link.error_s + low_s - high_s
        return replace(
            link,
            error_s=error_s,
            estimate=f"{link.estimate}; the sound contradicts it and widens it",
        )
    link = _shifted(link, (low_s + high_s) / 2, (high_s - low_s) / 2)
    return replace(link, estimate=f"{link.estimate}; the sound agrees")


def _shifted(link: Link, by_s: float, error_s: float) -> Link:
    if by_s == 0:
        return link
    knots = tuple((x, y + by_s) for x, y in link.clock.knots)
    return replace(link, clock=ClockMap(knots), error_s=error_s)


def _apart_over_time(curves: Curves, moved: Floats, options: AlignOptions) -> float:
    """Return how far the sound moves against the clocks over the recording, in seconds."""
    fit = fit_clock(Curves(curves.times_s, moved, curves.is_upper), options)
    difference = fit.clock_difference(curves.times_s)
    return float(np.ptp(difference))
