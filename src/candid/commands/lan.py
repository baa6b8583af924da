"""This machine as the house sees it: its address, and that address as a code for phones."""

from __future__ import annotations

import io
import socket

# An address of the documentation (RFC 5737): choosing a way to it sends nothing.
_ELSEWHERE = ("192.0.2.1", 9)


def find_lan_address() -> str | None:
    """Return this machine's address in the house, or None where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return None
        return str(probe.getsockname()[0])


def draw_code(whom: str, address: str) -> list[str]:
    """Return lines for a terminal: an address as a code that a phone's camera reads."""
    import segno

    drawing = io.StringIO()
    segno.make(address, error="l").terminal(drawing, compact=True)
    return ["", f"{whom}:", *drawing.getvalue().splitlines()]
