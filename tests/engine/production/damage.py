"""What a disk, a full one or a hand may do to a file that a step left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def _flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "one bit": _flip_a_bit,
    "wrong types": lambda path: path.write_bytes(b'{"document": 1, "files": [], "sha256": null}'),
    "an earlier form": lambda path: path.write_bytes(b'{"interval": [0, 4], "words": []}'),
}
