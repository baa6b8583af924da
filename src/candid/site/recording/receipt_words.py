"""A receipt in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

TRACKS = {
    "microphone": gettext_lazy("Voice"),
    "camera": gettext_lazy("Picture"),
    "heard": gettext_lazy("What was heard"),
}
# Holes that lie so near to each other are one.
_TOUCHING_S = 0.25
BYTES_PER_MB = 1e6


@dataclass(frozen=True, slots=True)
class Told:
    """A receipt, told: where the take stands, what may become of it, what is there, what not."""

    standing: str
    outlook: str
    kept: list[str]
    lacking: list[str]


def tell_receipt(receipt: dict[str, Any], *, is_running: bool = False) -> Told:
    """Put a receipt into words.

    While the call `is_running` the pieces of the last seconds wait for the next manifest, and how
    long a device gives nothing is not known: neither lacks anything.
    """
    later = [] if is_running else [*_tell_stalled(receipt), *_tell_unlisted(receipt)]
    lacking = [*_tell_holes(receipt["holes"]), *later, *_tell_struck(receipt)]
    return Told(*_stand(receipt["state"]), list(_tell_tracks(receipt["tracks"])), lacking)


def _stand(state: str) -> tuple[str, str]:
    if state == "complete":
        return _("Complete:"), _("all of it is here.")
    if state == "recording":
        words = _(
            "What is still on the device comes by itself, or with its link opened there again."
        )
        return _("Not ended yet."), words
    words = _("What is missing is sent when the link is opened on the same device, if it has it.")
    return _("Not complete."), words


def _tell_tracks(tracks: dict[str, Any]) -> Iterator[str]:
    for kind, track in tracks.items():
        count = len(track["fragments"])
        words = ngettext(
            "%(track)s: %(count)d piece, %(size)s", "%(track)s: %(count)d pieces, %(size)s", count
        )
        yield words % {"track": TRACKS[kind], "count": count, "size": _size(track["bytes"])}


def _size(n_bytes: int) -> str:
    return _("%(size)s MB") % {"size": f"{max(0.1, n_bytes / BYTES_PER_MB):,.1f}"}


def _tell_holes(holes: list[dict[str, Any]]) -> Iterator[str]:
    placed = [hole for hole in holes if hole["start_s"] is not None]
    for kind in TRACKS:
        mine = [(hole["start_s"], hole["duration_s"]) for hole in placed if hole["track"] == kind]
        for start_s, end_s in _join(sorted(mine)):
            words = _("%(track)s: %(length)s s missing, from %(start)s")
            length = f"{end_s - start_s:.1f}"
            yield words % {"track": TRACKS[kind], "length": length, "start": clock(start_s)}
        count = sum(hole["track"] == kind and hole["start_s"] is None for hole in holes)
        if count:
            words = ngettext(
                "%(track)s: %(count)d piece missing, at a time not known yet",
                "%(track)s: %(count)d pieces missing, at times not known yet",
                count,
            )
            yield words % {"track": TRACKS[kind], "count": count}


def _tell_stalled(receipt: dict[str, Any]) -> Iterator[str]:
    for kind in TRACKS:
        # Receipts that are older than this have no such line.
        mine = [gap for gap in receipt.get("stalled", []) if gap["track"] == kind]
        for start_s, end_s in _join(sorted((gap["start_s"], gap["duration_s"]) for gap in mine)):
            words = _("%(track)s: the device gave nothing for %(length)s s, from %(start)s")
            length = f"{end_s - start_s:.1f}"
            yield words % {"track": TRACKS[kind], "length": length, "start": clock(start_s)}


def _join(holes: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return (start, end) of the holes, of which those that touch are one."""
    joined: list[tuple[float, float]] = []
    for start_s, duration_s in holes:
        if joined and start_s - joined[-1][1] <= _TOUCHING_S:
            joined[-1] = (joined[-1][0], max(joined[-1][1], start_s + duration_s))
        else:
            joined.append((start_s, start_s + duration_s))
    return joined


def clock(at_s: float) -> str:
    """Return a time of the take as on a clock: 1:02:03, or 2:03."""
    minutes, seconds = divmod(round(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _tell_unlisted(receipt: dict[str, Any]) -> Iterator[str]:
    # Nor this one.
    for kind, numbers in receipt.get("unlisted", {}).items():
        words = ngettext(
            "%(track)s: %(count)d piece is kept that no film uses, for its device has not told yet "
            "where it belongs",
            "%(track)s: %(count)d pieces are kept that no film uses, for their device has not told "
            "yet where they belong",
            len(numbers),
        )
        yield words % {"track": TRACKS[kind], "count": len(numbers)}


def _tell_struck(receipt: dict[str, Any]) -> Iterator[str]:
    for kind, numbers in receipt["struck"].items():
        count = len(numbers)
        if count:
            words = ngettext(
                "%(track)s: %(count)d piece struck, and removed for good",
                "%(track)s: %(count)d pieces struck, and removed for good",
                count,
            )
            yield words % {"track": TRACKS[kind], "count": count}
    if receipt["unplaced_strikes"]:
        yield _(
            "Something that was struck is not found in this take. Until its device tells where "
            "that is, the take cannot be had. Where the server’s computer was restarted meanwhile, "
            "it may never be."
        )
