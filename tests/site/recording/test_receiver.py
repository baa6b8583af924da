"""What the receiver answers over the network, and what lies on the disk afterwards."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from candid.engine.recording.fragments import inspect_track
from candid.engine.recording.source import open_source
from tests.engine.recording.material import make_take
from tests.site.recording.material import (
    ADA,
    ADAS_TAKE,
    AS_ADA,
    BOBS_TAKE,
    CALL,
    LIMITS,
    Studio,
    address,
    headers_for,
    leftovers,
    manifest_for,
    serving,
    some_parts,
    take_folder,
    with_limits,
)

DATA = b"two seconds of lossless sound" * 20_000


def put(client: httpx.Client, data: bytes = DATA, what: str = "microphone/0", **more: str):
    path = address(what, more.pop("take_id", ADAS_TAKE))
    return client.put(path, content=data, headers=headers_for(data) | more)


def put_manifest(client: httpx.Client, document: object):
    return client.put(address("manifest"), content=json.dumps(document), headers=AS_ADA)


def state_of(client: httpx.Client):
    return client.get(address(""), headers=AS_ADA).json()


def stored_files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_a_fragment_lies_where_the_engine_looks_for_it(client, tmp_path):
    answer = put(client)
    assert answer.status_code == 201
    assert (take_folder(tmp_path) / "microphone/000000.m4s").read_bytes() == DATA
    assert leftovers(tmp_path) == []


def test_a_fragment_that_fits_into_a_block_takes_one_thread_once(tmp_path):
    studio, small = Studio(tmp_path), b"two seconds of what is heard"
    taken: list[object] = []

    class Counting(ThreadPoolExecutor):
        def submit(self, work, /, *arguments, **more):
            taken.append(work)
            return super().submit(work, *arguments, **more)

    with Counting(1) as pool:
        studio.receiver = replace(studio.receiver, pool=pool)
        sent = studio.ask("PUT", address("heard/0"), body=small, headers=headers_for(small))
        assert asyncio.run(sent).status == 201
    assert len(taken) == 1


def test_the_init_segment_has_its_own_address(client, tmp_path):
    assert put(client, what="camera/init").status_code == 201
    assert (take_folder(tmp_path) / "camera/init.mp4").read_bytes() == DATA


def test_the_same_fragment_again_is_fine(client):
    assert [put(client).status_code for _ in range(3)] == [201, 200, 200]


def test_other_content_under_one_number_is_refused_and_the_first_stays(client, tmp_path):
    put(client)
    assert put(client, b"something else").status_code == 409
    assert (take_folder(tmp_path) / "microphone/000000.m4s").read_bytes() == DATA
    assert leftovers(tmp_path) == []


def test_bytes_with_another_hash_leave_nothing(client, tmp_path):
    answer = put(client, **{"content-digest": headers_for(b"other")["content-digest"]})
    assert (answer.status_code, answer.json()["error"]) == (422, "hash")
    assert stored_files(tmp_path) == []


@pytest.mark.parametrize("digest", ["", "sha-256=abc", "sha-512=:YQ==:", "sha-256=:YQ==:"])
def test_a_fragment_without_its_hash_is_refused(client, digest):
    answer = put(client, **{"content-digest": digest})
    assert (answer.status_code, answer.json()["error"]) == (400, "digest")


def test_an_empty_fragment_is_refused(client, tmp_path):
    assert put(client, b"").status_code == 422
    assert stored_files(tmp_path) == []


def test_numbers_out_of_order_are_fine(client):
    for number in (3, 0, 2):
        put(client, what=f"heard/{number}")
    held = state_of(client)["tracks"]["heard"]
    assert held == {"init": False, "numbers": [[0, 0], [2, 3]], "bytes": 3 * len(DATA)}


@pytest.mark.parametrize("declared", [True, False])
def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path, declared):
    studio = with_limits(tmp_path, fragment_bytes=300_000, block_bytes=1000)
    with serving(studio) as client:
        content = DATA if declared else iter([DATA[:200_000], DATA[200_000:]])
        answer = client.put(address("microphone/0"), content=content, headers=headers_for(DATA))
    assert (answer.status_code, answer.json()["error"]) == (413, "size")
    assert stored_files(tmp_path) == []


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer forged", "Basic token-of-ada"])
def test_without_a_valid_token_nothing_is_told_or_taken(client, tmp_path, token):
    answers = [
        put(client, authorization=token),
        client.get(address(""), headers={"authorization": token}),
        client.get(address("receipt"), headers={"authorization": token}),
        client.put(address("manifest"), content="{}", headers={"authorization": token}),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert stored_files(tmp_path) == []


def test_a_token_opens_the_takes_of_its_own_participant_alone(client, tmp_path):
    answers = [
        put(client, take_id=BOBS_TAKE),
        client.get(address("", BOBS_TAKE), headers=AS_ADA),
        client.get(address("receipt", BOBS_TAKE), headers=AS_ADA),
        client.put(address("manifest", BOBS_TAKE), content="{}", headers=AS_ADA),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert stored_files(tmp_path) == []


def test_a_revoked_link_takes_nothing_more_and_loses_nothing(client, studio):
    put(client)
    del studio.tokens["token-of-ada"]
    assert put(client, what="microphone/1").status_code == 401
    studio.tokens["token-of-ada"] = ADA
    assert state_of(client)["tracks"]["microphone"]["numbers"] == [[0, 0]]


@pytest.mark.parametrize(
    "path",
    [
        "/ingest/takes/",
        address("microphone/0") + "/",
        address("microphone/00"),
        address("microphone/-1"),
        address("microphone/1000000"),
        address("microphone/١"),
        address("screen/0"),
        address("microphone"),
        address("../x"),
        address("microphone/..%2F..%2Fmanifest"),
        address("", f"{ADA.participant_id}-0000000"),
        address("", "../../../etc/passwd"),
        address("", f"{ADA.participant_id}-0000000%0A"),
    ],
)
def test_no_address_leads_out_of_the_take(client, tmp_path, path):
    answer = client.put(path, content=DATA, headers=headers_for(DATA))
    assert answer.status_code in (404, 405)
    assert stored_files(tmp_path) == []


def test_what_cannot_be_done_at_an_address_is_said(client):
    answer = client.request("DELETE", address("microphone/0"), headers=AS_ADA)
    assert (answer.status_code, answer.headers["allow"]) == (405, "PUT")
    assert client.post(address(""), headers=AS_ADA).headers["allow"] == "GET"


def test_more_than_the_rate_allows_has_to_wait(tmp_path):
    with serving(with_limits(tmp_path, request_burst=2, requests_per_s=0.01)) as client:
        answers = [put(client, what=f"heard/{number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 100


@pytest.mark.parametrize(
    ("limit", "what", "reason"),
    [
        ({"bytes_per_participant": len(DATA) + 10}, "microphone/1", "bytes"),
        ({"fragments_per_track": 5}, "microphone/5", "fragments"),
    ],
)
def test_a_participant_can_send_so_much_and_no_more(tmp_path, limit, what, reason):
    studio = with_limits(tmp_path, **limit)
    with serving(studio) as client:
        assert put(client).status_code == 201
        answer = put(client, what=what)
        assert (answer.status_code, answer.json()["error"]) == (413, reason)
        assert put(client).status_code == (413 if reason == "bytes" else 200)


def test_a_participant_can_begin_so_many_takes_and_no_more(tmp_path):
    studio = with_limits(tmp_path, takes_per_participant=2)
    takes = [f"{ADA.participant_id}-0000000{number}" for number in range(3)]
    with serving(studio) as client:
        answers = [put(client, take_id=take_id) for take_id in takes]
        manifest = client.put(address("manifest", takes[2]), content="{}", headers=AS_ADA)
    assert [answer.status_code for answer in answers] == [201, 201, 413]
    assert manifest.json()["error"] == "takes"


def test_a_manifest_that_is_refused_begins_no_take(tmp_path):
    studio = with_limits(tmp_path, takes_per_participant=2)
    takes = [f"{ADA.participant_id}-0000000{number}" for number in range(4)]
    with serving(studio) as client:
        for take_id in takes:
            told = client.put(address("manifest", take_id), content="{}", headers=AS_ADA)
            assert told.status_code == 422
        answers = [put(client, take_id=take_id) for take_id in takes]
    assert [answer.status_code for answer in answers] == [201, 201, 413, 413]


def test_what_tells_no_length_is_counted_by_the_rate_too(tmp_path):
    studio = with_limits(tmp_path, byte_burst=LIMITS.fragment_bytes - 1e6, bytes_per_s=1)
    with serving(studio) as client:
        answers = [
            client.put(
                address(f"heard/{number}"), content=iter([DATA]), headers=headers_for(DATA)
            ).status_code
            for number in range(2)
        ]
    assert answers == [201, 429]


def test_an_upload_that_is_torn_off_leaves_nothing(client, studio, tmp_path):
    """The first block is on the disk when the connection breaks."""
    port = client.base_url.port
    head = (
        f"PUT {address('camera/7')} HTTP/1.1\r\nHost: here\r\nContent-Length: 2000000\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in headers_for(DATA).items())
    )
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + b"\r\n" + bytes(1_000_000))
        until(lambda: leftovers(tmp_path) != [])
    until(lambda: leftovers(tmp_path) == [])
    assert stored_files(tmp_path) == []


def until(is_so) -> None:
    """Wait for what another thread does to the disk, which tells nobody."""
    ends_s = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends_s
        time.sleep(0.01)


def test_complete_is_said_once_all_that_the_manifest_names_is_there(client, tmp_path):
    parts = some_parts(3)
    assert put_manifest(client, manifest_for({"microphone": parts})).status_code == 201
    for what, data in zip(("init", 0, 1, 2), parts, strict=True):
        assert state_of(client)["state"] == "incomplete"
        put(client, data, f"microphone/{what}")
    assert state_of(client) == {
        "state": "complete",
        "tracks": {
            "microphone": {
                "init": True,
                "numbers": [[0, 2]],
                "bytes": sum(map(len, parts)),
            }
        },
        "holes": [],
        "struck": {},
    }
    receipt = json.loads((take_folder(tmp_path) / "receipt.json").read_bytes())
    assert receipt == client.get(address("receipt"), headers=AS_ADA).json()
    assert receipt["state"] == "complete"


def test_while_the_browser_records_nothing_is_complete(client):
    parts = some_parts(1)
    for what, data in zip(("init", 0), parts, strict=True):
        put(client, data, f"microphone/{what}")
    assert state_of(client)["state"] == "recording"
    put_manifest(client, manifest_for({"microphone": parts}, state="recording"))
    assert state_of(client)["state"] == "recording"
    put_manifest(client, manifest_for({"microphone": parts}, state="interrupted"))
    assert state_of(client)["state"] == "complete"


def test_the_receipt_tells_every_fragment_and_every_hole(client):
    parts = some_parts(4)
    put_manifest(client, manifest_for({"microphone": parts}))
    put(client, parts[1], "microphone/0")
    put(client, b"not what the manifest names", "microphone/2")
    put(client, parts[4], "microphone/3")
    receipt = client.get(address("receipt"), headers=AS_ADA).json()
    assert (receipt["call_id"], receipt["participant_id"]) == (CALL, ADA.participant_id)
    assert (receipt["take_id"], receipt["state"]) == (ADAS_TAKE, "incomplete")
    told = receipt["tracks"]["microphone"]
    listed = manifest_for({"microphone": parts})["tracks"][0]["fragments"]
    assert told["init"] is None
    assert [each["number"] for each in told["fragments"]] == [0, 2, 3]
    assert told["fragments"][2]["sha256"] == listed[3]["sha256"]
    mine = {"track": "microphone"}
    assert receipt["holes"] == [
        {**mine, "number": "init", "reason": "missing", "start_s": None, "duration_s": None},
        {**mine, "number": 1, "reason": "missing", "start_s": 1.0, "duration_s": 1.0},
        {**mine, "number": 2, "reason": "changed", "start_s": 2.0, "duration_s": 1.0},
    ]


def test_holes_are_told_before_any_manifest_has_come(client):
    put(client, what="camera/init")
    put(client, what="camera/2")
    holes = state_of(client)["holes"]
    assert [(hole["number"], hole["start_s"]) for hole in holes] == [(0, None), (1, None)]


def test_what_stands_in_no_manifest_is_told_apart(client):
    """As of a device that died: its last pieces came, and its last manifest never did."""
    parts = some_parts(4)

    def unlisted():
        return client.get(address("receipt"), headers=AS_ADA).json()["unlisted"]

    for what, data in zip(("init", 0, 1, 2, 3), parts, strict=True):
        put(client, data, f"microphone/{what}")
    assert unlisted() == {"microphone": [0, 1, 2, 3]}
    put_manifest(client, manifest_for({"microphone": parts[:3]}, state="recording"))
    assert unlisted() == {"microphone": [2, 3]}
    put_manifest(client, manifest_for({"microphone": parts}))
    assert unlisted() == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"call_id": "x" * 16},
        {"participant_id": "x" * 16},
        {"take_id": BOBS_TAKE},
        {"state": "done"},
        {"tracks": [{"kind": "screen"}]},
        {"schema": "candid.take/2.0"},
    ],
)
def test_a_manifest_that_the_engine_would_not_read_here_is_refused(client, tmp_path, changed):
    answer = put_manifest(client, manifest_for({"microphone": some_parts(1)}, **changed))
    assert (answer.status_code, answer.json()["error"]) == (422, "manifest")
    assert stored_files(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 200_000, b"\xff\xfe", b"1e999", b'{"schema": 3}', b"9" * 9000]
)
def test_a_manifest_that_is_none_is_refused(client, tmp_path, content):
    answer = client.put(address("manifest"), content=content, headers=AS_ADA)
    assert answer.status_code == 422
    assert stored_files(tmp_path) == []
    assert leftovers(tmp_path) == []


def test_a_manifest_torn_on_its_way_is_found_by_its_hash(client, tmp_path):
    data = json.dumps(manifest_for({"microphone": some_parts(1)})).encode()
    sent = {**headers_for(b"another")}
    assert client.put(address("manifest"), content=data, headers=sent).status_code == 422
    assert client.put(address("manifest"), content=data, headers=headers_for(data)).is_success


def test_an_older_manifest_never_replaces_a_newer_one(client, tmp_path):
    parts = some_parts(3)
    early = manifest_for({"microphone": parts[:2]}, state="recording")
    late = manifest_for({"microphone": parts})
    answers = [put_manifest(client, each) for each in (early, late, early, late)]
    assert [answer.status_code for answer in answers] == [201, 201, 409, 200]
    assert put_manifest(client, {**late, "state": "recording"}).status_code == 409
    assert json.loads((take_folder(tmp_path) / "manifest.json").read_bytes()) == late


def test_a_manifest_has_its_limits(tmp_path):
    studio = with_limits(tmp_path, manifest_bytes=5000, fragments_per_track=3)
    with serving(studio) as client:
        many = put_manifest(client, manifest_for({"microphone": some_parts(4)}))
        large = client.put(address("manifest"), content=b" " * 5001, headers=AS_ADA)
    assert (many.status_code, large.status_code) == (422, 413)


def test_a_take_arrives_as_it_was_written_and_the_engine_reads_it(client, tmp_path):
    who = {"call_id": CALL, "participant_id": ADA.participant_id, "take_id": ADAS_TAKE}
    given = make_take(tmp_path / "browser", seconds=3, **who)
    for path in sorted(given.folder.rglob("*.m*"), reverse=True):
        number = "init" if path.name == "init.mp4" else int(path.stem)
        assert put(client, path.read_bytes(), f"{path.parent.name}/{number}").status_code == 201
    manifest = given.folder / "manifest.json"
    client.put(address("manifest"), content=manifest.read_bytes(), headers=AS_ADA)
    assert state_of(client)["state"] == "complete"

    arrived = take_folder(tmp_path)
    assert tree(arrived) == tree(given.folder) | {"receipt.json": b""}
    source = open_source(arrived)
    assert source.kinds == ("microphone", "heard", "camera")
    flaws = [inspect_track(source.take, track).flaws for track in source.take.tracks]
    assert flaws == [(), (), ()]


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file and its bytes; a receipt's name alone."""
    return {
        str(path.relative_to(folder)): b"" if path.name == "receipt.json" else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
