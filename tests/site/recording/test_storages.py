"""What the two storages, the folder and the bucket, have to do alike."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from candid.site.recording.places import Address
from candid.site.recording.storage import TakeStorage
from candid.site.recording.strikes import strike
from tests.site.recording.bucket import BucketServer, filling
from tests.site.recording.call_of_two import (
    ADAS_STRETCH,
    PARTS,
    beacons,
    bring,
    bring_all,
    manifest,
    receipt_of,
)
from tests.site.recording.conftest import studio_in_bucket
from tests.site.recording.material import (
    ADA,
    ADAS_TAKE,
    ALL_TAKES,
    AS_ADA,
    BOBS_TAKE,
    CALL,
    CALL_FOLDER,
    LIMITS,
    DeadError,
    DyingStore,
    ServerProcess,
    Studio,
    address,
    headers_for,
    manifest_for,
    some_parts,
)
from tests.site.recording.test_disk import fragment, send_until_killed
from tests.site.recording.test_mixtures import run_mixture

MANIFEST = ADA.folder / ADAS_TAKE / "manifest.json"
BEACONS = beacons(ADAS_TAKE)
CAMERA = f"calls/{CALL}/{ADA.participant_id}/{ADAS_TAKE}/camera"
DATA = b"two seconds of lossless sound" * 40_000
BUCKET_SEEDS = 25


def put(studio: Studio, what: str, data: bytes = DATA, **changed):
    given = {"headers": headers_for(data), "body": data, **changed}
    return studio.ask("PUT", address(what), **given)


def told(studio: Studio, *asked) -> list[int | None]:
    """Ask one after another and return the status of each."""

    async def story():
        answers = [await each() for each in asked]
        return [answer and answer.status for answer in answers]

    return asyncio.run(story())


def test_what_is_acknowledged_is_kept_under_its_name(either):
    assert told(either, lambda: put(either, "camera/init"), lambda: put(either, "camera/7")) == [
        201,
        201,
    ]
    assert either.kept() == {f"{CAMERA}/init.mp4": DATA, f"{CAMERA}/000007.m4s": DATA}


def test_the_same_again_is_well_and_other_content_is_refused(either):
    answers = told(
        either,
        lambda: put(either, "camera/0"),
        lambda: put(either, "camera/0"),
        lambda: put(either, "camera/0", b"something else"),
    )
    assert answers == [201, 200, 409]
    assert either.kept() == {f"{CAMERA}/000000.m4s": DATA}


def test_the_same_again_is_well_after_a_restart(either):
    told(either, lambda: put(either, "camera/0"))
    either.restarted()
    assert told(
        either, lambda: put(either, "camera/0"), lambda: put(either, "camera/0", b"else")
    ) == [200, 409]


@pytest.mark.parametrize("seed", range(4))
def test_of_two_contents_at_the_same_time_one_is_kept(either, seed):
    contents = [hashlib.sha256(bytes([seed, at])).digest() * 20_000 for at in range(4)]

    async def story():
        return await asyncio.gather(*(put(either, "camera/0", data) for data in contents))

    answers = [answer.status for answer in asyncio.run(story())]
    assert sorted(answers) == [201, 409, 409, 409]
    assert either.kept() == {f"{CAMERA}/000000.m4s": contents[answers.index(201)]}


def test_what_is_torn_wrong_empty_or_a_strangers_leaves_nothing(either):
    torn = {"tear_at": 700_000}
    bobs = {"headers": headers_for(DATA, "token-of-bob")}
    wrong = {"headers": headers_for(b"other")}
    answers = told(
        either,
        lambda: put(either, "camera/0", **torn),
        lambda: put(either, "camera/1", **bobs),
        lambda: put(either, "camera/2", **wrong),
        lambda: put(either, "camera/3", b""),
    )
    assert answers == [None, 403, 422, 422]
    assert either.kept() == {}


def test_complete_is_said_and_a_receipt_is_kept_once_all_is_there(either):
    parts = some_parts(2)
    body = json.dumps(manifest_for({"camera": parts})).encode()
    put_manifest = lambda: either.ask("PUT", address("manifest"), body=body, headers=AS_ADA)  # noqa: E731
    told(either, put_manifest, *(bringing(either, f"camera/{n}", parts[n + 1]) for n in (1, 0)))
    assert either.document("GET", address(""))["state"] == "incomplete"
    told(either, bringing(either, "camera/init", parts[0]))
    either.restarted()
    receipt = either.document("GET", address("receipt"))
    assert receipt["state"] == "complete"
    assert [each["sha256"] for each in receipt["tracks"]["camera"]["fragments"]] == [
        hashlib.sha256(part).hexdigest() for part in parts[1:]
    ]
    kept = either.kept()
    assert json.loads(kept[f"{CAMERA.removesuffix('/camera')}/receipt.json"]) == receipt
    assert kept[f"{CAMERA.removesuffix('/camera')}/manifest.json"] == body


@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_comes_after_a_receipt_stands_in_the_next_one(either, is_restarted):
    """As a piece that was on its way when the take was ended, and that its manifest leaves out."""
    parts = some_parts(2)
    names = ("init", 0, 1)
    told(either, *(bringing(either, f"camera/{n}", parts[at]) for at, n in enumerate(names)))
    body = json.dumps(manifest_for({"camera": parts})).encode()
    told(either, lambda: either.ask("PUT", address("manifest"), body=body, headers=AS_ADA))
    key = f"{CAMERA.removesuffix('/camera')}/receipt.json"
    assert json.loads(either.kept()[key])["unlisted"] == {}
    if is_restarted:
        either.restarted()
    told(either, bringing(either, "camera/2", DATA))
    receipt = json.loads(either.kept()[key])
    assert (receipt["state"], receipt["unlisted"]) == ("complete", {"camera": [2]})


def bringing(studio: Studio, what: str, data: bytes):
    return lambda: put(studio, what, data)


def test_an_older_manifest_never_replaces_a_newer_one(either):
    parts = some_parts(3)
    early = json.dumps(manifest_for({"camera": parts[:2]}, state="recording")).encode()
    late = json.dumps(manifest_for({"camera": parts})).encode()
    send = [
        lambda body=body: either.ask("PUT", address("manifest"), body=body, headers=AS_ADA)
        for body in (early, late, early, late)
    ]
    assert told(either, *send) == [201, 201, 409, 200]


@pytest.mark.parametrize("after", range(3))
def test_a_receipt_is_of_the_manifest_that_lies_there_whenever_the_server_dies(either, after):
    gaps = [{"reason": "stalled", "start_us": 6_000_000, "end_us": 6_500_000}]
    newer = json.dumps(manifest(ADAS_TAKE, gaps=gaps)).encode()
    asyncio.run(bring_all(either, ADAS_TAKE))
    dying = TakeStorage(DyingStore(either.store, after), LIMITS)
    with suppress(DeadError):
        dying.put_manifest(ADA, Address(ADAS_TAKE, "manifest"), newer)
    either.restarted()
    assert asyncio.run(bring(either, ADAS_TAKE, "manifest", newer)).status in (200, 201)
    assert receipt_of(either, ADAS_TAKE)["stalled"] != []


def test_what_is_struck_goes_from_all_takes_and_stays_away(either):
    async def story():
        await bring_all(either, ADAS_TAKE)
        await bring_all(either, BOBS_TAKE)
        strike(either.store, CALL_FOLDER, ADAS_STRETCH)
        return await bring(either, ADAS_TAKE, "microphone/4", PARTS[5])

    assert asyncio.run(story()).status == 410
    kept = either.kept()
    left = sorted(int(name[-10:-4]) for name in kept if ADAS_TAKE in name and "heard/0" in name)
    assert left == [0, 1, 2, 6, 7, 8, 9]
    receipt = either.document("GET", address("receipt"))
    assert receipt["struck"] == {"microphone": [3, 4, 5], "heard": [3, 4, 5]}
    assert (receipt["state"], receipt["holes"]) == ("complete", [])


def test_what_was_struck_before_the_manifest_came_goes_when_it_comes(either):
    async def story():
        await bring(either, ADAS_TAKE, "microphone/4", PARTS[5])
        strike(either.store, CALL_FOLDER, ADAS_STRETCH)
        document = json.dumps(manifest(ADAS_TAKE)).encode()
        return await bring(either, ADAS_TAKE, "manifest", document)

    assert asyncio.run(story()).status == 201
    assert not [name for name in either.kept() if name.endswith(".m4s")]


def test_a_strike_beside_a_newer_manifest_leaves_the_newer_one(either, monkeypatch):
    """The newer one comes when the strike has read the older one and not written it yet."""
    early = dict.fromkeys(("microphone", "heard"), PARTS[:9])
    body = json.dumps(manifest(ADAS_TAKE)).encode()
    replace, hold = type(either.store).replace, type(either.store).hold
    answers, is_answered_or_waits = [], threading.Event()

    def bring_newer():
        answers.append(asyncio.run(bring(either, ADAS_TAKE, "manifest", body)).status)
        is_answered_or_waits.set()

    newer = threading.Thread(target=bring_newer)

    def replace_late(store, key, data):
        if b"struck" in data and key.name == "manifest.json" and not newer.ident:
            newer.start()
            assert is_answered_or_waits.wait(60)
        replace(store, key, data)

    def hold_told(store, folder):
        if newer.ident and folder == CALL_FOLDER:
            is_answered_or_waits.set()
        return hold(store, folder)

    asyncio.run(bring_all(either, ADAS_TAKE))
    either.store.replace(MANIFEST, json.dumps(manifest_for(early, beacons=BEACONS)).encode())
    monkeypatch.setattr(type(either.store), "replace", replace_late)
    monkeypatch.setattr(type(either.store), "hold", hold_told)
    strike(either.store, CALL_FOLDER, ADAS_STRETCH)
    newer.join()
    assert answers == [201]
    [track, _heard] = json.loads(either.store.read(MANIFEST))["tracks"]
    assert len(track["fragments"]) == 10
    assert either.document("GET", address("receipt"))["state"] == "complete"


def test_what_is_erased_is_gone_and_stays_gone_and_nobody_else_loses_their_own(either):
    async def story():
        await bring_all(either, ADAS_TAKE)
        await bring_all(either, BOBS_TAKE)
        before = either.kept()
        told = await either.ask("DELETE", ALL_TAKES, headers=AS_ADA)
        late = await bring(either, ADAS_TAKE, "camera/0", DATA)
        return before, told, late

    before, erased, late = asyncio.run(story())
    n_bytes = sum(map(len, PARTS[1:]))
    track = {"fragments": 10, "bytes": n_bytes}
    assert erased.document["takes"] == {ADAS_TAKE: {"microphone": track, "heard": track}}
    assert (late.status, late.document["error"]) == (410, "erased")
    kept = either.kept()
    assert not [name for name in kept if ADA.participant_id in name]
    assert {name for name in kept if BOBS_TAKE in name} == {
        name for name in before if BOBS_TAKE in name and "/heard/" not in name
    }


def test_a_take_is_limited_in_both(either):
    object.__setattr__(either.receiver.storage.limits, "takes_per_participant", 200)
    answers = told(either, lambda: put(either, "camera/100000"))
    assert answers == [413]


@pytest.mark.xdist_group("bucket")
@pytest.mark.parametrize("seed", range(BUCKET_SEEDS))
def test_in_a_bucket_too_every_hole_of_a_mixture_is_told(bucket_server, seed, tmp_path):
    asyncio.run(run_mixture(studio_in_bucket(bucket_server, tmp_path), seed))


@pytest.mark.xdist_group("bucket")
def test_while_the_bucket_is_away_the_client_is_told_to_wait_and_then_all_arrives(
    bucket_server, tmp_path
):
    nobody = BucketServer("http://127.0.0.1:9")
    where = bucket_server.fresh_address()
    studio = Studio(tmp_path, open_store=lambda local: nobody.open(where, local))
    refused = asyncio.run(put(studio, "camera/0"))
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    studio.open_store = lambda local: bucket_server.open(where, local)
    studio.restarted()
    assert told(studio, lambda: put(studio, "camera/0")) == [201]


@pytest.mark.xdist_group("bucket")
@pytest.mark.parametrize(
    ("says", "status", "reason"),
    [
        ((507, ""), 507, "disk_full"),
        ((507, "XMinioStorageFull"), 507, "disk_full"),
        ((400, "XMinioAdminBucketQuotaExceeded"), 507, "disk_full"),
        ((403, "QuotaExceeded"), 507, "disk_full"),
        ((403, "InsufficientStorageSpace"), 507, "disk_full"),
        ((403, "AccessDenied"), 503, "storage"),
        ((500, "InternalError"), 503, "storage"),
    ],
)
def test_while_the_bucket_is_full_the_client_is_told_so_and_then_all_arrives(
    bucket_server, tmp_path, says, status, reason
):
    with filling(bucket_server) as full:
        where = full.server.fresh_address()
        studio = Studio(tmp_path, open_store=lambda local: full.server.open(where, local))
        assert told(studio, bringing(studio, "camera/0", DATA)) == [201]
        full.says = says
        body = json.dumps(manifest_for({"camera": some_parts(1)})).encode()
        asked = [
            put(studio, "camera/1"),
            studio.ask("PUT", address("manifest"), body=body, headers=AS_ADA),
        ]
        for each in asked:
            answer = asyncio.run(each)
            assert (answer.status, answer.document["error"]) == (status, reason)
            assert answer.headers["retry-after"] == ("30" if status == 507 else "10")
        assert list(studio.kept()) == [f"{CAMERA}/000000.m4s"]
        full.says = None
        both = [bringing(studio, f"camera/{number}", DATA) for number in (0, 1)]
        assert told(studio, *both) == [200, 201]


@pytest.mark.xdist_group("bucket")
def test_a_bucket_is_asked_once_for_all_that_goes(bucket_server, tmp_path):
    """More than one request of S3 may name; those that are not there are well."""
    keys = [Path(CAMERA) / f"{number:06d}.m4s" for number in range(1100)]
    with filling(bucket_server) as full:
        store = full.server.open(full.server.fresh_address(), tmp_path)
        for key in (keys[0], keys[500], keys[1099]):
            store.replace(key, DATA)
        full.asked.clear()
        store.remove(keys)
        assert dict(full.asked) == {"POST": 2}
        store.remove([])
        assert store.files(Path("calls")) == []


@pytest.mark.xdist_group("bucket")
def test_what_a_killed_server_acknowledged_lies_in_the_bucket(bucket_server, tmp_path):
    where = bucket_server.fresh_address()
    server = ServerProcess(tmp_path, where, bucket_server.environment)
    try:
        acknowledged = asyncio.run(send_until_killed(server, kill_after=10))
        store = bucket_server.open(where, tmp_path)
        for number in acknowledged:
            key = Path(CAMERA) / f"{number:06d}.m4s"
            assert store.read(key) == fragment(number)
        server.restart()
        with httpx.Client(base_url=server.url, timeout=60) as client:
            answers = {
                number: client.put(
                    address(f"camera/{number}"),
                    content=fragment(number),
                    headers=headers_for(fragment(number)),
                ).status_code
                for number in range(60)
            }
    finally:
        server.kill()
    assert {answers[number] for number in acknowledged} == {200}
    assert set(answers.values()) <= {200, 201}
    assert len(store.files(Path(CAMERA))) == 60
