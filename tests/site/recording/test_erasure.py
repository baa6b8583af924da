"""A participant takes back the whole recording: it is gone, and stays gone."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from contextlib import contextmanager

import pytest

from candid.site.recording.erasure import erase
from candid.site.recording.local_store import LocalStore
from tests.site.recording.call_of_two import bring_all, numbers_left
from tests.site.recording.material import (
    ADA,
    ADAS_TAKE,
    ALL_TAKES,
    AS_ADA,
    BOBS_TAKE,
    CALL,
    CALL_FOLDER,
    Studio,
    address,
    headers_for,
    leftovers,
    manifest_for,
    some_parts,
    take_folder,
)

PARTS = some_parts(3)


@pytest.fixture
def filled(client, studio: Studio):
    """A client of a studio that holds a take of Ada's and one of Bob's."""
    for number, data in zip(("init", 0, 1, 2), PARTS, strict=True):
        client.put(address(f"camera/{number}"), content=data, headers=headers_for(data))
    data = b"what Bob said"
    headers = headers_for(data, "token-of-bob")
    client.put(address("camera/0", BOBS_TAKE), content=data, headers=headers)
    return client


def test_all_takes_are_gone_and_the_receipt_says_what(filled, tmp_path):
    answer = filled.delete(ALL_TAKES, headers=AS_ADA)
    n_bytes = sum(map(len, PARTS[1:]))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "schema": "candid.erased/1.0",
            "call_id": CALL,
            "participant_id": ADA.participant_id,
            "takes": {take_folder(tmp_path).name: {"camera": {"fragments": 3, "bytes": n_bytes}}},
            "heard": {},
        },
    )
    assert not take_folder(tmp_path).parent.exists()
    assert leftovers(tmp_path) == []


def test_nobody_else_loses_anything_of_their_own(filled, tmp_path):
    filled.delete(ALL_TAKES, headers=AS_ADA)
    kept = take_folder(tmp_path, BOBS_TAKE) / "camera/000000.m4s"
    assert kept.read_bytes() == b"what Bob said"


def test_what_arrives_later_is_refused(filled, tmp_path):
    filled.delete(ALL_TAKES, headers=AS_ADA)
    late = filled.put(address("camera/3"), content=b"late", headers=headers_for(b"late"))
    other = filled.put(
        address("camera/0", f"{ADA.participant_id}-00000009"),
        content=b"late",
        headers=headers_for(b"late"),
    )
    manifest = filled.put(address("manifest"), json=manifest_for({"camera": PARTS}), headers=AS_ADA)
    state = filled.get(address(""), headers=AS_ADA)
    answers = [late, other, manifest, state]
    assert [answer.status_code for answer in answers] == [410] * 4
    assert {answer.json()["error"] for answer in answers} == {"erased"}
    assert not take_folder(tmp_path).parent.exists()


def test_asked_again_the_receipt_is_the_same(filled):
    first, again = (filled.delete(ALL_TAKES, headers=AS_ADA) for _ in range(2))
    assert first.json() == again.json()


def test_who_has_sent_nothing_can_erase_it_too(client):
    answer = client.delete(ALL_TAKES, headers=AS_ADA)
    assert (answer.status_code, answer.json()["takes"]) == (200, {})


def test_only_a_valid_token_erases(filled, tmp_path):
    assert filled.delete(ALL_TAKES).status_code == 401
    assert filled.get(ALL_TAKES, headers=AS_ADA).headers["allow"] == "DELETE"
    assert take_folder(tmp_path).exists()


def test_an_upload_that_is_under_way_goes_too(studio, tmp_path):
    """It begins before and ends after: nothing of it stays."""
    data = bytes(1_000_000)
    half = asyncio.Event()

    async def upload(receive):
        sent = []
        headers = {**headers_for(data), "content-length": str(len(data))}
        scope = {
            "type": "http",
            "method": "PUT",
            "path": address("camera/0"),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

        async def send(message) -> None:
            sent.append(message)

        await studio.receiver(scope, receive, send)
        return sent[0]["status"]

    async def story():
        erased = asyncio.Event()

        async def receive():
            if not half.is_set():
                half.set()
                return {"type": "http.request", "body": data[:600_000], "more_body": True}
            await erased.wait()
            return {"type": "http.request", "body": data[600_000:], "more_body": False}

        sending = asyncio.create_task(upload(receive))
        await half.wait()
        told = await studio.ask("DELETE", ALL_TAKES, headers=AS_ADA)
        assert told is not None
        assert told.status == 200
        erased.set()
        return await sending

    assert asyncio.run(story()) in (410, 503)
    assert list(tmp_path.rglob("*.m4s")) == []
    assert leftovers(tmp_path) == []


def test_a_manifest_that_is_under_way_goes_too(tmp_path):
    """It is looked at before, and written after."""

    class Late(LocalStore):
        def hold(self, folder):
            erase(LocalStore(self.root), ADA.folder)
            return super().hold(folder)

    studio = Studio(tmp_path, open_store=Late)
    body = json.dumps(manifest_for({"camera": PARTS})).encode()
    told = asyncio.run(studio.ask("PUT", address("manifest"), body=body, headers=AS_ADA))
    assert (told.status, told.document["error"]) == (410, "erased")
    assert not take_folder(tmp_path).parent.exists()


def test_a_fragment_that_is_let_in_before_leaves_no_folder_behind(tmp_path):
    """It makes its folder anew, and is told that it is gone."""

    class Late(LocalStore):
        def free_bytes(self):
            erase(LocalStore(self.root), ADA.folder)
            return super().free_bytes()

    studio = Studio(tmp_path, open_store=Late)
    put = studio.ask("PUT", address("camera/0"), body=PARTS[1], headers=headers_for(PARTS[1]))
    told = asyncio.run(put)
    assert (told.status, told.document["error"]) == (410, "erased")
    assert not take_folder(tmp_path).parent.exists()
    assert leftovers(tmp_path) == []


def test_what_a_server_that_died_had_stored_of_it_goes_when_the_client_comes_again(either):
    """A server that is killed between storing a fragment and looking whether it is erased."""
    asyncio.run(either.ask("DELETE", ALL_TAKES, headers=AS_ADA))
    either.store.replace(ADA.folder / ADAS_TAKE / "camera/000000.m4s", PARTS[1])
    late = either.ask("PUT", address("camera/0"), body=PARTS[1], headers=headers_for(PARTS[1]))
    assert asyncio.run(late).status == 410
    assert [name for name in either.kept() if ADA.participant_id in name] == []


@contextmanager
def no_folder_goes(monkeypatch):
    """Let the disk fail wherever a folder is to be removed."""

    def fail(*_given, **_more):
        raise OSError(errno.EIO, "the disk fails")

    with monkeypatch.context() as broken:
        broken.setattr(os, "rmdir", fail)
        yield


def test_what_cannot_be_removed_is_never_said_to_be_gone(studio, tmp_path, monkeypatch):
    data = b"what Ada said"
    put = studio.ask("PUT", address("camera/0"), body=data, headers=headers_for(data))
    assert asyncio.run(put).status == 201

    with no_folder_goes(monkeypatch):
        told = asyncio.run(studio.ask("DELETE", ALL_TAKES, headers=AS_ADA))
    assert told.status == 503
    assert asyncio.run(studio.ask("DELETE", ALL_TAKES, headers=AS_ADA)).status == 200
    assert not take_folder(tmp_path).parent.exists()
    assert leftovers(tmp_path) == []


def test_a_film_that_cannot_be_removed_leaves_no_voice_in_what_the_others_heard(
    studio, tmp_path, monkeypatch
):
    asyncio.run(bring_all(studio, BOBS_TAKE))
    (tmp_path / CALL_FOLDER / "film").mkdir()
    assert numbers_left(tmp_path, BOBS_TAKE, "heard")

    with no_folder_goes(monkeypatch):
        told = asyncio.run(studio.ask("DELETE", ALL_TAKES, headers=AS_ADA))
    assert told.status == 503
    assert numbers_left(tmp_path, BOBS_TAKE, "heard") == []
    assert asyncio.run(studio.ask("DELETE", ALL_TAKES, headers=AS_ADA)).status == 200
    assert leftovers(tmp_path) == []


def test_a_film_that_a_server_had_only_put_out_of_the_way_goes_too(either):
    """Killed between the two, it never comes back to its place."""
    left = either.root / CALL_FOLDER / ".film.0.part"
    left.mkdir(parents=True)
    (left / "film.mp4").write_bytes(b"what Ada said")
    assert asyncio.run(either.ask("DELETE", ALL_TAKES, headers=AS_ADA)).status == 200
    assert not left.exists()
