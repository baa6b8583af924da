"""A call of Ada and Bob, ten seconds of each, whose clocks are known against the server's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from candid.site.recording.stretches import Stretch
from tests.site.recording.material import (
    ADAS_TAKE,
    AS_ADA,
    AS_BOB,
    BOBS_TAKE,
    Studio,
    Told,
    address,
    headers_for,
    manifest_for,
    some_parts,
    take_folder,
)

SERVER = "server-clock"
# Both recorders begin at 5 s of their own clocks; Ada's is 10 s behind the server's, Bob's 30 s.
BEHIND_US = {ADAS_TAKE: 10_000_000, BOBS_TAKE: 30_000_000}
TOKENS = {ADAS_TAKE: "token-of-ada", BOBS_TAKE: "token-of-bob"}
PARTS = some_parts(10)
# Server time 18.5 s to 20.5 s is 3.5 s to 5.5 s of Ada's take. Bob's ends 15 s after it.
ADAS_STRETCH = Stretch(SERVER, 18_500_000, 20_500_000)
# From within the last second of Ada's take to within the first of Bob's.
BOTHS_STRETCH = Stretch(SERVER, 24_500_000, 35_500_000)
# 3.5 s to 5.5 s of Bob's take, and after the end of Ada's.
BOBS_STRETCH = Stretch(SERVER, 38_500_000, 40_500_000)


def beacons(take_id: str) -> list[dict[str, object]]:
    """Return what the server told this recorder of its clock, every second of ten."""
    return [
        {
            "peer_clock_id": SERVER,
            "t1_us": at_us,
            "t2_us": at_us + BEHIND_US[take_id] + 1000,
            "t3_us": at_us + BEHIND_US[take_id] + 1000,
            "t4_us": at_us + 2000,
        }
        for at_us in range(5_000_000, 16_000_000, 1_000_000)
    ]


def manifest(take_id: str, **changed: Any) -> dict[str, Any]:
    return manifest_for(
        {"microphone": PARTS, "heard": PARTS},
        take_id=take_id,
        **{"beacons": beacons(take_id), **changed},
    )


async def bring(studio: Studio, take_id: str, what: str, data: bytes) -> Told:
    headers = headers_for(data, TOKENS[take_id])
    told = await studio.ask("PUT", address(what, take_id), body=data, headers=headers)
    assert told is not None
    return told


async def bring_all(studio: Studio, take_id: str, **changed: Any) -> None:
    for kind in ("microphone", "heard"):
        for number, data in zip(("init", *range(10)), PARTS, strict=True):
            assert (await bring(studio, take_id, f"{kind}/{number}", data)).status == 201
    document = json.dumps(manifest(take_id, **changed)).encode()
    assert (await bring(studio, take_id, "manifest", document)).status == 201


def numbers_left(root: Path, take_id: str, kind: str = "microphone") -> list[int]:
    return sorted(int(path.stem) for path in (take_folder(root, take_id) / kind).glob("0*.m4s"))


def receipt_of(studio: Studio, take_id: str) -> dict[str, Any]:
    own = {ADAS_TAKE: AS_ADA, BOBS_TAKE: AS_BOB}[take_id]
    return studio.document("GET", address("receipt", take_id), own)
