"""A camera's frames as the plan asks for them: decoded forward, each once where it can be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from candid.engine.film.plan import Picture
from candid.engine.film.sources import Camera, CameraPicture, FilmSource

# Decoding on is cheaper than seeking back to a key frame up to about this far.
FORWARD_S = 2.0
# Two times of one frame differ by rounding alone.
SAME_FRAME_S = 5e-5


class PictureReader:
    """Gives the frames of several takes' cameras."""

    def __init__(self, sources: Mapping[str, FilmSource]) -> None:
        self._sources = sources
        self._runs: dict[str, _Run] = {}

    def read(self, picture: Picture) -> CameraPicture | None:
        """Return the frame that the plan names.

        One that cannot be decoded after all is replaced by the nearest that was, and
        None is returned where the camera has none any more.
        """
        run = self._runs.get(picture.take_id)
        if run is None or not run.reaches(picture.take_s):
            camera = self._sources[picture.take_id].camera
            if camera is None:
                return None
            run = self._runs[picture.take_id] = _Run(camera, picture.take_s)
        return run.read(picture.take_s)


class _Run:
    """One camera decoded forward from `start_s`, with the last frame and the one after it."""

    def __init__(self, camera: Camera, start_s: float) -> None:
        self._frames: Iterator[CameraPicture] = iter(
            camera.frames(start_s + SAME_FRAME_S, math.inf)
        )
        self._last: CameraPicture | None = None
        self._next = next(self._frames, None)

    def reaches(self, take_s: float) -> bool:
        """Whether `take_s` lies a little ahead, and not behind."""
        here = self._last or self._next
        return here is not None and -SAME_FRAME_S <= take_s - here.take_s <= FORWARD_S

    def read(self, take_s: float) -> CameraPicture | None:
        while self._next is not None and self._next.take_s <= take_s + SAME_FRAME_S:
            self._last = self._next
            self._next = next(self._frames, None)
        return self._last or self._next
