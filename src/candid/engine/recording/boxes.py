"""The little of ISO base media files (ISO/IEC 14496-12) needed to cut them into fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

# A fragment of one track has about eight, none of them in more than this many on one level.
MOST_BOXES = 200


def boxes(data: bytes | memoryview) -> Iterator[tuple[str, memoryview]]:
    """Yield type and payload of each whole box in `data`; stop at one that is cut off.

    Raises ValueError for more boxes than any fragment has: they may come from anybody.
    """
    view = memoryview(data)
    for _ in range(MOST_BOXES):
        if len(view) < 8:
            return
        size, header = _size(view)
        if size < header or size > len(view):
            return
        yield bytes(view[4:8]).decode("latin-1"), view[header:size]
        view = view[size:]
    raise ValueError(f"these bytes hold more than {MOST_BOXES} boxes")


def whole_box_bytes(data: bytes | bytearray) -> int:
    """Return the length of the first box, header included, or 0 while it is not all there."""
    if len(data) < 16:
        return 0
    size, _ = _size(memoryview(data))
    return size if size <= len(data) else 0


def _size(view: memoryview) -> tuple[int, int]:
    size = int(struct.unpack(">I", view[:4])[0])
    if size == 1 and len(view) >= 16:
        return int(struct.unpack(">Q", view[8:16])[0]), 16
    return (len(view) if size == 0 else size), 8


def find_box(data: bytes | memoryview, *path: str) -> memoryview | None:
    """Return the payload of the first box at `path`, e.g. `moof`, `traf`, `tfdt`."""
    if not path:
        return memoryview(data)
    for name, payload in boxes(data):
        if name == path[0]:
            found = find_box(payload, *path[1:])
            if found is not None:
                return found
    return None


def fragment_span(fragment: bytes) -> tuple[int, int]:
    """Return start and duration of a one-track fragment, in units of its media clock.

    The start is `tfdt`; the duration adds up `trun`, with the default of `tfhd` where a
    sample has none. Raises ValueError for bytes that are no such fragment.
    """
    traf = find_box(fragment, "moof", "traf")
    tfdt = None if traf is None else find_box(traf, "tfdt")
    if traf is None or tfdt is None:
        raise ValueError("these bytes are no fragment with one track")
    start = _number(tfdt, 4, 8 if _number(tfdt, 0, 1) else 4)
    default = _default_duration(find_box(traf, "tfhd"))
    length = sum(_duration(payload, default) for name, payload in boxes(traf) if name == "trun")
    return start, length


def _number(payload: memoryview, at: int, n_bytes: int) -> int:
    """Read an unsigned number. Raises ValueError where the payload ends before it does."""
    if len(payload) < at + n_bytes:
        raise ValueError("a box is shorter than what it has to hold")
    return int.from_bytes(payload[at : at + n_bytes], "big")


def _default_duration(tfhd: memoryview | None) -> int:
    """Read `default_sample_duration`: flag 0x8, behind the offset (0x1) and index (0x2)."""
    if tfhd is None:
        return 0
    flags = _number(tfhd, 1, 3)
    at = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return _number(tfhd, at, 4) if flags & 0x8 else 0


def _duration(trun: memoryview, default: int) -> int:
    """Add up `sample_duration` (flag 0x100), the first of up to four fields a sample."""
    flags, count = _number(trun, 1, 3), _number(trun, 4, 4)
    if not flags & 0x100:
        return count * default
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    n_fields = (flags & 0xF00).bit_count()
    if len(trun) < at + count * n_fields * 4:
        raise ValueError("a box is shorter than what it has to hold")
    fields = np.frombuffer(trun[at : at + count * n_fields * 4], ">u4")
    return int(fields[::n_fields].sum(dtype=np.uint64))
