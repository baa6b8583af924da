"""Whose voice a microphone carries: another person's, out of a loudspeaker, is not transcribed.

Each microphone hears the other people too, much weaker than its owner. Transcribed
as it is, every sentence would be there twice. Where another microphone says that its
owner speaks and this one is far quieter than its own owner speaks, what it carries
is that other voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from candid.engine.timebase import Interval
from candid.engine.transcript.activity import STEP_S, Envelope, noise_floor_db, stretches

Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OwnVoiceOptions:
    """When a stretch counts as another person's voice.

    The bleed is estimated from the sound itself: how far below the other voice this
    microphone usually is while the other one speaks, each against its owner's usual
    level. What is `clear_db` above that is own voice, but for the first guess
    (`margin_db`) where there is too little to estimate from, and in any case what is
    less than `surely_db` below the other. `delay_s`: the other voice comes out of the
    loudspeaker up to this much after it was spoken. `above_floor_db`: a voice stands out
    of the room's noise by this much. `guard_s`: sound this near to own voice is kept
    whatever its level: weak first and last consonants. `shortest_s`: shorter stretches
    are kept.
    """

    clear_db: float = 8.0
    margin_db: float = 16.0
    surely_db: float = 4.0
    delay_s: float = 0.5
    above_floor_db: float = 9.0
    guard_s: float = 0.2
    shortest_s: float = 0.2


def foreign_stretches(
    own: Envelope, others: Sequence[Envelope], options: OwnVoiceOptions | None = None
) -> tuple[Interval, ...]:
    """Return where the microphone of `own` carries other people's voices and not its owner's.

    All envelopes lie on one clock (`activity.envelope_on`) and start at one time; where
    an other one ends earlier it is silent. The result is on that clock too, for
    `transcribe(..., foreign=...)` after mapping it to the take's own.
    """
    options = options or OwnVoiceOptions()
    n = len(own.level_db)
    theirs = [_fitted(other.level_db, n) for other in others]
    if not n or not theirs:
        return ()
    usual_db = _usual_level_db(own.level_db, np.max(theirs, axis=0))
    heard = np.zeros(n, dtype=bool)
    speaks = own.level_db > noise_floor_db(own.level_db) + options.above_floor_db
    for level_db in theirs:
        above_db, is_speech = _above_other(level_db, own.level_db, usual_db, options)
        heard |= is_speech
        speaks &= above_db > _own_voice_db(above_db[is_speech], options)
    kept = _spread(speaks, options.guard_s)
    found = stretches(heard & ~kept, own.start_s)
    return tuple(each for each in found if each.duration_s >= options.shortest_s)


def mute(samples: NDArray[np.float32], muted: Sequence[Interval], rate_hz: int) -> None:
    """Silence stretches (seconds from the first sample) of `samples` in place."""
    for each in muted:
        samples[max(0, round(each.start_s * rate_hz)) : max(0, round(each.end_s * rate_hz))] = 0.0


def _above_other(
    level_db: Levels, own_db: Levels, own_usual_db: float, options: OwnVoiceOptions
) -> tuple[Levels, NDArray[np.bool_]]:
    """Return how far own sound is above another's voice, and where that one may be heard.

    Both are measured against their usual level; at each frame the loudest of the other's
    last `delay_s` counts.
    """
    loud = _loudest_of_late(level_db, options.delay_s)
    usual_db = _usual_level_db(level_db, own_db, otherwise_db=own_usual_db)
    above = own_db - np.float32(own_usual_db) - (loud - np.float32(usual_db))
    stands_out = loud > noise_floor_db(level_db) + options.above_floor_db
    return above, stands_out & (loud > usual_db - 2 * options.margin_db)


def _own_voice_db(above_db: Levels, options: OwnVoiceOptions) -> float:
    """Return how far above the other's voice own voice begins, in dB (below 0).

    People mostly take turns, so most frames in which the other one speaks carry the
    bleed alone: three quarters of those below `surely_db` are taken for it.
    """
    bleed = above_db[above_db < -options.surely_db]
    if len(bleed) < 1.0 / STEP_S:
        return -options.margin_db
    return min(float(np.percentile(bleed, 75)) + options.clear_db, -options.surely_db)


def _usual_level_db(level_db: Levels, other_db: Levels, otherwise_db: float | None = None) -> float:
    """Return the level at which a microphone's owner speaks.

    The 90th percentile of the frames in which this microphone is the louder one and
    somebody speaks. Without a second of these its owner says nothing: `otherwise_db`, or
    the other's level.
    """
    speech = level_db[(level_db > other_db) & (level_db > noise_floor_db(level_db) + 9.0)]
    if len(speech) >= 1.0 / STEP_S:
        return float(np.percentile(speech, 90))
    return float(np.percentile(other_db, 90)) if otherwise_db is None else otherwise_db


def _loudest_of_late(level_db: Levels, delay_s: float) -> Levels:
    """Return the maximum of each frame and those of the last `delay_s`."""
    size = round(delay_s / STEP_S) + 1
    # `origin` moves the window of the filter so that it ends at the frame itself.
    found: Levels = maximum_filter1d(level_db, size, origin=(size - 1) // 2, mode="nearest")
    return found


def _spread(mask: NDArray[np.bool_], by_s: float) -> NDArray[np.bool_]:
    """Return `mask` made wider by `by_s` on both sides of each true stretch."""
    size = 2 * round(by_s / STEP_S) + 1
    wide: NDArray[np.bool_] = maximum_filter1d(mask.astype(np.uint8), size).astype(bool)
    return wide


def _fitted(level_db: Levels, n: int) -> Levels:
    silence = np.full(max(0, n - len(level_db)), -100.0, dtype=np.float32)
    return np.concatenate([level_db[:n], silence])
