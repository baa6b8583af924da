"""Small takes for the tests of the film room, whose pictures and sounds tell their own time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from candid.engine.alignment.result import Alignment, TakeClock
from candid.engine.cut.decisions import Cut, CutParticipant, CutTake, Shot
from candid.engine.film.sources import FilmSource
from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import ClockMap, Interval

RATE_HZ = 48_000


@dataclass(frozen=True)
class DrawnFrame:
    take_s: float
    picture: av.VideoFrame
    rotation_deg: int = 0


@dataclass
class DrawnCamera:
    """A camera whose frame at `take_s` is grey of luma `luma_of(number)`; counts its work."""

    times_s: NDArray[np.float64]
    size: tuple[int, int] = (320, 180)
    rotation_deg: int = 0
    tint: int = 128
    decoded: list[float] = field(default_factory=list)

    def frames(self, start_s: float, end_s: float) -> Iterator[DrawnFrame]:
        first = max(0, int(np.searchsorted(self.times_s, start_s, side="right")) - 1)
        for number in range(first, len(self.times_s)):
            if self.times_s[number] >= end_s:
                return
            self.decoded.append(float(self.times_s[number]))
            yield DrawnFrame(float(self.times_s[number]), self.draw(number), self.rotation_deg)

    def draw(self, number: int) -> av.VideoFrame:
        width, height = self.size
        planes = np.full((height * 3 // 2, width), self.tint, dtype=np.uint8)
        planes[:height] = luma_of(number)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.colorspace, frame.color_range = 1, 1
        return frame


def luma_of(number: int) -> int:
    """Return a luma that differs by 5 from frame to frame, within limited range."""
    return 30 + number * 5 % 200


def camera(
    duration_s: float = 6.0, fps: float = 30.0, start_s: float = 0.0, **options: object
) -> DrawnCamera:
    times_s = start_s + np.arange(round(duration_s * fps)) / fps
    return DrawnCamera(times_s, **options)  # type: ignore[arg-type]


def microphone(
    path: Path,
    samples: NDArray[np.float64],
    *,
    clock: ClockMap | None = None,
    rate_hz: int = RATE_HZ,
) -> SoundTrack:
    """Write samples (-1 to 1) as a track; `clock` maps `track_s` to `take_s`."""
    coded = np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")
    coded.tofile(path)
    return SoundTrack("microphone", rate_hz, len(coded), path, clock or ClockMap.identity(), (), ())


def voice(duration_s: float, seed: int, level: float = 0.1) -> NDArray[np.float64]:
    """Return noise that rises and falls like speech, with little above 6 kHz, as in a voice."""
    random = np.random.default_rng(seed)
    n = round(duration_s * RATE_HZ)
    hull = 0.55 + 0.45 * np.sin(2 * np.pi * 3.1 * np.arange(n) / RATE_HZ + seed)
    low = np.convolve(random.normal(size=n), np.hanning(18), mode="same")
    return np.asarray(level * hull * low / np.std(low))


def take(person: str, **parts: object) -> FilmSource:
    options = {"camera": None, "microphone": None, **parts}
    return FilmSource(f"take-{person}", person, f"identity of {person}", **options)  # type: ignore[arg-type]


def aligned(sources: Sequence[FilmSource], **clocks: ClockMap) -> Alignment:
    """Return an alignment with the given clock for each participant, else the identity."""
    return Alignment(
        tuple(
            TakeClock(
                source.take_id,
                clocks.get(source.participant_id, ClockMap.identity()),
                0.0,
                ("clock",),
                "",
            )
            for source in sources
        ),
        (),
    )


def cut(
    shots: Sequence[tuple[float, float, str, Sequence[str]]],
    names: dict[str, str | None] | None = None,
    title: str | None = None,
    signpost: str = "",
) -> Cut:
    """Return a cut with shots `(start_s, end_s, layout, people)` named s1, s2, ..."""
    people = sorted({person for shot in shots for person in shot[3]})
    names = names or {}
    return Cut(
        title=title,
        signpost=signpost,
        target_s=None,
        takes=tuple(CutTake(f"take-{p}", p, p, "0" * 64) for p in people),
        participants=tuple(CutParticipant(p, names.get(p)) for p in people),
        shots=tuple(
            Shot(f"s{number + 1}", Interval(start_s, end_s), layout, tuple(who), "")
            for number, (start_s, end_s, layout, who) in enumerate(shots)
        ),
        left_out=(),
    )
