"""The shipped fonts: which file draws which letter."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from PIL import ImageFont

Family = Literal["sans", "serif"]
FOLDER = Path(__file__).parent / "fonts"

# Each family is a chain: the first file that has a letter draws it.
_LATIN = {
    "sans": ("figtree/figtree-{}-wght-normal.woff2", ("latin", "latin-ext")),
    "serif": (
        "source-serif-4/source-serif-4-{}-wght-normal.woff2",
        ("latin", "latin-ext", "vietnamese", "greek", "cyrillic", "cyrillic-ext"),
    ),
}
_NOTO = tuple(sorted(FOLDER.glob("noto-sans/*.woff2")))
_NO_LETTER = "\U0010fffe"


def chain(family: Family) -> tuple[Path, ...]:
    """Return the files of a family in the order in which they are asked for a letter."""
    pattern, subsets = _LATIN[family]
    return (*(FOLDER / pattern.format(subset) for subset in subsets), *_NOTO)


@functools.lru_cache(maxsize=256)
def load(path: Path, size_px: int, weight: int) -> ImageFont.FreeTypeFont:
    """Load a variable font at a size and weight (100 to 900, as far as the font goes)."""
    font = ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.RAQM)
    font.set_variation_by_axes([weight])
    return font


@functools.lru_cache(maxsize=4096)
def has_letter(path: Path, letter: str) -> bool:
    """Whether a font draws `letter` as something else than its sign for a missing one."""
    font = ImageFont.truetype(str(path), 32, layout_engine=ImageFont.Layout.BASIC)
    mask, missing = font.getmask(letter), font.getmask(_NO_LETTER)
    return bytes(mask) != bytes(missing) or mask.size != missing.size


def font_path(letter: str, family: Family) -> Path | None:
    """Return the first file of the family's chain that has `letter`, or None."""
    return next((path for path in chain(family) if has_letter(path, letter)), None)


def _is_drawn_by_any(letter: str) -> bool:
    """Whether a letter needs no glyph of its own: spaces, joiners and other controls."""
    return letter.isspace() or unicodedata.category(letter) in ("Cf", "Cc", "Mn")


def runs(text: str, family: Family) -> tuple[tuple[str, Path], ...]:
    """Divide text into stretches that one file draws, in reading order.

    Spaces and marks stay with the letter before them. Letters that no font has are
    drawn as that font's sign for a missing letter; `missing_letters` names them.
    """
    found: list[tuple[str, Path]] = []
    for letter in unicodedata.normalize("NFC", text):
        before = found[-1][1] if found else None
        keeps = before is not None and (_is_drawn_by_any(letter) or has_letter(before, letter))
        path = before if keeps and before else font_path(letter, family) or chain(family)[0]
        if before == path and found:
            found[-1] = (found[-1][0] + letter, path)
        else:
            found.append((letter, path))
    return tuple(found)


def missing_letters(texts: Iterable[str], family: Family = "sans") -> tuple[str, ...]:
    """Return the letters that no shipped font has, sorted, each once."""
    letters = {letter for text in texts for letter in unicodedata.normalize("NFC", text)}
    return tuple(
        sorted(
            letter
            for letter in letters
            if not _is_drawn_by_any(letter) and font_path(letter, family) is None
        )
    )


def missing_note(what: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for the report about letters that no font has; empty if there are none."""
    missing = missing_letters(texts)
    return (f"{what}: no font has {' '.join(missing)}; a box is drawn instead",) if missing else ()
