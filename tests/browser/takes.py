"""What the engine makes of a take that a browser left on the server."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from candid.engine.recording.camera import open_camera
from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.recording.take import Gap, TrackKind
from candid.engine.recording.track import SoundTrack

# A simulated microphone leaves out blocks where all cores are busy, up to 0.4 s of them seen. What
# these tests look for, a piece or a block of the page, is two seconds long.
DEVICE_STALL_S = 0.5
# The takes that are still on a device, asked in one of its pages.
LEFT_BEHIND = """async () => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("candid-takes");
  const names = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}"""


@dataclass(frozen=True)
class Picture:
    """The frames of a camera track."""

    times_s: NDArray[np.float64]
    n_decoded: int
    flaws: tuple[object, ...]
    gaps: tuple[object, ...]


def manifest_of(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


def track_of(folder: Path, kind: str) -> dict[str, Any]:
    return next(each for each in manifest_of(folder)["tracks"] if each["kind"] == kind)


def n_samples_told(folder: Path, kind: str) -> int:
    return sum(each["duration"] for each in track_of(folder, kind)["fragments"])


def sound_of(folder: Path, kind: TrackKind, into: Path) -> tuple[SoundTrack, NDArray[np.int16]]:
    track = assemble_sound(open_source(folder), kind, into / f"{kind}.pcm")
    return track, np.frombuffer(track.pcm.read_bytes(), dtype="<i2")


def lost(track: SoundTrack) -> list[Gap]:
    """Return where sound is missing that the device gave."""
    return [
        gap
        for gap in track.gaps
        if gap.reason != "stalled" or gap.interval.duration_s > DEVICE_STALL_S
    ]


def picture_of(folder: Path) -> Picture:
    with open_camera(open_source(folder)) as camera:
        end_s = float(camera.times_s[-1]) + 1
        n_decoded = sum(1 for _ in camera.frames(float(camera.times_s[0]), end_s))
        flaws = (*camera.flaws, *camera.undecodable)
        return Picture(camera.times_s, n_decoded, flaws, camera.gaps)


def missing(folder: Path) -> list[str]:
    """Name every piece that the manifest lists and that is not there with its hash."""
    lost = []
    for track in manifest_of(folder)["tracks"]:
        pieces = [("init.mp4", track["init"])]
        pieces += [(f"{each['number']:06d}.m4s", each) for each in track["fragments"]]
        for name, told in pieces:
            path = folder / track["kind"] / name
            if not path.is_file() or sha256_of(path) != told["sha256"]:
                lost.append(f"{track['kind']}/{name}")
    return lost


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
