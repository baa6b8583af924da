"""What `candid doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` is what to type where it is not well."""

    name: str
    is_well: bool
    detail: str
    mend: str = ""


def well(name: str, detail: str, mend: str = "") -> Finding:
    """Return that something is as it should be; `mend` is what would make it better still."""
    return Finding(name, is_well=True, detail=detail, mend=mend)


def ill(name: str, detail: str, mend: str) -> Finding:
    """Return that something is not as it should be, and what to do."""
    return Finding(name, is_well=False, detail=detail, mend=mend)
