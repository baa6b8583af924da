"""The film as a value: every rectangle, video frame, fade and sound, decided without a pixel.

`planning.plan_film` makes it, `captions.with_captions` lays captions over it, and
`render.render_film` draws it. Frames are counted from the film's first one unless a
name says otherwise; a shot's overlays count from the shot's own first frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from candid.engine.cut.timeline import Chapter, FilmTimeline
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.geometry import Rect

OverlayKind = Literal["lower_third", "caption"]
CardKind = Literal["title", "end"]
VOICE_LEVELS = 6


class Picture(NamedTuple):
    """The video frame of take `take_id` that was captured at `take_s`."""

    take_id: str
    take_s: float


class VoiceCard(NamedTuple):
    """No picture: the person's card, with a level from 0 (silence) to `VOICE_LEVELS`."""

    level: int


Shown = Picture | VoiceCard


@dataclass(frozen=True, slots=True)
class TilePlan:
    """One person's rectangle in a shot, and what it shows on each of the shot's frames."""

    participant_id: str
    name: str
    rect: Rect
    frames: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """Text on a plate that covers exactly `rect`, from `first_frame` to before `end_frame`.

    Both count from the shot's first frame. `size_px` is the type size. It fades in and
    out over `fade_frames`.
    """

    kind: OverlayKind
    lines: tuple[str, ...]
    rect: Rect
    size_px: int
    first_frame: int
    end_frame: int
    fade_frames: int = 0

    def opacity(self, frame: int) -> float:
        """How much of it is seen on the shot's frame `frame`, 0 to 1."""
        if not self.first_frame <= frame < self.end_frame:
            return 0.0
        steps = min(frame - self.first_frame, self.end_frame - 1 - frame) + 1
        return min(1.0, steps / (self.fade_frames + 1))


@dataclass(frozen=True, slots=True)
class CardPlan:
    """The words of a title or end card; they fade in over `fade_frames`."""

    kind: CardKind
    heading: str
    lines: tuple[str, ...]
    fade_frames: int


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """`n_frames` of the film from `start_frame` on: a card, or tiles with overlays."""

    shot_id: str
    start_frame: int
    n_frames: int
    layout: str
    tiles: tuple[TilePlan, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    card: CardPlan | None = None

    @property
    def end_frame(self) -> int:
        """The film frame after the shot's last one."""
        return self.start_frame + self.n_frames


@dataclass(frozen=True, slots=True)
class AudioClip:
    """Unbroken sound of the call in the film, all microphones together.

    Film sample `start_sample + k` is the sound at `call_s + k / rate_hz` of the call
    clock. The fades are equal-power ramps at both ends; neighbours overlap by them.
    """

    start_sample: int
    n_samples: int
    call_s: float
    fade_in_samples: int
    fade_out_samples: int

    @property
    def end_sample(self) -> int:
        """The film sample after the clip's last one."""
        return self.start_sample + self.n_samples


@dataclass(frozen=True, slots=True)
class GainCurve:
    """A participant's microphone gain over the call clock: `(call_s, gain_db)`, linear between.

    `speech` is where the person speaks, in `call_s`; loudness is levelled on it.
    """

    participant_id: str
    knots: tuple[tuple[float, float], ...]
    speech: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """The mix: `n_samples` at `rate_hz`, silent where no clip lies."""

    rate_hz: int
    n_samples: int
    clips: tuple[AudioClip, ...]
    gains: tuple[GainCurve, ...]


@dataclass(frozen=True, slots=True)
class PosterPlan:
    """Moments that may become the poster: frames with as many people as possible."""

    candidates: tuple[tuple[TilePlan, ...], ...]


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """Everything that decides the film's picture and sound.

    `notes` says what a viewer will miss, in sentences: holes in a camera, letters that
    no font has.
    """

    options: FilmOptions
    timeline: FilmTimeline
    shots: tuple[ShotPlan, ...]
    sound: SoundPlan
    chapters: tuple[Chapter, ...]
    poster: PosterPlan
    notes: tuple[str, ...] = ()

    @property
    def n_frames(self) -> int:
        """Length of the film in video frames."""
        return self.timeline.n_frames
