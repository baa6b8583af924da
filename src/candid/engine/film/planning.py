"""Deciding the film: a cut, an alignment and the takes' clocks become a `FilmPlan`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.result import Alignment
from candid.engine.cut.decisions import Cut
from candid.engine.cut.timeline import FilmTimeline, PlacedShot, chapters, lay_out
from candid.engine.errors import BadInputError
from candid.engine.film import cards, lower_thirds, noise
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.layout import Layout
from candid.engine.film.layouts import LAYOUTS, layout_named
from candid.engine.film.picking import PickRules, pick_of_takes
from candid.engine.film.plan import (
    FilmPlan,
    Picture,
    PosterPlan,
    ShotPlan,
    Shown,
    TilePlan,
    VoiceCard,
)
from candid.engine.film.sound_plan import plan_sound
from candid.engine.film.sources import FilmSource
from candid.engine.film.voice_level import voice_levels
from candid.engine.timebase import ClockMap, Interval, merge_intervals
from candid.engine.transcript.words import Word

Takes = Mapping[str, Sequence[tuple[FilmSource, ClockMap]]]
_NO_OPTIONS = FilmOptions()
_POSTER_MOMENTS = 4


def film_timeline(cut: Cut, options: FilmOptions = _NO_OPTIONS) -> FilmTimeline:
    """Place the cut's shots and cards on the film clock; captions are timed on this.

    Raises ValueError as `lay_out` does.
    """
    return lay_out(
        cut,
        options.rate,
        title_s=options.title_s if cut.title else 0.0,
        end_s=options.end_s if cut.signpost else 0.0,
        phase_s=options.phase_s,
    )


def plan_film(
    cut: Cut,
    alignment: Alignment,
    sources: Sequence[FilmSource],
    words: Iterable[Word] = (),
    options: FilmOptions = _NO_OPTIONS,
) -> FilmPlan:
    """Decide every rectangle, video frame and sound of the film; no pixel is touched.

    `words` are on the call clock: they tell who speaks, for the ducking, the levels and
    the chapters; without them every microphone stays open.

    Raises BadInputError for a shot with a layout that is unknown or does not fit its
    people, with a person of whom there is no take, or with struck time, and
    ModelMissingError where noise suppression is asked for and not installed.
    """
    words = tuple(words)
    timeline = film_timeline(cut, options)
    takes = _takes_by_person(cut, alignment, sources)
    speech = _speech(words, takes)
    for placed in timeline.shots:
        _refuse_struck(placed, takes)
    names = {each.participant_id: each.name or "" for each in cut.participants}
    shots = [_shot(placed, takes, names, options) for placed in timeline.shots]
    planned = tuple(shot for shot, _ in shots)
    notes = tuple(note for _, held in shots for note in held)
    planned = lower_thirds.with_lower_thirds(planned, options)
    return FilmPlan(
        options=options,
        timeline=timeline,
        shots=cards.with_cards(planned, cut, timeline, options),
        sound=plan_sound(timeline, speech, options.sound),
        chapters=chapters(timeline, words, opening=cut.title),
        poster=_poster(planned, timeline, speech.values()),
        notes=(*notes, *_noise_notes(sources, options), *cards.missing_letters(cut)),
    )


def _noise_notes(sources: Sequence[FilmSource], options: FilmOptions) -> list[str]:
    """Say which microphones the noise suppression cannot read."""
    if not options.sound.suppress_noise_db:
        return []
    noise.require_filter()
    return [
        f"noise in {source.take_id} is not suppressed: it has {source.microphone.rate_hz} "
        f"samples a second, not {noise.RATE_HZ}"
        for source in sources
        if source.microphone is not None and source.microphone.rate_hz != noise.RATE_HZ
    ]


def _takes_by_person(cut: Cut, alignment: Alignment, sources: Sequence[FilmSource]) -> Takes:
    people: dict[str, list[tuple[FilmSource, ClockMap]]] = {}
    for source in sources:
        clock = alignment.take(source.take_id).clock
        people.setdefault(source.participant_id, []).append((source, clock))
    for shot in cut.shots:
        for person in shot.people:
            if person not in people:
                raise BadInputError(f"shot {shot.shot_id}", f"shows {person!r}, who has no take")
    return people


def _refuse_struck(placed: PlacedShot, takes: Takes) -> None:
    for person in takes.values():
        for source, clock in person:
            for struck in source.struck:
                on_call = Interval(clock(struck.start_s), clock(struck.end_s))
                if on_call.overlap_s(placed.shot.interval) > 1e-6:
                    raise BadInputError(
                        f"shot {placed.shot.shot_id}",
                        f"holds time that was struck ({on_call.start_s:.2f} to "
                        f"{on_call.end_s:.2f} s of the call); cut it out",
                    )


def _speech(words: Iterable[Word], takes: Takes) -> dict[str, tuple[Interval, ...]]:
    by_person: dict[str, list[Interval]] = {person: [] for person in sorted(takes)}
    for word in words:
        if word.participant_id in by_person:
            by_person[word.participant_id].append(word.interval)
    return {person: tuple(spoken) for person, spoken in by_person.items()}


def fitting_layout(name: str, n_people: int, options: FilmOptions, where: str) -> Layout:
    """Return the layout of this name, or its stand-in on a canvas it is not made for.

    Raises BadInputError, naming `where`, if it is unknown or cannot show `n_people`.
    """
    known = ", ".join(layout.name for layout in LAYOUTS)
    try:
        layout = layout_named(name)
    except KeyError:
        raise BadInputError(where, f"has the layout {name!r}; known are {known}") from None
    if options.canvas.shape not in layout.shapes and layout.otherwise:
        layout = layout_named(layout.otherwise)
    if not layout.min_people <= n_people <= layout.max_people:
        bounds = f"{layout.min_people} to {layout.max_people}"
        raise BadInputError(where, f"shows {n_people} people; {layout.name} takes {bounds}")
    return layout


def _shot(
    placed: PlacedShot, takes: Takes, names: Mapping[str, str], options: FilmOptions
) -> tuple[ShotPlan, tuple[str, ...]]:
    shot = placed.shot
    layout = fitting_layout(shot.layout, len(shot.people), options, f"shot {shot.shot_id}")
    rects = layout.tiles(len(shot.people), options.canvas)
    tiles: list[TilePlan] = []
    notes: list[str] = []
    for person, rect in zip(shot.people, rects, strict=True):
        shown, note = _shown(placed, takes[person], layout, options)
        tiles.append(TilePlan(person, names.get(person, ""), rect, shown))
        notes += [f"shot {shot.shot_id}: {person} {note}"] if note else []
    planned = ShotPlan(shot.shot_id, placed.start_frame, placed.n_frames, layout.name, tuple(tiles))
    return planned, tuple(notes)


def _shown(
    placed: PlacedShot,
    takes: Sequence[tuple[FilmSource, ClockMap]],
    layout: Layout,
    options: FilmOptions,
) -> tuple[tuple[Shown, ...], str]:
    call_s = _call_times_s(placed)
    rules = PickRules(options.longest_held_s, float(1 / options.rate) / 2)
    shown: list[Shown] = [VoiceCard(0)] * len(call_s)
    held = np.zeros(len(call_s), dtype=bool)
    if layout.shows_picture:
        shown, held = pick_of_takes(takes, call_s, rules)
    blank = np.asarray([isinstance(each, VoiceCard) for each in shown])
    for at, level in zip(np.flatnonzero(blank), voice_levels(takes, call_s[blank]), strict=True):
        shown[at] = VoiceCard(int(level))
    if not layout.shows_picture or all(source.camera is None for source, _ in takes):
        blank = np.zeros_like(blank)  # the card is what was asked for, not a loss
    return tuple(shown), _note(held, blank, options)


def _note(held: NDArray[np.bool_], blank: NDArray[np.bool_], options: FilmOptions) -> str:
    """Say how long the picture stands still or gives way to a card; empty if never."""
    parts: list[str] = []
    step_s = float(1 / options.rate)
    if held.any():
        parts.append(f"stands still for {held.sum() * step_s:.2f} s, where the camera has a hole")
    if blank.any():
        parts.append(f"is shown as a card for {blank.sum() * step_s:.2f} s, without a picture")
    return " and ".join(parts)


def _call_times_s(placed: PlacedShot) -> NDArray[np.float64]:
    frames = range(placed.start_frame, placed.end_frame)
    return np.asarray([placed.call_s(frame) for frame in frames])


def _poster(
    shots: Sequence[ShotPlan], timeline: FilmTimeline, speech: Iterable[Sequence[Interval]]
) -> PosterPlan:
    """Choose moments from the shots that show most people, all of them large and silent.

    A still of somebody in the middle of a word is seldom a kind one.
    """
    ranked = sorted(shots, key=_showing, reverse=True)
    best = [shot for shot in ranked if _showing(shot) == _showing(ranked[0])]
    spoken = merge_intervals(interval for each in speech for interval in each)
    instants = {each.shot.shot_id: _call_times_s(each) for each in timeline.shots}
    moments = [
        (quiet_s, -at, shot, frame)
        for at, shot in enumerate(best)
        for quiet_s, frame in _quietest(instants[shot.shot_id], spoken)
    ]
    moments.sort(key=lambda moment: moment[:2], reverse=True)
    return PosterPlan(tuple(_still(shot, frame) for _, _, shot, frame in moments[:_POSTER_MOMENTS]))


def _quietest(call_s: NDArray[np.float64], spoken: Sequence[Interval]) -> list[tuple[float, int]]:
    """Return the frame of a shot that is furthest from any speech, and how far, per third."""
    away_s = np.full(len(call_s), np.inf)
    for each in spoken:
        outside = np.maximum(each.start_s - call_s, call_s - each.end_s)
        away_s = np.minimum(away_s, np.maximum(outside, 0.0))
    thirds = np.array_split(np.arange(len(call_s)), min(3, len(call_s)))
    # Where all is silent, or nothing is, the middle of the third serves.
    middle_first = [np.argsort(np.abs(third - third.mean()), kind="stable") for third in thirds]
    found = [third[order] for third, order in zip(thirds, middle_first, strict=True)]
    return [(float(away_s[each].max()), int(each[np.argmax(away_s[each])])) for each in found]


def _showing(shot: ShotPlan) -> tuple[int, int]:
    """Return how many people have a picture, and the area of the smallest tile."""
    pictured = [
        tile.rect.width * tile.rect.height
        for tile in shot.tiles
        if any(isinstance(shown, Picture) for shown in tile.frames)
    ]
    return len(pictured), min(pictured, default=0)


def _still(shot: ShotPlan, frame: int) -> tuple[TilePlan, ...]:
    return tuple(replace(tile, frames=(tile.frames[frame],)) for tile in shot.tiles)
