"""The chain of the ledger: what an entry's hash covers, and whether a chain is whole.

Pure: values in, values out. Anybody can check an exported ledger with these few lines.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass

FIRST_PREVIOUS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as it is hashed. `facts` is canonical JSON; `at` is ISO 8601 in UTC."""

    sequence: int
    at: str
    kind: str
    subject: str
    facts: str
    previous_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken and in which way."""

    sequence: int
    reason: str


def write_facts(facts: dict[str, str | int]) -> str:
    """Return facts as canonical JSON: sorted keys, no spaces."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_link(link: Link) -> str:
    """Return the SHA-256 over all fields but the hash itself, as hexadecimal digits."""
    fields = [link.sequence, link.at, link.kind, link.subject, link.facts, link.previous_sha256]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def find_faults(chain: Iterable[Link], head_sha256: str | None = None) -> list[Fault]:
    """Return where a chain was changed; an untouched one has no faults.

    A chain cannot tell by itself that its end was cut off: `head_sha256`, the hash of an entry
    that somebody noted elsewhere (a participant's copy has one), must then be in it.
    """
    faults: list[Fault] = []
    previous, sequence, seen = FIRST_PREVIOUS, 0, head_sha256 is None
    for link in chain:
        sequence += 1
        if link.sequence != sequence:
            faults.append(Fault(link.sequence, "out of order, or entries before it are missing"))
            sequence = link.sequence
        if link.previous_sha256 != previous:
            faults.append(Fault(link.sequence, "does not follow the entry before it"))
        if not hmac.compare_digest(hash_link(link).encode(), link.sha256.encode()):
            faults.append(Fault(link.sequence, "was changed after it was written"))
        previous, seen = link.sha256, seen or link.sha256 == head_sha256
    if not seen:
        faults.append(Fault(sequence + 1, "the noted entry is not in the ledger"))
    return faults
