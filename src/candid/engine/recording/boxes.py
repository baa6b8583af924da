"""The little of ISO base media files (ISO/IEC 14496-12) needed to cut them into fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def boxes(data: bytes | memoryview) -> Iterator[tuple[str, memoryview]]:
    """Yield type and payload of each whole box in `data`; stop at one that is cut off."""
    view = memoryview(data)
    while len(view) >= 8:
        size, header = _size(view)
        if size < header or size > len(view):
            return
        yield bytes(view[4:8]).decode("latin-1"), view[header:size]
        view = view[size:]


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
    start = struct.unpack(">Q" if tfdt[0] else ">I", tfdt[4 : 12 if tfdt[0] else 8])[0]
    default = _default_duration(find_box(traf, "tfhd"))
    length = sum(_duration(payload, default) for name, payload in boxes(traf) if name == "trun")
    return int(start), length


def _default_duration(tfhd: memoryview | None) -> int:
    """Read `default_sample_duration`: flag 0x8, behind the offset (0x1) and index (0x2)."""
    if tfhd is None:
        return 0
    flags = int.from_bytes(tfhd[1:4], "big")
    at = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    return int.from_bytes(tfhd[at : at + 4], "big") if flags & 0x8 else 0


def _duration(trun: memoryview, default: int) -> int:
    """Add up `sample_duration` (flag 0x100), the first of up to four fields a sample."""
    flags = int.from_bytes(trun[1:4], "big")
    count = int.from_bytes(trun[4:8], "big")
    if not flags & 0x100:
        return count * default
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    step = 4 * bin(flags & 0xF00).count("1")
    return sum(
        int.from_bytes(trun[each : each + 4], "big") for each in range(at, at + count * step, step)
    )
