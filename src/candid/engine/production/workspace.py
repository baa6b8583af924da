"""The work folder: finished steps under the hash of what made them.

A step's artefacts lie in a folder of their own, written under another name, sealed and
moved into place when whole, so a step is either done or not there. Running a job again
finds what an interrupted run had finished, and makes anew what was damaged since.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import re
import secrets
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import candid.engine
from candid.engine.errors import OutputError
from candid.engine.files import explained_output, json_sha256
from candid.engine.seals import read_sealed, write_sealed

WORK_FOLDER = ".candid"
"""Its name in an output folder."""

KEPT_BYTES = 4 * 1024**3
"""Artefacts that the last job did not use are kept up to this size, the newest first."""

_SEAL = "seal.json"
_DRAFT_OF_A_FILE = re.compile(r"\..+\.[0-9a-f]{8}\.part(\.\w+)?")


@functools.cache
def code_version(rooms: tuple[str, ...]) -> str:
    """Return the SHA-256 of these rooms' source files: new code makes new artefacts.

    A room is named by its folder (`recording`), one module of it as `production/sounds`.
    The engine's own modules (time, files, documents) always count.
    """
    digest = hashlib.sha256()
    root = Path(candid.engine.__path__[0])
    patterns = ["*.py", *(f"{room}.py" for room in rooms), *(f"{room}/**/*.py" for room in rooms)]
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job: `inputs` is a JSON value that decides its result, with the rooms' code.

    The module that turns the result into a document and back is one of `rooms`.
    """

    name: str
    inputs: Any
    rooms: tuple[str, ...]

    @property
    def key(self) -> str:
        """The address of the step's artefacts."""
        return json_sha256([self.name, self.inputs, code_version(self.rooms)])[:32]


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished step: the folder of its files, and the document that tells of them."""

    folder: Path
    document: dict[str, Any]


class Workspace:
    """The folder where a job keeps its finished steps; only its owner may look inside.

    As long as the object lives, its job counts as at work there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[Path] = set()
        with explained_output(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _Lock(folder)

    def finished(self, step: Step, make: Callable[[Path], dict[str, Any]]) -> Finished:
        """Return a finished step, calling `make(draft_folder)` if it is new or damaged.

        `make` writes what files there are and returns the document. If it raises, its
        draft is removed. Raises OutputError where the disk refuses.
        """
        folder = self.place(step)
        document = read_sealed(folder / _SEAL)
        if document is None:
            _make(folder, make)
            document = read_sealed(folder / _SEAL)
        if document is None:
            raise OutputError(folder, "is not read as it was written; the disk may be failing")
        folder.touch()
        return Finished(folder, document)

    def place(self, step: Step) -> Path:
        """Return where a step keeps its artefacts, and count it as used."""
        folder = self.folder / step.name / step.key
        self._used.add(folder.resolve())
        return folder

    def use(self, paths: Iterable[Path]) -> None:
        """Count artefacts that others keep in this folder, such as a film's shots, as used."""
        for path in paths:
            self._used.add(path.resolve())
            if path.exists():
                os.utime(path)

    def prune(self, *, keep_unused: bool = True) -> bool:
        """Remove drafts left by a crash, and unused artefacts beyond `KEPT_BYTES`.

        Without `keep_unused` all of these go: they may hold what was struck since.
        Drafts lie here and, of the job's results, in the folder around. Nothing goes, and
        the result is False, while another job is at work here: it may need all of it.
        """
        with self._lock.alone() as is_alone:
            if is_alone:
                self._prune(KEPT_BYTES if keep_unused else 0)
        return is_alone

    def _prune(self, most_bytes: int) -> None:
        for draft in [*self.folder.rglob("*.part*"), *self._drafts_of_results()]:
            _remove(draft)
        kept = 0
        for artefact in self._unused_newest_first():
            kept += _size(artefact)
            if kept > most_bytes or not most_bytes:
                _remove(artefact)

    def _drafts_of_results(self) -> Iterator[Path]:
        # Others' files lie there too: only the very names that `files.replacing` gives.
        around = self.folder.resolve().parent.glob(".*.part*")
        return (path for path in around if _DRAFT_OF_A_FILE.fullmatch(path.name) and path.is_file())

    def _unused_newest_first(self) -> Iterator[Path]:
        newest_first = sorted(self.folder.glob("*/*"), key=lambda path: -path.stat().st_mtime)
        return (path for path in newest_first if path.resolve() not in self._used)


class _Lock:
    """Tells jobs in one folder of each other; it ends with the process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._held = os.open(folder, os.O_RDONLY)
        weakref.finalize(self, os.close, self._held)
        self._take(fcntl.LOCK_SH)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Yield whether no other job is at work here; none begins until the block ends."""
        try:
            yield self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            self._take(fcntl.LOCK_SH)

    def _take(self, how: int) -> bool:
        try:
            fcntl.flock(self._held, how)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a disk without locks: jobs there cannot know of each other
        return True


def _make(folder: Path, make: Callable[[Path], dict[str, Any]]) -> None:
    """Make a step's folder, whole or not at all, in place of a damaged one."""
    draft = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.part")
    with explained_output(folder):
        try:
            draft.mkdir(parents=True)
            document = make(draft)
            write_sealed(draft / _SEAL, document, sorted(draft.iterdir()))
            if read_sealed(folder / _SEAL) is None:  # or another job was quicker
                _remove(folder)
                draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _size(artefact: Path) -> int:
    files = artefact.rglob("*") if artefact.is_dir() else [artefact]
    return sum(file.stat().st_size for file in files if file.is_file())


def _remove(artefact: Path) -> None:
    if artefact.is_dir():
        shutil.rmtree(artefact, ignore_errors=True)
    else:
        artefact.unlink(missing_ok=True)
