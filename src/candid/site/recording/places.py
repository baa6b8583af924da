"""Where what is uploaded lies, and which address means what. Nothing else makes paths of requests.

All parts of a path are matched in whole against letters and digits, so that no request can name
a file outside its own take.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

from candid.engine.recording.take import MANIFEST_NAME, TRACK_KINDS, TrackKind

PREFIX = "/ingest/takes/"
CALLS = "calls"
RECEIPT_NAME = "receipt.json"

# A folder on a disk, or the key of one in a store.
Folder = TypeVar("Folder", Path, PurePosixPath)
_ID = r"[A-Za-z0-9]{16}"
_PLAIN_ID = re.compile(_ID, re.ASCII)
_ADDRESS = re.compile(
    rf"(?P<take_id>{_ID}-[A-Za-z0-9]{{8}})"
    rf"(/(?P<what>manifest|receipt|(?P<kind>{'|'.join(TRACK_KINDS)})/"
    r"(?P<number>init|0|[1-9][0-9]{0,5})))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Uploader:
    """Whom a token belongs to. Raises ValueError for ids that are no 16 letters and digits."""

    participant_id: str
    call_id: str

    def __post_init__(self) -> None:
        for plain_id in (self.participant_id, self.call_id):
            if not _PLAIN_ID.fullmatch(plain_id):
                raise ValueError(f"no id: {plain_id!r}")

    @property
    def folder(self) -> PurePosixPath:
        """The key of the folder of all takes of this participant."""
        return call_folder(self.call_id) / self.participant_id


@dataclass(frozen=True, slots=True)
class Address:
    """What a request is about: a take, and its manifest, its receipt or one fragment.

    For a fragment `kind` is set, and `number` is None for the init segment. `takes` is
    all that a participant has, and has no `take_id`.
    """

    take_id: str
    what: Literal["takes", "state", "manifest", "receipt", "fragment"]
    kind: TrackKind | None = None
    number: int | None = None

    @property
    def participant_id(self) -> str:
        """Whose take this is."""
        return self.take_id.partition("-")[0]


def read_address(path: str) -> Address | None:
    """Return what a request's path is about, or None where it is no address of ours."""
    if path in (PREFIX, PREFIX.rstrip("/")):
        return Address("", "takes")
    match = _ADDRESS.fullmatch(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
    if match is None:
        return None
    take_id, kind, number = match["take_id"], match["kind"], match["number"]
    if kind is not None:
        known = next(each for each in TRACK_KINDS if each == kind)
        return Address(take_id, "fragment", known, None if number == "init" else int(number))
    if match["what"] is None:
        return Address(take_id, "state")
    return Address(take_id, "manifest" if match["what"] == "manifest" else "receipt")


def call_folder(call_id: str) -> PurePosixPath:
    """Return the key of a call's folder."""
    return PurePosixPath(CALLS, call_id)


def fragment_path(take_folder: Folder, kind: TrackKind, number: int | None) -> Folder:
    """Return where a fragment lies, or the init segment where `number` is None."""
    name = "init.mp4" if number is None else f"{number:06d}.m4s"
    return take_folder / kind / name


def manifest_path(take_folder: Folder) -> Folder:
    """Return where the manifest of a take lies."""
    return take_folder / MANIFEST_NAME
