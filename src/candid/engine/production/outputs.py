"""A recording is never an output: nothing may be written over what somebody said."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from candid.engine.errors import BadInputError


def refuse_overwriting(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise BadInputError where an output is one of the inputs, or lies inside one."""
    recordings = [(path, path.resolve()) for path in inputs]
    for output in outputs:
        resolved = output.resolve()
        for path, recording in recordings:
            if resolved == recording or (path.is_dir() and recording in resolved.parents):
                raise BadInputError(output, f"would be written over {path}; choose another -o")
