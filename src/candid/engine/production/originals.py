"""The files that an editing program opens: media files as they are, take folders exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from candid.engine.cut.originals import Original
from candid.engine.production.takes import StudioTake
from candid.engine.recording.camera import open_camera
from candid.engine.recording.export import export_camera, export_sound
from candid.engine.timebase import ClockMap, Interval

MEDIA_FOLDER = "media"


def originals_of(takes: Sequence[StudioTake], folder: Path) -> tuple[Original, ...]:
    """Return camera and microphone of every take as files, written to `folder`/media if need be.

    A media file is named where it lies. Raises OutputError.
    """
    return tuple(original for take in takes for original in _originals(take, folder))


def _originals(take: StudioTake, folder: Path) -> Iterator[Original]:
    if take.source.is_folder:
        yield from _exported(take, folder / MEDIA_FOLDER)
        return
    microphone = take.microphone
    whole = Interval(0.0, microphone.duration_s)
    path = take.source.path.resolve()
    yield Original(take.take_id, "microphone", path, whole, microphone.clock)
    if take.source.has("camera"):
        with open_camera(take.source) as camera:
            seen = Interval(float(camera.times_s[0]), float(camera.times_s[-1]))
        yield Original(take.take_id, "camera", path, seen, ClockMap.identity())


def _exported(take: StudioTake, folder: Path) -> Iterator[Original]:
    sound = folder / f"{take.take_id}-microphone.wav"
    yield Original(
        take.take_id,
        "microphone",
        sound,
        export_sound(take.microphone, sound),
        take.microphone.clock,
    )
    if take.source.has("camera"):
        camera = export_camera(take.source, folder / f"{take.take_id}-camera.mp4")
        clock = ClockMap.offset(camera.start_take_s)
        yield Original(take.take_id, "camera", camera.path, camera.available, clock)
