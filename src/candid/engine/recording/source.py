"""What the engine is given: a take folder, or any media file that FFmpeg reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from candid.engine import files
from candid.engine.errors import BadInputError, NotMediaError
from candid.engine.recording import media
from candid.engine.recording.take import MANIFEST_NAME, Take, TrackKind, read_take, refuse_folder

FILE_CALL_ID = "file"


@dataclass(frozen=True, slots=True)
class Source:
    """One take to work on.

    `take` is the manifest of a take folder. For a media file it is made up: call
    `file`, participant and take named after the file, no tracks, no beacons, and a
    clock (`take_s`) that is 0 at the file's first timestamp. `sha256` is the
    manifest's or the file's and tells takes apart. `kinds` are the tracks that
    can be assembled.
    """

    path: Path
    take: Take
    sha256: str
    kinds: tuple[TrackKind, ...]

    @property
    def is_folder(self) -> bool:
        """Whether this is a take folder, and not a media file."""
        return bool(self.take.tracks)

    def has(self, kind: TrackKind) -> bool:
        """Whether there is a track of this kind."""
        return kind in self.kinds


def open_source(path: Path) -> Source:
    """Look at a take folder or media file; nothing is decoded yet.

    Raises BadInputError (not there, unreadable, a folder that is no take, a faulty
    manifest), NotMediaError (empty, not media, cut off beyond use), NewerSchemaError.
    """
    return _open_folder(path) if path.is_dir() else _open_file(path)


def open_sources(paths: Iterable[Path]) -> tuple[Source, ...]:
    """Open several sources and keep the ids of media files apart, in the order given.

    Of two files named alike the second gets `-2` behind its ids, and so on.
    """
    sources: list[Source] = []
    for path in paths:
        source = open_source(path)
        taken = {other.take.take_id for other in sources}
        sources.append(source if source.is_folder else _renamed(source, taken))
    return tuple(sources)


def _renamed(source: Source, taken: set[str]) -> Source:
    plain = source.take.take_id
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    take = replace(source.take, take_id=name, participant_id=name, clock_id=name)
    return replace(source, take=take)


def _open_folder(path: Path) -> Source:
    manifest = path / MANIFEST_NAME
    if not manifest.is_file():
        raise refuse_folder(path)
    take = read_take(path)
    if not take.tracks:
        raise BadInputError(path, "lists no track; the recording never started")
    kinds = tuple(track.kind for track in take.tracks)
    return Source(path, take, files.file_sha256(manifest), kinds)


def _open_file(path: Path) -> Source:
    with media.opened(path, path) as container:
        kinds: list[TrackKind] = []
        if container.streams.audio:
            kinds.append("microphone")
        if media.moving_pictures(container):
            kinds.append("camera")
    if not kinds:
        raise NotMediaError(path, "holds neither sound nor moving picture")
    return Source(path, _take_of_file(path), files.file_sha256(path), tuple(kinds))


def _take_of_file(path: Path) -> Take:
    name = slug(path.stem)
    return Take(
        folder=path.parent,
        call_id=FILE_CALL_ID,
        participant_id=name,
        take_id=name,
        clock_id=name,
        state="complete",
        started_us=0,
        name=None,
        tracks=(),
        beacons=(),
        gaps=(),
    )


def slug(text: str) -> str:
    """Return `text` as a plain id: letters and digits of ASCII, joined by dashes.

    Letters of other alphabets are written as their code points, so that no two names
    become one; an empty name becomes `take`.
    """
    plain = "".join(
        letter if letter.isascii() else f"-u{ord(letter):04x}-"
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:100] or "take"
