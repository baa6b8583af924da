"""The work folder: finished steps under the hash of what made them.

A step's artefacts lie in a folder of their own, written under another name and moved
into place when whole, so a step is either done or not there. Running a job again finds
what an interrupted run had finished.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import candid.engine
from candid.engine.files import explained_output, json_sha256

WORK_FOLDER = ".candid"
"""Its name in an output folder."""

KEPT_BYTES = 4 * 1024**3
"""Artefacts that the last job did not use are kept up to this size, the newest first."""

_DRAFT_OF_A_FILE = re.compile(r"\..+\.[0-9a-f]{8}\.part(\.\w+)?")


@functools.cache
def code_version(rooms: tuple[str, ...]) -> str:
    """Return the SHA-256 of these rooms' source files: new code makes new artefacts.

    The engine's own modules (time, files, documents) always count.
    """
    digest = hashlib.sha256()
    root = Path(candid.engine.__path__[0])
    paths = [*root.glob("*.py"), *(path for room in rooms for path in root.glob(f"{room}/**/*.py"))]
    for path in sorted(paths):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job: `inputs` is a JSON value that decides its result, with the rooms' code."""

    name: str
    inputs: Any
    rooms: tuple[str, ...]

    @property
    def key(self) -> str:
        """The address of the step's artefacts."""
        return json_sha256([self.name, self.inputs, code_version(self.rooms)])[:32]


class Workspace:
    """The folder where a job keeps its finished steps; only its owner may look inside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[Path] = set()
        with explained_output(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def finished(self, step: Step, make: Callable[[Path], None]) -> Path:
        """Return the folder of a finished step, calling `make(draft_folder)` if it is new.

        If `make` raises, its draft is removed. Raises OutputError where the disk refuses.
        """
        folder = self.place(step)
        if not folder.is_dir():
            draft = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.part")
            with explained_output(folder):
                try:
                    draft.mkdir(parents=True)
                    make(draft)
                    draft.rename(folder)
                finally:
                    shutil.rmtree(draft, ignore_errors=True)
        folder.touch()
        return folder

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

    def prune(self, *, keep_unused: bool = True) -> None:
        """Remove drafts left by a crash, and unused artefacts beyond `KEPT_BYTES`.

        Without `keep_unused` all of these go: they may hold what was struck since.

        Drafts lie here and, of the job's results, in the folder around. A job that runs
        in the same output folder at the same time loses its own.
        """
        for draft in [*self.folder.rglob("*.part*"), *self._drafts_of_results()]:
            _remove(draft)
        kept = 0
        most = KEPT_BYTES if keep_unused else 0
        for artefact in self._unused_newest_first():
            kept += _size(artefact)
            if kept > most or not keep_unused:
                _remove(artefact)

    def _drafts_of_results(self) -> Iterator[Path]:
        # Others' files lie there too: only the very names that `files.replacing` gives.
        around = self.folder.resolve().parent.glob(".*.part*")
        return (path for path in around if _DRAFT_OF_A_FILE.fullmatch(path.name) and path.is_file())

    def _unused_newest_first(self) -> Iterator[Path]:
        newest_first = sorted(self.folder.glob("*/*"), key=lambda path: -path.stat().st_mtime)
        return (path for path in newest_first if path.resolve() not in self._used)


def _size(artefact: Path) -> int:
    files = artefact.rglob("*") if artefact.is_dir() else [artefact]
    return sum(file.stat().st_size for file in files if file.is_file())


def _remove(artefact: Path) -> None:
    if artefact.is_dir():
        shutil.rmtree(artefact, ignore_errors=True)
    else:
        artefact.unlink(missing_ok=True)
