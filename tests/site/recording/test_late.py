"""What comes after it was struck, from a device that dies before it tells where it belongs."""

from __future__ import annotations

import asyncio
import json
import struct
from contextlib import contextmanager

from candid.site.recording.manifests import accept_manifest
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import read_struck, strike
from tests.site.recording.call_of_two import (
    ADAS_STRETCH,
    SERVER,
    bring,
    manifest,
    numbers_left,
    receipt_of,
)
from tests.site.recording.material import ADAS_TAKE, BOBS_TAKE, CALL_FOLDER, LIMITS, manifest_for


def box(name: bytes, *parts: bytes) -> bytes:
    whole = b"".join(parts)
    return struct.pack(">I", 8 + len(whole)) + name + whole


def second(number: int) -> bytes:
    """Return a fragment that tells its time: the second of that number."""
    starts = box(b"tfdt", struct.pack(">II", 0, number * 48_000))
    lasts = box(b"trun", struct.pack(">III", 0x100, 1, 48_000))
    return box(b"moof", box(b"traf", starts, lasts)) + box(b"mdat", b"words %d" % number)


PARTS = [b"init", *map(second, range(10))]


def put(studio, take_id, what, data):
    return asyncio.run(bring(studio, take_id, what, data)).status


def tell(studio, take_id, kinds, n_seconds):
    """Bring a manifest of these tracks, as of a recording that goes on."""
    told = manifest_for(
        dict.fromkeys(kinds, PARTS[: n_seconds + 1]),
        take_id=take_id,
        state="recording",
        beacons=manifest(take_id)["beacons"],
    )
    assert put(studio, take_id, "manifest", json.dumps(told).encode()) == 201


def begin(studio, take_id, n_seconds, kinds=("microphone",)):
    """Bring that much of a take, and its manifest."""
    for kind in kinds:
        assert put(studio, take_id, f"{kind}/init", PARTS[0]) == 201
        for number in range(n_seconds):
            assert put(studio, take_id, f"{kind}/{number}", second(number)) == 201
    tell(studio, take_id, kinds, n_seconds)


def make_round(studio):
    studio.receiver.storage.end_strikes(CALL_FOLDER)


def test_a_piece_that_no_manifest_lists_goes_with_the_next_round(either):
    begin(either, ADAS_TAKE, 4)
    strike(either.store, CALL_FOLDER, ADAS_STRETCH)
    make_round(either)
    for number in (4, 8):
        assert put(either, ADAS_TAKE, f"microphone/{number}", second(number)) == 201
    make_round(either)
    told = receipt_of(either, ADAS_TAKE)
    left = [one["number"] for one in told["tracks"]["microphone"]["fragments"]]
    assert left == [0, 1, 2, 8]
    assert told["struck"] == {"microphone": [3, 4]}
    assert told["unlisted"] == {"microphone": [8]}


def test_a_track_that_no_manifest_names_waits_for_one_until_the_round(studio):
    begin(studio, ADAS_TAKE, 4)
    for number in (4, 8):
        assert put(studio, ADAS_TAKE, f"heard/{number}", second(number)) == 201
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert numbers_left(studio.root, ADAS_TAKE, "heard") == [4, 8]
    tell(studio, ADAS_TAKE, ["microphone"], 5)
    assert numbers_left(studio.root, ADAS_TAKE, "heard") == [4, 8]
    make_round(studio)
    assert numbers_left(studio.root, ADAS_TAKE, "heard") == []


def test_a_track_that_is_named_in_time_loses_only_what_was_struck(studio):
    begin(studio, ADAS_TAKE, 4)
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    for number in (4, 8):
        assert put(studio, ADAS_TAKE, f"heard/{number}", second(number)) == 201
    tell(studio, ADAS_TAKE, ["microphone", "heard"], 4)
    make_round(studio)
    assert numbers_left(studio.root, ADAS_TAKE, "heard") == [8]
    assert read_struck(studio.store, CALL_FOLDER).of_take(ADAS_TAKE).n_unplaced == 0


def test_a_take_that_began_after_the_strike_keeps_what_no_manifest_names_yet(studio):
    """Its first manifest goes before any of its tracks has told what it is."""
    told = manifest(ADAS_TAKE, state="recording", tracks=[])
    assert put(studio, ADAS_TAKE, "manifest", json.dumps(told).encode()) == 201
    for number in range(3):
        assert put(studio, ADAS_TAKE, f"microphone/{number}", second(number)) == 201
    strike(studio.store, CALL_FOLDER, Stretch(SERVER, 1_000_000, 11_000_000))
    make_round(studio)
    assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2]
    assert not read_struck(studio.store, CALL_FOLDER).of_take(ADAS_TAKE).numbers
    strike(studio.store, CALL_FOLDER, Stretch(SERVER, 1_000_000, 15_000_000))
    make_round(studio)
    assert numbers_left(studio.root, ADAS_TAKE) == []


class LookedAt:
    """A store at which a desk looks each time that a call's folder is let go."""

    def __init__(self, store, look):
        self._store, self._look = store, look

    def __getattr__(self, name):
        return getattr(self._store, name)

    @contextmanager
    def hold(self, folder):
        with self._store.hold(folder):
            yield
        self._look()


def test_nobody_finds_a_take_complete_before_it_was_looked_at_for_strikes(studio):
    """It was not there when that was struck, and its manifest does not tell where it lies."""
    begin(studio, BOBS_TAKE, 4)
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    for number, data in zip(("init", *range(10)), PARTS, strict=True):
        assert put(studio, ADAS_TAKE, f"microphone/{number}", data) == 201
    seen = []
    store = LookedAt(studio.store, lambda: seen.append(receipt_of(studio, ADAS_TAKE)["state"]))
    told = manifest_for({"microphone": PARTS}, beacons=[])
    folder = CALL_FOLDER / ADAS_TAKE.partition("-")[0] / ADAS_TAKE
    accept_manifest(store, folder, json.dumps(told).encode(), LIMITS)
    assert set(seen) == {"incomplete"}
