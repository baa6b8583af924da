"""The film clock: which frames of the film show which moment of the call.

The call clock carries a grid of instants `g / rate + phase_s`. A shot shows the instants that lie
within its interval, start inclusive, end exclusive, so its frames depend on nothing but
itself: a change of one shot moves no frame of another onto a new instant, shots that
touch share no frame and lose none, and nothing outside a shot is ever seen. Counts are
whole numbers from exact fractions, so they add up however long the film is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from candid.engine.cut.decisions import Cut, Shot
from candid.engine.timebase import Interval, frame_time_s, frames_in
from candid.engine.transcript.words import Word

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class PlacedShot:
    """A shot on the film clock.

    Frame `start_frame + k` of the film (0 <= k < `n_frames`) shows the instant
    `(call_frame + k) / rate + phase_s` of the call clock.
    """

    shot: Shot
    start_frame: int
    n_frames: int
    call_frame: int
    rate: Fraction
    phase_s: float = 0.0

    @property
    def end_frame(self) -> int:
        """The film frame after the last one of this shot."""
        return self.start_frame + self.n_frames

    @property
    def film(self) -> Interval:
        """When the shot is seen, in `film_s`."""
        return Interval(
            frame_time_s(self.start_frame, self.rate), frame_time_s(self.end_frame, self.rate)
        )

    def film_s(self, call_s: float) -> float:
        """Map a time of the call clock to the film clock, as this shot shows it."""
        return call_s - self.phase_s + float((self.start_frame - self.call_frame) / self.rate)

    def call_s(self, frame: int) -> float:
        """Return the instant of the call clock that film frame `frame` shows."""
        number = self.call_frame + frame - self.start_frame
        return frame_time_s(number, self.rate) + self.phase_s


@dataclass(frozen=True, slots=True)
class Run:
    """Shots that follow each other without a cut in the sound."""

    shots: tuple[PlacedShot, ...]

    @property
    def film(self) -> Interval:
        """When the run is seen, in `film_s`."""
        return Interval(self.shots[0].film.start_s, self.shots[-1].film.end_s)

    @property
    def sound(self) -> Interval:
        """The stretch of `call_s` to be heard from `film.start_s` on.

        It may be up to one frame shorter than the picture: what follows belongs to no shot.
        """
        first, last = self.shots[0], self.shots[-1]
        return Interval(first.call_s(first.start_frame), last.shot.interval.end_s)

    def film_s(self, call_s: float) -> float:
        """Map a time of the call clock to the film clock."""
        return self.shots[0].film_s(call_s)


@dataclass(frozen=True, slots=True)
class FilmTimeline:
    """The whole film in frames: title card, shots, end card.

    Cards of 0 frames are absent.
    """

    rate: Fraction
    title_frames: int
    end_frames: int
    shots: tuple[PlacedShot, ...]

    @property
    def n_frames(self) -> int:
        """Frames of the whole film, cards included."""
        return self.shots[-1].end_frame + self.end_frames

    @property
    def duration_s(self) -> float:
        """Length of the whole film, cards included, in seconds."""
        return frame_time_s(self.n_frames, self.rate)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The shots grouped by unbroken sound."""
        runs: list[list[PlacedShot]] = []
        for placed in self.shots:
            if runs and _touch(runs[-1][-1].shot, placed.shot):
                runs[-1].append(placed)
            else:
                runs.append([placed])
        return tuple(Run(tuple(run)) for run in runs)

    @property
    def barriers_s(self) -> tuple[float, ...]:
        """Film times that no caption may cross: every cut in the sound, and the cards' edges."""
        starts = {run.film.start_s for run in self.runs}
        return tuple(sorted(starts | {frame_time_s(self.shots[-1].end_frame, self.rate)}))

    def film_s(self, call_s: float, shot: Shot) -> float:
        """Map a time of the call clock to the film clock, as `shot` shows it.

        Raises KeyError if the shot is not in the film.
        """
        for placed in self.shots:
            if placed.shot.shot_id == shot.shot_id:
                return placed.film_s(call_s)
        raise KeyError(shot.shot_id)

    def words(self, words: Iterable[Word]) -> tuple[Word, ...]:
        """Return the words that are heard, in order, with their intervals in `film_s`.

        A word is heard in the run that holds its middle; what sticks out is clipped. No
        word is heard twice, since no moment stands twice in a cut.
        """
        every = sorted(words, key=lambda word: (word.interval.start_s, word.word_id))
        return tuple(
            _on_film(word, run)
            for run in self.runs
            for word in every
            if run.sound.contains(word.interval.middle_s)
        )


@dataclass(frozen=True, slots=True)
class Chapter:
    """A place in the film to jump to: a short title and its time in `film_s`."""

    title: str
    start_s: float


def lay_out(
    cut: Cut,
    rate: Fraction,
    *,
    title_s: float = 0.0,
    end_s: float = 0.0,
    phase_s: float = 0.0,
) -> FilmTimeline:
    """Place the shots of a cut on the film clock at `rate` frames a second.

    `title_s` and `end_s` are the lengths of the cards, >= 0, to the nearest frame.
    `phase_s` moves the grid of instants that can be shown, for cameras that run in step
    with it.

    Raises ValueError if the cut has no shot, or one so short that no frame falls into it.
    """
    if not cut.shots:
        raise ValueError("a film needs at least one shot")
    title_frames = frames_in(title_s, rate)
    placed: list[PlacedShot] = []
    at = title_frames
    for shot in cut.shots:
        first, after = (
            _grid(time_s - phase_s, rate) for time_s in (shot.interval.start_s, shot.interval.end_s)
        )
        if after <= first:
            raise ValueError(f"shot {shot.shot_id} is too short for a frame at {rate} a second")
        placed.append(PlacedShot(shot, at, after - first, first, rate, phase_s))
        at += after - first
    return FilmTimeline(rate, title_frames, frames_in(end_s, rate), tuple(placed))


def chapters(
    timeline: FilmTimeline,
    words: Iterable[Word],
    *,
    opening: str | None = None,
    least_s: float = 10.0,
    longest_title: int = 60,
) -> tuple[Chapter, ...]:
    """Return chapters at cuts in the sound, each at least `least_s` long.

    The first one starts at 0 with the title `opening`, if given. A chapter is named by
    the first question in it, or else its first sentence, cut at a word's end to
    `longest_title` characters. `words` are on the call clock.
    """
    film_words = timeline.words(words)
    found: list[Chapter] = [Chapter(opening, 0.0)] if opening else []
    for run in timeline.runs:
        start_s = run.film.start_s if found else 0.0
        heard = [word for word in film_words if run.film.contains(word.interval.start_s)]
        late_enough = not found or start_s - found[-1].start_s >= least_s
        if heard and late_enough and timeline.duration_s - start_s >= least_s:
            found.append(Chapter(_shortened(_heading(heard), longest_title), start_s))
    return tuple(found)


def _grid(time_s: float, rate: Fraction) -> int:
    """Return the first grid instant at or after `time_s`, which is read to the microsecond."""
    return math.ceil(Fraction(round(time_s * _MICROSECONDS), _MICROSECONDS) * rate)


def _touch(first: Shot, second: Shot) -> bool:
    apart_s = second.interval.start_s - first.interval.end_s
    return round(apart_s * _MICROSECONDS) == 0


def _on_film(word: Word, run: Run) -> Word:
    start_s = max(word.interval.start_s, run.sound.start_s)
    end_s = min(word.interval.end_s, run.sound.end_s)
    return replace(word, interval=Interval(run.film_s(start_s), run.film_s(end_s)))


def _heading(words: list[Word]) -> str:
    """Return the first question of some words, or their first sentence."""
    sentences: list[list[str]] = [[]]
    speaker = words[0].participant_id
    for word in words:
        if sentences[-1] and (
            word.participant_id != speaker or sentences[-1][-1].endswith((".", "?", "!"))
        ):
            sentences.append([])
        speaker = word.participant_id
        sentences[-1].append(word.text)
    texts = [" ".join(sentence) for sentence in sentences]
    return next((text for text in texts if text.endswith("?") and " " in text), texts[0])


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0].rstrip(" ,;:.–—-") + "…"
