"""How much one participant may send: all bounds of the ingest, with their units."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """Bounds on everything that grows.

    A day of camera and lossless sound at the recorder's highest rates fits into
    `bytes_per_participant`; fragments of one second number a day by
    `fragments_per_track`. `block_bytes` is what an upload holds in memory.
    """

    fragment_bytes: int = 16 * MIB
    manifest_bytes: int = 8 * MIB
    block_bytes: int = 512 * 1024
    fragments_per_track: int = 100_000
    takes_per_participant: int = 200
    bytes_per_participant: int = 80 * 1024 * MIB
    uploads_at_once: int = 16
    requests_per_s: float = 100.0
    request_burst: float = 400.0
    bytes_per_s: float = 64.0 * MIB
    byte_burst: float = 512.0 * MIB
    upload_s: float = 600.0
    # Below this the disk counts as full: the database beside the recordings needs room too.
    bytes_kept_free: int = 256 * MIB
    disk_full_wait_s: int = 30
    writers: int = 16
