"""The files that an editing program opens: media files as they are, take folders exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from candid.engine.alignment.result import Alignment
from candid.engine.cut.originals import Original
from candid.engine.errors import MissingTrackError
from candid.engine.files import json_sha256
from candid.engine.production.privacy import PrivateTime, on_take, private_time
from candid.engine.production.takes import StudioTake
from candid.engine.production.workspace import WORK_FOLDER, code_version
from candid.engine.recording.camera import open_camera
from candid.engine.recording.export import export_camera, export_sound
from candid.engine.seals import read_sealed, write_sealed
from candid.engine.timebase import ClockMap, Interval

MEDIA_FOLDER = "media"


def originals_of(
    takes: Sequence[StudioTake], alignment: Alignment, folder: Path
) -> tuple[Original, ...]:
    """Return camera and microphone of every take as files, written to `folder`/media if need be.

    A media file is named where it lies. Private time of any take is silence and missing
    pictures in what is written. Exports of takes that are not there any more are removed.
    Raises OutputError.
    """
    private = private_time(takes, alignment)
    found = [each for take in takes for each in _originals(take, private, alignment, folder)]
    named = {original.path for original in found}
    named |= {_told(take, folder).resolve() for take in takes}
    for media in (folder / MEDIA_FOLDER, folder / WORK_FOLDER / MEDIA_FOLDER):
        for path in media.glob("*"):
            if path.resolve() not in named:
                path.unlink()
    return tuple(found)


def _originals(
    take: StudioTake, private: Sequence[PrivateTime], alignment: Alignment, folder: Path
) -> Iterator[Original]:
    if take.source.is_folder:
        yield from _exported(take, on_take(private, take.take_id, alignment), folder)
        return
    microphone = take.microphone
    whole = Interval(0.0, microphone.duration_s)
    path = take.source.path.resolve()
    yield Original(take.take_id, "microphone", path, whole, microphone.clock)
    if take.source.has("camera"):
        with open_camera(take.source) as camera:
            seen = Interval(float(camera.times_s[0]), float(camera.times_s[-1]))
        yield Original(take.take_id, "camera", path, seen, ClockMap.identity())


def _told(take: StudioTake, folder: Path) -> Path:
    """Return the seal of a take's export."""
    return folder / WORK_FOLDER / MEDIA_FOLDER / f"{take.take_id}.json"


def _exported(take: StudioTake, private: Sequence[Interval], folder: Path) -> Iterator[Original]:
    """Export a take folder, unless the files of an earlier run are what would be written."""
    media = (folder / MEDIA_FOLDER).resolve()
    sound, camera = (media / f"{take.take_id}-{name}" for name in ("microphone.wav", "camera.mp4"))
    told = _told(take, folder)
    hidden = [[each.start_s, each.end_s] for each in private]
    rooms = ("recording", "production/originals")
    key = json_sha256([take.content_key, hidden, code_version(rooms)])
    done = read_sealed(told)
    if done is None or done["key"] != key:
        done = {"key": key} | _write(take, private, sound, camera)
        files = [sound, camera] if "camera_end_s" in done else [sound]
        write_sealed(told, done, files)
    whole = Interval(0.0, take.microphone.duration_s)
    yield Original(take.take_id, "microphone", sound, whole, take.microphone.clock)
    if "camera_end_s" in done:
        available = Interval(0.0, done["camera_end_s"])
        clock = ClockMap.offset(done["camera_start_take_s"])
        yield Original(take.take_id, "camera", camera, available, clock)


def _write(
    take: StudioTake, private: Sequence[Interval], sound: Path, camera: Path
) -> dict[str, Any]:
    export_sound(take.microphone, sound, private)
    if not take.source.has("camera"):
        return {}
    try:
        exported = export_camera(take.source, camera, private)
    except MissingTrackError:
        # Nothing is left of the camera; the film shows a card and the report says so.
        return {}
    return {
        "camera_end_s": exported.available.end_s,
        "camera_start_take_s": exported.start_take_s,
    }
