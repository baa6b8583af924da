"""What may be asked of a film, with the defaults in one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from candid.engine.errors import BadInputError
from candid.engine.recording.source import Source

ASPECTS = ("16:9", "9:16", "1:1")

DEFAULT_TARGET_S = 240.0

LONGEST_CALL_S = 86_400.0
"""No take starts further than this from another one, and no film is longer."""

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


def resolved_offsets(
    offsets: Iterable[tuple[str, float]], sources: Sequence[Source]
) -> tuple[tuple[str, float], ...]:
    """Return offsets by take id; a take may be named by its id, its path or its file's name.

    Raises BadInputError for a name that is none of the takes', and for an offset that is
    no number of seconds, or more of them than a call lasts.
    """
    names = {str(source.path): source.take.take_id for source in sources}
    names |= {source.path.name: source.take.take_id for source in sources}
    names |= {source.take.take_id: source.take.take_id for source in sources}
    for name, offset_s in offsets:
        if name not in names:
            known = ", ".join(source.take.take_id for source in sources)
            raise BadInputError("--offset", f"names {name!r}, which is no take here ({known})")
        # Written so that a NaN fails too, which compares with nothing.
        if not abs(offset_s) <= LONGEST_CALL_S:
            what = f"of {name!r} is {offset_s:g} s; it must be a number of seconds within a day"
            raise BadInputError("--offset", what)
    return tuple((names[name], offset_s) for name, offset_s in offsets)


def check_target(target_s: float) -> None:
    """Raise BadInputError for a length that no film can have, in seconds."""
    if not 0 < target_s <= LONGEST_CALL_S:
        what = f"is {target_s:g} s; it must be a number of seconds within a day"
        raise BadInputError("--target", what)
