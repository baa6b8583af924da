"""Artefacts that a later run reads back: a seal beside them tells whether they are whole.

A seal is a JSON file. It holds what is known of an artefact, the SHA-256 of each of its
files, and a SHA-256 of all that. What was cut off, emptied, exchanged, or has a single bit
flipped is found when it is read, so that whoever needs it makes it anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from candid.engine.files import file_sha256, json_sha256, write_json


def write_sealed(path: Path, document: dict[str, Any], files: Iterable[Path] = ()) -> None:
    """Write the seal of an artefact: what is known of it, and the hashes of its `files`.

    The files must be whole by now: a run that ends before this line has made no artefact.
    They are named relative to the seal. Raises OutputError.
    """
    folder = path.parent.resolve()
    hashes = {os.path.relpath(file.resolve(), folder): file_sha256(file) for file in files}
    sealed = {"document": document, "files": hashes}
    write_json(path, sealed | {"sha256": json_sha256(sealed)})


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Return what is known of the artefact whose seal is `path`.

    None where the seal or one of the files is gone or is not what was sealed.
    """
    try:
        sealed = json.loads(path.read_bytes())
        if not isinstance(sealed, dict) or sealed.pop("sha256", None) != json_sha256(sealed):
            return None
        hashes = sealed["files"].items()
        is_whole = all(file_sha256(path.parent / name) == sha256 for name, sha256 in hashes)
    except (OSError, ValueError, RecursionError):
        return None
    return dict(sealed["document"]) if is_whole else None
