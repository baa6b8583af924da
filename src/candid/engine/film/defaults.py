"""Every default of the film room, with units in the names."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from candid.engine.film.geometry import Size, even


@dataclass(frozen=True, slots=True)
class SoundOptions:
    """How the mix is made.

    `duck_db` is the gain of a microphone whose owner listens; `duck_attack_s` is done
    before the other speaks, `duck_release_s` after. `crossfade_s` is the length of the
    equal-power crossfade at a cut in the sound.
    """

    rate_hz: int = 48_000
    target_lufs: float = -16.0
    ceiling_dbtp: float = -1.5
    """Half a decibel below the promised -1 dBTP: the AAC coder moves peaks a little."""
    duck_db: float = -14.0
    duck_attack_s: float = 0.08
    duck_release_s: float = 0.35
    crossfade_s: float = 0.024
    opening_fade_s: float = 0.15
    closing_fade_s: float = 0.6
    most_levelling_db: float = 12.0
    suppress_noise_db: float = 0.0
    """Most that noise suppression takes away; 0 is none, 18 leaves some of the room."""
    bit_rate: int = 160_000


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """What film is made: canvas, frame rate, cards, encoder and sound.

    `longest_held_s` is the longest hole in a camera that a held frame covers; a longer
    one shows the voice card. `encoder_threads` is fixed because x264's output depends
    on it, and a film must be the same on every run. `phase_s` moves the instants of the
    call that the film's frames show (`phase.py`).
    """

    canvas: Size = field(default_factory=lambda: Size(1920, 1080))
    rate: Fraction = Fraction(30)
    phase_s: float = 0.0
    title_s: float = 3.5
    end_s: float = 6.0
    lower_third_after_s: float = 0.6
    lower_third_s: float = 4.0
    fade_s: float = 0.25
    longest_held_s: float = 2.0
    crf: int = 20
    preset: str = "veryfast"
    encoder_threads: int = 3
    key_frame_s: float = 8.0
    sound: SoundOptions = field(default_factory=SoundOptions)


ASPECTS: dict[str, tuple[int, int]] = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}
FULL_SHORT_SIDE_PX = 1080
DRAFT_SHORT_SIDE_PX = 720


def canvas_size(aspect: str = "16:9", *, draft: bool = False) -> Size:
    """Return the canvas of an aspect in `ASPECTS`: 1080 pixels on the shorter side, 720 as draft.

    Raises KeyError for an unknown aspect.
    """
    across, down = ASPECTS[aspect]
    short = DRAFT_SHORT_SIDE_PX if draft else FULL_SHORT_SIDE_PX
    scale = short / min(across, down)
    return Size(even(across * scale), even(down * scale))
