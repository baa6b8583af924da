"""What may be asked of a film, with the defaults in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from candid.engine.errors import BadInputError

ASPECTS = ("16:9", "9:16", "1:1")

DEFAULT_TARGET_S = 240.0

DEFAULT_SIGNPOST = (
    "You do not have to carry it alone. Talk to somebody you trust, or to your doctor.\n"
    "If you or somebody else is in danger now, call the emergency number."
)
"""Shown on the end card where the caller gives no signpost. No helpline stands in code."""


@dataclass(frozen=True, slots=True)
class FilmLook:
    """How the film should look; `names` are in the order of the participants."""

    aspects: tuple[str, ...] = ("16:9",)
    burn_captions: bool = False
    title: str | None = None
    names: tuple[str, ...] = ()
    signpost: str | None = None
    is_draft: bool = False
    denoise: bool = False


@dataclass(frozen=True, slots=True)
class FilmRequest:
    """Everything that decides a film. `offsets` are (take id, seconds) pairs;
    `words_file` is laid over the transcript as corrections."""

    takes: tuple[Path, ...]
    output: Path
    target_s: float = DEFAULT_TARGET_S
    look: FilmLook = FilmLook()
    cut_file: Path | None = None
    words_file: Path | None = None
    offsets: tuple[tuple[str, float], ...] = ()
    language: str | None = None


def parse_offsets(lines: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """Read `TAKE=SECONDS` lines. Raises BadInputError with the line that cannot be read."""
    offsets: list[tuple[str, float]] = []
    for line in lines:
        take_id, equals, seconds = line.rpartition("=")
        try:
            offsets.append((take_id, float(seconds)))
        except ValueError:
            equals = ""
        if not equals or not take_id:
            raise BadInputError("--offset", f"{line!r} must be TAKE=SECONDS, e.g. daniel=-3.2")
    return tuple(offsets)
