"""What the film room needs of a take: its pictures, its microphone, and what was struck."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import av
import numpy as np
from numpy.typing import NDArray

from candid.engine.recording.track import SoundTrack
from candid.engine.timebase import Interval


class CameraPicture(Protocol):
    """One decoded video frame, on the take's clock."""

    @property
    def take_s(self) -> float:
        """When it was captured."""

    @property
    def picture(self) -> av.VideoFrame:
        """The pixels as they were coded, not yet upright."""

    @property
    def rotation_deg(self) -> int:
        """How far to turn it clockwise to stand upright: 0, 90, 180 or 270."""


class Camera(Protocol):
    """A camera track; the recording room provides it."""

    @property
    def times_s(self) -> NDArray[np.float64]:
        """When each video frame was captured, in `take_s`, rising [shape=(n,)]."""

    def frames(self, start_s: float, end_s: float) -> Iterator[CameraPicture]:
        """Yield the frame on show at `start_s` and all later ones before `end_s`, in `take_s`."""


@dataclass(frozen=True, slots=True)
class FilmSource:
    """One take as the film uses it.

    `identity` is a hash of the take's media: pictures made from it are found again in
    the cache under it. `struck` is time of the take's clock that can never enter a film.
    """

    take_id: str
    participant_id: str
    identity: str
    camera: Camera | None
    microphone: SoundTrack | None
    struck: tuple[Interval, ...] = ()
