"""Manifests and fragments made to harm: each is refused, or harms nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candid.site.recording.strikes import strike
from tests.engine.recording.test_boxes import fragment, trun
from tests.site.recording.call_of_two import (
    ADAS_STRETCH,
    BOBS_STRETCH,
    bring,
    bring_all,
    manifest,
    numbers_left,
)
from tests.site.recording.material import (
    ADA,
    ADAS_TAKE,
    AS_ADA,
    BOBS_TAKE,
    CALL_FOLDER,
    Studio,
    Told,
    address,
)

ADAS_MANIFEST = ADA.folder / ADAS_TAKE / "manifest.json"
HARMFUL = [
    b"1" + b"0" * 400,
    b"-1" + b"0" * 400,
    b"9" * 5000,
    b"9007199254740993",
    b"-1",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"0.5",
    b"true",
    b"null",
    b"{}",
    b"[[[]]]",
    b"[" * 900 + b"]" * 900,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'"\\ud83d"',
    b'""',
    b'"candid.take/\\u00b2"',
    b'"candid.take/%s"' % (b"1" * 5000),
    b'"struck"',
    b'"camera"',
]
VALUES = st.sampled_from(HARMFUL) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        yield (*above, key)
        if isinstance(one, dict | list):
            yield from places(one, (*above, key))


GAPS = [{"reason": "struck", "start_us": 7_400_000, "end_us": 7_600_000}]
ANCHORS = [{"sample": 48_000 * each, "monotonic_us": 5_000_000 + each} for each in range(2)]
WHOLE = manifest(ADAS_TAKE, gaps=GAPS)
WHOLE["beacons"] = WHOLE["beacons"][:2]
for _track in WHOLE["tracks"]:
    _track |= {"anchors": ANCHORS, "fragments": _track["fragments"][:2]}
PLACES = [*places(WHOLE), ("unknown",)]


def spoil(place: tuple[Any, ...], value: bytes) -> bytes:
    """Return a manifest with another value in one of its places."""
    document = json.loads(json.dumps(WHOLE))
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = "@@"
    return json.dumps(document).encode().replace(b'"@@"', value)


async def put_manifest(studio: Studio, data: bytes) -> Told:
    told = await studio.ask("PUT", address("manifest"), body=data, headers=AS_ADA)
    assert told is not None
    return told


@given(place=st.sampled_from(PLACES), value=VALUES)
def test_whatever_a_manifest_holds_it_is_refused_or_stops_nothing(place, value):
    with TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        told = asyncio.run(put_manifest(studio, spoil(place, value)))
        strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
        receipt = asyncio.run(studio.ask("GET", address("receipt"), headers=AS_ADA))
        erased = asyncio.run(studio.ask("DELETE", "/ingest/takes/", headers=AS_ADA))
    assert told.status in (201, 422), told
    assert (receipt.status, erased.status) == (200, 200)
    assert list(erased.document["takes"]) == ([ADAS_TAKE] if told.status == 201 else [])


def test_a_number_beyond_all_measure_is_refused_and_nothing_is_kept(studio):
    for value in HARMFUL[:4]:
        told = asyncio.run(put_manifest(studio, spoil(("tracks", 0, "origin_us"), value)))
        assert (told.status, told.document["error"]) == (422, "manifest")
        assert len(told.document["message"]) < 200
    assert studio.kept() == {}


def test_a_manifest_that_spoiled_on_the_disk_is_as_none_and_the_next_one_takes_its_place(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    studio.store.replace(ADAS_MANIFEST, spoil(("tracks", 0, "origin_us"), HARMFUL[0]))
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    whole = json.dumps(manifest(ADAS_TAKE)).encode()
    assert asyncio.run(bring(studio, ADAS_TAKE, "manifest", whole)).status == 201
    assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2, 6, 7, 8, 9]
    receipt = asyncio.run(studio.ask("GET", address("receipt"), headers=AS_ADA))
    assert receipt.document["state"] == "complete"


def test_a_take_that_cannot_be_struck_stops_no_other_and_the_strike_is_not_said_to_be_done(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    asyncio.run(bring_all(studio, BOBS_TAKE))
    manifest_file = studio.root / ADAS_MANIFEST
    manifest_file.unlink()
    manifest_file.mkdir()
    with pytest.raises(IsADirectoryError):
        strike(studio.store, CALL_FOLDER, BOBS_STRETCH)
    assert numbers_left(studio.root, BOBS_TAKE) == [0, 1, 2, 6, 7, 8, 9]


def test_a_crafted_fragment_stops_no_strike_and_goes_with_it(studio):
    """It tells no time, or would take an hour to tell it."""
    asyncio.run(bring_all(studio, ADAS_TAKE))
    late = fragment(trun(1, 1, flags=0x100), tfdt=b"\0")
    endless = fragment(trun(2**32 - 1, 48_000))
    for number, data in ((10, late), (11, endless)):
        assert asyncio.run(bring(studio, ADAS_TAKE, f"microphone/{number}", data)).status == 201
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2, 6, 7, 8, 9]
