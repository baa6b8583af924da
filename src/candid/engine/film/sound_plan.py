"""The sound as a value: clips on the film clock, and who has the floor when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from candid.engine.cut.timeline import FilmTimeline, Run
from candid.engine.film.defaults import SoundOptions
from candid.engine.film.plan import AudioClip, GainCurve, SoundPlan
from candid.engine.timebase import Interval, merge_intervals

# Breaths between words do not give the floor away.
BREATH_S = 0.6


def plan_sound(
    timeline: FilmTimeline, speech: Mapping[str, Sequence[Interval]], options: SoundOptions
) -> SoundPlan:
    """Lay the runs of the timeline on the film's samples, and duck those who listen.

    `speech` says for every participant where they speak, in `call_s`.
    """
    n_samples = _sample(timeline.n_frames, timeline, options)
    return SoundPlan(
        rate_hz=options.rate_hz,
        n_samples=n_samples,
        clips=_clips(timeline, options),
        gains=tuple(
            GainCurve(person, _gain_knots(person, speech, options), _pairs(speech[person]))
            for person in speech
        ),
    )


def _sample(frame: int, timeline: FilmTimeline, options: SoundOptions) -> int:
    return round(frame / timeline.rate * options.rate_hz)


def _clips(timeline: FilmTimeline, options: SoundOptions) -> tuple[AudioClip, ...]:
    runs = timeline.runs
    return tuple(
        _clip(run, timeline, options, (at == 0, at == len(runs) - 1)) for at, run in enumerate(runs)
    )


def _clip(
    run: Run, timeline: FilmTimeline, options: SoundOptions, at_edge: tuple[bool, bool]
) -> AudioClip:
    """Return a run's sound, half a crossfade longer at each cut; the film's edges just fade."""
    is_first, is_last = at_edge
    half = round(options.crossfade_s * options.rate_hz / 2)
    start = _sample(run.shots[0].start_frame, timeline, options)
    end = _sample(run.shots[-1].end_frame, timeline, options)
    # Where a sample does not fall on the frame's start, the sound keeps its own time.
    call_s = run.shots[0].call_s(run.shots[0].start_frame) + float(
        Fraction(start, options.rate_hz) - run.shots[0].start_frame / timeline.rate
    )
    before, after = (0 if is_first else half), (0 if is_last else half)
    length = end - start + before + after
    fade_in = round(options.opening_fade_s * options.rate_hz) if is_first else 2 * half
    fade_out = round(options.closing_fade_s * options.rate_hz) if is_last else 2 * half
    return AudioClip(
        start_sample=start - before,
        n_samples=length,
        call_s=call_s - before / options.rate_hz,
        fade_in_samples=min(fade_in, length // 2),
        fade_out_samples=min(fade_out, length // 2),
    )


def _pairs(intervals: Sequence[Interval]) -> tuple[tuple[float, float], ...]:
    return tuple((each.start_s, each.end_s) for each in merge_intervals(intervals))


def _gain_knots(
    person: str, speech: Mapping[str, Sequence[Interval]], options: SoundOptions
) -> tuple[tuple[float, float], ...]:
    """Return the person's gain: up while they speak, down while only others do.

    In a pause nothing moves: the room behind the last voice stays, so no noise pumps.
    """
    turns = {each: merge_intervals(speech[each], within_s=BREATH_S) for each in speech}
    edges = sorted({edge for each in turns.values() for i in each for edge in (i.start_s, i.end_s)})
    knots: list[tuple[float, float]] = [(0.0, 0.0)]
    for at_s in edges:
        speakers = {each for each in turns if any(i.contains(at_s) for i in turns[each])}
        if person in speakers:
            _open(knots, at_s, options.duck_attack_s)
        elif speakers:
            _duck(knots, at_s, options)
    return tuple(knots)


def _open(knots: list[tuple[float, float]], at_s: float, attack_s: float) -> None:
    """Raise the gain so that it is up at `at_s`, cutting short a fall that still goes on."""
    if knots[-1][1] == 0.0:
        return
    start_s = max(at_s - attack_s, knots[-2][0]) if len(knots) > 1 else at_s - attack_s
    gain_db = _gain_at(knots, start_s)
    while knots[-1][0] >= start_s:
        knots.pop()
    knots += [(start_s, gain_db), (max(at_s, start_s + 1e-3), 0.0)]


def _duck(knots: list[tuple[float, float]], at_s: float, options: SoundOptions) -> None:
    if knots[-1][1] == 0.0:
        start_s = max(at_s, knots[-1][0] + 1e-3)
        knots += [(start_s, 0.0), (start_s + options.duck_release_s, options.duck_db)]


def _gain_at(knots: list[tuple[float, float]], at_s: float) -> float:
    times_s, gains_db = zip(*knots, strict=True)
    return float(np.interp(at_s, times_s, gains_db))
