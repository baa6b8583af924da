"""Two takes by their sound: who is heard in whose track, and what clock follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.defaults import AlignOptions
from candid.engine.alignment.evidence import Jump, Link, TakeEvidence
from candid.engine.alignment.fit import ClockFit, fit_clock
from candid.engine.alignment.lags import LagCurve, Line, agreed_line, coarse_hits, fine_lags
from candid.engine.alignment.result import Evidence
from candid.engine.alignment.sound import SoundPrint, without_own_voice
from candid.engine.alignment.steps import join_curves
from candid.engine.timebase import ClockMap

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """One take's voice found in the other take: through which track, and the lags."""

    through: Evidence
    curve: LagCurve


@dataclass(frozen=True, slots=True)
class Listening:
    """What sound tells of two takes: the second hears the first, the first hears the second.

    `tried` says in words what was looked at and how it ended.
    """

    there: Heard | None
    back: Heard | None
    tried: tuple[str, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The kinds of tracks in which something was found."""
        found = {heard.through for heard in (self.there, self.back) if heard is not None}
        return tuple(kind for kind in ("guides", "bleed") if kind in found)


def listen(first: TakeEvidence, second: TakeEvidence, options: AlignOptions) -> Listening:
    """Look for each take's voice in what the other one heard, or in its microphone."""
    there, tried_there = _heard_by(first, second, options)
    back, tried_back = _heard_by(second, first, options)
    return Listening(there, back, (*tried_there, *tried_back))


def _heard_by(
    speaker: TakeEvidence, listener: TakeEvidence, options: AlignOptions
) -> tuple[Heard | None, list[str]]:
    """Return the speaker's voice in the listener's guide, else in its microphone."""
    tried = []
    voice = speaker.microphone
    places: list[tuple[Evidence, str, SoundPrint]] = []
    if listener.heard is not None:
        places.append(("guides", f"what {listener.take_id} heard", listener.heard))
    if listener.microphone is not None:
        bleed = without_own_voice(listener.microphone)
        places.append(("bleed", f"the bleed in {listener.take_id}'s microphone", bleed))
    for through, words, track in places if voice is not None else ():
        assert voice is not None
        curve = find_sound(voice, track, options)
        tried.append(
            f"{speaker.take_id}'s voice in {words}: {len(curve)} of {curve.looked_at} windows agree"
        )
        if len(curve) >= options.min_windows:
            return Heard(through, curve), tried
    if voice is None:
        tried.append(f"{speaker.take_id} has no microphone")
    return None, tried


def find_sound(source: SoundPrint, listener: SoundPrint, options: AlignOptions) -> LagCurve:
    """Return where the source is found in the listener; an empty curve where it is not."""
    line = agreed_line(coarse_hits(source, listener, options))
    if line is None:
        nothing = np.zeros(0)
        return LagCurve(nothing, nothing, nothing, 0)
    return fine_lags(source, listener, line, options)


def link_by_sound(
    first: TakeEvidence, second: TakeEvidence, heard: Listening, options: AlignOptions
) -> Link | None:
    """Return the link that the sound shows, or None where nothing was found."""
    if heard.there is None and heard.back is None:
        return None
    fit = fit_listening(heard, options)
    clock, jumps = _clock_of(fit, first.duration_s)
    error_s, estimate = _stated_error(fit, options)
    return Link(first.take_id, second.take_id, clock, error_s, heard.evidence, estimate, jumps)


def fit_listening(heard: Listening, options: AlignOptions) -> ClockFit:
    """Fit one clock to what was heard in both directions, or in one."""
    nothing = (np.zeros(0), np.zeros(0))
    there = heard.there.curve if heard.there is not None else None
    back = heard.back.curve if heard.back is not None else None
    upper = (there.source_s, there.lags_s) if there is not None else nothing
    lower = (back.listener_s, -back.lags_s) if back is not None else nothing
    return fit_clock(join_curves(upper, lower), options)


def _clock_of(fit: ClockFit, duration_s: float) -> tuple[ClockMap, tuple[Jump, ...]]:
    """Return g as a map from the first clock to the second, with a jump at every hole."""
    knots: list[tuple[float, float]] = []
    edges_s = [0.0, *(hole.at_s for hole in fit.holes), max(1.0, duration_s)]
    jumped_s = 0.0
    for k, hole in enumerate([None, *fit.holes]):
        if hole is not None:
            jumped_s += hole.size_s
        for at_s in edges_s[k : k + 2]:
            knots.append((at_s, at_s + fit.offset_s + fit.slope * at_s + jumped_s))
    # A negative jump: the second clock stood still, so the first runs through it.
    return ClockMap(_rising(knots)), tuple(Jump(h.at_s, h.size_s) for h in fit.holes)


def _rising(knots: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Turn every fall into a stretch that maps to one instant; drop doubles."""
    out: list[tuple[float, float]] = []
    for x, y in knots:
        if out and y < out[-1][1]:
            lost_s = out[-1][1] - y
            out[-1] = (x - lost_s / 2, out[-1][1] - lost_s / 2)
            x, y = x + lost_s / 2, y + lost_s / 2
        if not out or x > out[-1][0] + 1e-9 or y > out[-1][1] + 1e-9:
            out.append((x, y))
    return tuple(out)


def _stated_error(fit: ClockFit, options: AlignOptions) -> tuple[float, str]:
    there_s, back_s = fit.least_there_s, fit.least_back_s
    if there_s is not None and back_s is not None:
        error_s = max(0.0, there_s + back_s) / 2 + 2 * fit.scatter_s
        return error_s, (
            "half the shortest sound round trip, since sound cannot tell how the delay is "
            "shared between both ways, plus twice the scatter of the lags"
        )
    return options.max_delay_s / 2 + 2 * fit.scatter_s, (
        f"only one direction was heard; its delay is taken to lie between 0 and "
        f"{options.max_delay_s} s"
    )


__all__ = ["Heard", "Line", "Listening", "find_sound", "fit_listening", "link_by_sound", "listen"]
