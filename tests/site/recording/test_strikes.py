"""What a participant takes back is removed from every take of the call, and stays away."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from candid.engine.recording.sound import assemble_sound
from candid.engine.recording.source import open_source
from candid.engine.recording.take import Anchor, Beacon, read_take
from candid.site.recording.local_store import LocalStore
from candid.site.recording.places import fragment_path
from candid.site.recording.stretches import Stretch, numbers_within, on_clock
from candid.site.recording.strikes import read_struck, strike
from tests.engine.recording.material import make_take
from tests.site.recording.call_of_two import (
    ADAS_STRETCH,
    BOTHS_STRETCH,
    PARTS,
    SERVER,
    bring,
    bring_all,
    manifest,
    numbers_left,
    receipt_of,
)
from tests.site.recording.material import (
    ADA,
    ADAS_TAKE,
    BOB,
    BOBS_TAKE,
    CALL,
    CALL_FOLDER,
    DeadError,
    DyingStore,
    leftovers,
    take_folder,
)


def stored(folder: Path):
    """Return the fragments that lie there, each with what reads it."""
    return {int(path.stem): path.read_bytes for path in folder.glob("*.m4s")}


def test_fragments_that_straddle_an_edge_go_whole_in_all_tracks(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    struck = strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2, 6, 7, 8, 9]
    assert numbers_left(studio.root, ADAS_TAKE, "heard") == [0, 1, 2, 6, 7, 8, 9]
    assert struck.of_take(ADAS_TAKE).numbers == {"microphone": (3, 4, 5), "heard": (3, 4, 5)}
    assert (take_folder(studio.root) / "microphone/init.mp4").exists()


def test_it_goes_from_the_takes_of_everybody(studio):
    """Server time 36 s to 37 s is 1 s to 2 s of Bob's take, and after the end of Ada's."""
    asyncio.run(bring_all(studio, ADAS_TAKE))
    asyncio.run(bring_all(studio, BOBS_TAKE))
    strike(studio.store, CALL_FOLDER, Stretch(SERVER, 36_400_000, 36_600_000))
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert numbers_left(studio.root, BOBS_TAKE) == [0, 2, 3, 4, 5, 6, 7, 8, 9]
    assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2, 6, 7, 8, 9]


def test_a_late_upload_of_it_is_told_that_it_is_gone(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    told = asyncio.run(bring(studio, ADAS_TAKE, "microphone/4", PARTS[5]))
    assert (told.status, told.document["error"]) == (410, "struck")
    assert 4 not in numbers_left(studio.root, ADAS_TAKE)


def test_what_a_server_that_died_left_beside_it_goes_too(studio):
    """Killed after a fragment had its name, and before its draft had lost its own."""
    asyncio.run(bring_all(studio, ADAS_TAKE))
    folder = take_folder(studio.root) / "microphone"
    os.link(folder / "000004.m4s", folder / ".000004.m4s.dead-0.part")
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert leftovers(studio.root) == []


@pytest.mark.parametrize("after", range(9))
def test_a_strike_that_a_dying_server_began_is_ended_without_the_device(either, after):
    """Killed before each of its writes in turn; the first is `struck.json`."""
    film = either.root / CALL_FOLDER / "film"
    film.mkdir(parents=True)
    for take_id in (ADAS_TAKE, BOBS_TAKE):
        asyncio.run(bring_all(either, take_id))
        assert receipt_of(either, take_id)["state"] == "complete"
    with pytest.raises(DeadError):
        strike(DyingStore(either.store, after), CALL_FOLDER, BOTHS_STRETCH)
    either.restarted()
    either.receiver.storage.end_strikes(CALL_FOLDER)
    if after == 0:  # nobody was told that it is struck: the device says it again
        assert not read_struck(either.store, CALL_FOLDER).stretches
        return
    assert not film.exists()
    for take_id, gone in ((ADAS_TAKE, [9]), (BOBS_TAKE, [0])):
        kept = {name: data for name, data in either.kept().items() if take_id in name}
        left = sorted(int(name[-10:-4]) for name in kept if "microphone/0" in name)
        assert left == [number for number in range(10) if number not in gone]
        [manifest] = [json.loads(data) for name, data in kept.items() if "manifest" in name]
        assert [gap["reason"] for gap in manifest["gaps"]] == ["struck"]
        assert not [name for name in kept if "receipt" in name]
        told = receipt_of(either, take_id)
        assert told["struck"] == {"microphone": gone, "heard": gone}
        assert told["state"] == "complete"


def test_a_film_that_cannot_be_removed_keeps_no_strike_from_being_done(studio, monkeypatch):
    def fail(*_given, **_more):
        raise OSError(errno.EIO, "the disk fails")

    film = studio.root / CALL_FOLDER / "film"
    film.mkdir(parents=True)
    asyncio.run(bring_all(studio, ADAS_TAKE))
    with monkeypatch.context() as broken:
        broken.setattr(os, "rmdir", fail)
        with pytest.raises(OSError, match="the disk fails"):
            strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
        assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2, 6, 7, 8, 9]
        assert not film.exists()
        late = fragment_path(CALL_FOLDER / ADA.participant_id / ADAS_TAKE, "microphone", 4)
        studio.store.replace(late, PARTS[5])
        with pytest.raises(OSError, match="the disk fails"):
            studio.receiver.storage.end_strikes(CALL_FOLDER)
        assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 2, 6, 7, 8, 9]
    studio.receiver.storage.end_strikes(CALL_FOLDER)
    assert leftovers(studio.root) == []


def test_a_strike_that_is_ended_leaves_receipts_as_they_are(either):
    asyncio.run(bring_all(either, ADAS_TAKE))
    strike(either.store, CALL_FOLDER, ADAS_STRETCH)
    before = receipt_of(either, ADAS_TAKE)
    kept = either.kept()
    assert [name for name in kept if "receipt" in name]
    either.restarted()
    either.receiver.storage.end_strikes(CALL_FOLDER)
    assert either.kept() == kept
    assert receipt_of(either, ADAS_TAKE) == before


def test_what_a_dying_server_stored_of_it_goes_without_the_device(either):
    """Killed between storing a fragment and looking whether it is struck."""
    asyncio.run(bring_all(either, ADAS_TAKE))
    strike(either.store, CALL_FOLDER, ADAS_STRETCH)
    late = fragment_path(CALL_FOLDER / ADA.participant_id / ADAS_TAKE, "microphone", 4)
    either.store.replace(late, PARTS[5])
    either.restarted()
    either.receiver.storage.end_strikes(CALL_FOLDER)
    assert str(late) not in either.kept()


def test_the_receipt_says_struck_and_the_take_is_complete_without_it(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    told = receipt_of(studio, ADAS_TAKE)
    assert told["struck"] == {"microphone": [3, 4, 5], "heard": [3, 4, 5]}
    assert (told["state"], told["holes"]) == ("complete", [])
    assert json.loads((take_folder(studio.root) / "receipt.json").read_bytes()) == told


def test_a_film_is_told_by_the_manifest(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    [gap] = read_take(take_folder(studio.root)).gaps
    assert gap.reason == "struck"
    assert (gap.interval.start_s, gap.interval.end_s) == (3.499, 5.501)


def test_what_was_struck_before_the_manifest_came_goes_when_it_comes(studio):
    async def story() -> None:
        await bring(studio, ADAS_TAKE, "microphone/4", PARTS[5])
        strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
        assert read_struck(studio.store, CALL_FOLDER).of_take(ADAS_TAKE).n_unplaced == 1
        await bring(studio, ADAS_TAKE, "manifest", json.dumps(manifest(ADAS_TAKE)).encode())
        assert numbers_left(studio.root, ADAS_TAKE) == []
        assert (await bring(studio, ADAS_TAKE, "heard/3", PARTS[4])).status == 410
        assert (await bring(studio, ADAS_TAKE, "heard/2", PARTS[3])).status == 201

    asyncio.run(story())


def test_a_take_on_which_it_cannot_be_found_is_never_complete(studio):
    asyncio.run(bring_all(studio, BOBS_TAKE, beacons=[]))
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    told = receipt_of(studio, BOBS_TAKE)
    assert (told["state"], told["unplaced_strikes"]) == ("incomplete", 1)


def test_the_receipt_of_a_complete_take_goes_where_it_cannot_be_found(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE, beacons=[]))
    receipt = take_folder(studio.root) / "receipt.json"
    assert receipt.exists()
    strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert not receipt.exists()


def test_what_a_device_says_was_struck_goes_from_its_own_take(studio):
    gaps = [{"reason": "struck", "start_us": 7_400_000, "end_us": 7_600_000}]
    asyncio.run(bring_all(studio, ADAS_TAKE, gaps=gaps))
    assert numbers_left(studio.root, ADAS_TAKE) == [0, 1, 3, 4, 5, 6, 7, 8, 9]


def test_striking_again_changes_nothing(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    first = strike(studio.store, CALL_FOLDER, ADAS_STRETCH)
    assert strike(studio.store, CALL_FOLDER, ADAS_STRETCH) == first
    assert len(read_take(take_folder(studio.root)).gaps) == 1


def test_a_fragment_that_no_manifest_lists_tells_its_own_time(tmp_path):
    """The browser died before it could say so; the time stands in the fragment itself."""
    given = make_take(tmp_path / "take", seconds=3, codec="flac", camera=False)
    path = given.folder / "manifest.json"
    document = json.loads(path.read_bytes())
    document["tracks"][0]["fragments"] = document["tracks"][0]["fragments"][:2]
    path.write_text(json.dumps(document))
    (given.folder / "microphone/000077.m4s").write_bytes(b"tells no time")
    take = read_take(given.folder)
    late = Stretch(take.clock_id, take.started_us + 2_000_000, take.started_us + 2_100_000)
    listed = given.take.track("microphone")
    assert listed is not None
    near = {
        each.number
        for each in listed.fragments
        if each.start < 2.35 * 48_000 and each.start + each.duration > 1.75 * 48_000
    }
    assert len(near) >= 2
    assert set(
        numbers_within(take, "microphone", [late], lambda: stored(given.folder / "microphone"))
    ) == {77, *near}


def test_a_round_trip_widens_what_is_struck(tmp_path):
    given = make_take(tmp_path / "take", seconds=1, camera=False)
    readings = [Beacon(None, SERVER, 0, 500_000, 500_000, trip) for trip in (1_000_000, 400_000)]
    take = replace(given.take, beacons=tuple(readings))
    [placed] = on_clock(take, (Stretch(SERVER, 10_000_000, 11_000_000),))
    assert (placed.start_us, placed.end_us) == (9_500_000, 10_900_000)


def test_a_stall_between_two_anchors_strikes_on_both_sides_of_it(tmp_path):
    """Sound of the second after 1 s was captured at 1 s or at 9 s: nobody knows which."""
    given = make_take(tmp_path / "take", seconds=3, camera=False)
    track = given.take.track("microphone")
    assert track is not None
    start_us = given.take.started_us
    anchors = tuple(
        Anchor(second * 48_000, start_us + us)
        for second, us in enumerate((0, 1_000_000, 10_000_000))
    )
    stalled = replace(track, anchors=anchors)
    take = replace(given.take, tracks=(stalled,))
    clock = take.clock_id
    in_doubt = Stretch(clock, start_us + 5_000_000, start_us + 5_100_000)
    found = set(numbers_within(take, "microphone", [in_doubt], dict))
    assert {4, 5} <= found
    assert not found & {0, 1, 8, 9}


@pytest.mark.parametrize("who", [ADA, BOB])
def test_without_a_strike_nothing_is_written(studio, who):
    take_id = ADAS_TAKE if who is ADA else BOBS_TAKE
    asyncio.run(bring_all(studio, take_id))
    assert not (studio.root / CALL_FOLDER / "struck.json").exists()


def test_the_engine_hears_silence_there_and_every_sample_elsewhere(tmp_path):
    root = tmp_path / CALL_FOLDER
    folder = root / ADA.participant_id / ADAS_TAKE
    who = {"call_id": CALL, "participant_id": ADA.participant_id, "take_id": ADAS_TAKE}
    given = make_take(folder, seconds=6, camera=False, **who)
    began_us = given.take.started_us
    strike(
        LocalStore(tmp_path),
        CALL_FOLDER,
        Stretch(ADAS_TAKE, began_us + 2_000_000, began_us + 3_000_000),
    )
    assemble_sound(open_source(folder), "microphone", tmp_path / "sound.pcm")
    heard = np.fromfile(tmp_path / "sound.pcm", dtype="<i2")
    assert not heard[2 * 48_000 : 3 * 48_000].any()
    for kept in (slice(0, 48_000), slice(4 * 48_000, 6 * 48_000)):
        assert np.array_equal(heard[kept], given.sound[kept])
