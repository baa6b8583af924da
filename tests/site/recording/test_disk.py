"""A server that is killed, and a disk that is full: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath

import httpx
import pytest

from candid.site.recording import local_store
from candid.site.recording.drafts import Draft, sweep
from candid.site.recording.local_store import LocalStore
from tests.site.recording.material import (
    ADAS_TAKE,
    AS_ADA,
    ServerProcess,
    Studio,
    address,
    headers_for,
    leftovers,
    serving,
    take_folder,
    with_limits,
)

SIZE = 500_000


def fragment(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest() * (SIZE // 32)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path)
    yield process
    process.kill()


async def send_until_killed(server: ServerProcess, *, kill_after: int) -> set[int]:
    """Send 60 fragments through 8 clients; kill the server in the middle of them.

    Returns the numbers that were acknowledged.
    """
    acknowledged: set[int] = set()
    waiting = list(range(60))

    async def send(client: httpx.AsyncClient) -> None:
        while waiting:
            number = waiting.pop()
            data = fragment(number)
            answer = await client.put(
                address(f"camera/{number}"), content=in_pieces(data), headers=headers_for(data)
            )
            assert answer.status_code == 201
            acknowledged.add(number)
            if len(acknowledged) == kill_after:
                waiting.clear()
                server.kill()

    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        ended = await asyncio.gather(*(send(client) for _ in range(8)), return_exceptions=True)
    assert all(error is None or isinstance(error, httpx.TransportError) for error in ended)
    return acknowledged


async def in_pieces(data: bytes):
    """Yield to the other clients between pieces, so that many uploads are under way at once."""
    for at in range(0, len(data), 50_000):
        await asyncio.sleep(0)
        yield data[at : at + 50_000]


def test_a_killed_server_has_every_fragment_that_it_acknowledged(server, tmp_path):
    acknowledged = asyncio.run(send_until_killed(server, kill_after=20))
    assert 20 <= len(acknowledged) < 60
    camera = take_folder(tmp_path) / "camera"
    for number in acknowledged:
        assert (camera / f"{number:06d}.m4s").read_bytes() == fragment(number)

    server.restart()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for number in range(60):
            data = fragment(number)
            path = address(f"camera/{number}")
            answer = client.put(path, content=data, headers=headers_for(data))
            assert answer.status_code == (200 if number in acknowledged else answer.status_code)
            assert answer.is_success
        held = client.get(address(""), headers=AS_ADA).json()["tracks"]["camera"]
    assert held == {"init": False, "numbers": [[0, 59]], "bytes": 60 * len(fragment(0))}
    assert leftovers(tmp_path) == []


def test_a_draft_in_use_is_left_alone_and_that_of_a_dead_server_is_removed(tmp_path):
    alive = Draft(tmp_path / "000001.m4s")
    alive.open()
    (tmp_path / ".000002.m4s.0123abcd.part").write_bytes(b"half of")
    sweep(tmp_path)
    assert len(leftovers(tmp_path)) == 1
    alive.discard()
    assert leftovers(tmp_path) == []


def test_while_the_disk_is_full_the_client_is_told_to_wait_and_then_all_arrives(tmp_path):
    with small_disk(tmp_path) as (root, make_room), serving(with_limits(root)) as client:
        answers = {number: put(client, number) for number in range(8)}
        refused = [number for number, answer in answers.items() if answer.status_code == 507]
        taken = [number for number, answer in answers.items() if answer.status_code == 201]
        assert refused
        assert len(taken) + len(refused) == 8
        assert {answers[number].headers["retry-after"] for number in refused} == {"30"}
        assert leftovers(root) == []
        assert held_numbers(client) == taken
        make_room()
        assert [put(client, number).status_code for number in refused] == [201] * len(refused)
        assert [put(client, number).status_code for number in taken] == [200] * len(taken)
        assert held_numbers(client) == list(range(8))


def test_room_is_kept_for_the_database(tmp_path):
    with serving(with_limits(tmp_path, bytes_kept_free=1 << 60)) as client:
        assert put(client, 0).status_code == 507
        answer = client.put(address("manifest"), content="{}", headers=AS_ADA)
    assert (answer.status_code, answer.json()["error"]) == (507, "disk_full")


def put(client: httpx.Client, number: int) -> httpx.Response:
    data = fragment(number)
    return client.put(address(f"camera/{number}"), content=data, headers=headers_for(data))


def held_numbers(client: httpx.Client) -> list[int]:
    runs = client.get(address(""), headers=AS_ADA).json()["tracks"].get("camera", {"numbers": []})
    return [number for first, last in runs["numbers"] for number in range(first, last + 1)]


@contextmanager
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, Callable[[], object]]]:
    """Yield a folder on a disk of two megabytes and what makes room on it.

    Where no disk can be mounted, no file of this process may grow beyond 400 kB instead:
    the system refuses the write in the same place.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        remount = ["mount", "-o", "remount,size=20m", str(folder)]
        try:
            yield folder, partial(subprocess.check_call, remount)
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        yield folder, partial(resource.setrlimit, resource.RLIMIT_FSIZE, before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_a_dead_process_wrote_and_never_answered_is_made_durable_again(tmp_path):
    """A file without an answer may lie there; the same upload again is told 200."""
    studio = Studio(tmp_path)
    lying = take_folder(tmp_path) / "camera" / "000003.m4s"
    lying.parent.mkdir(parents=True)
    lying.write_bytes(fragment(3))
    with serving(studio) as client:
        assert put(client, 3).status_code == 200
        state = client.get(f"/ingest/takes/{ADAS_TAKE}", headers=AS_ADA).json()
    assert state["tracks"]["camera"]["numbers"] == [[3, 3]]


def test_only_where_a_folder_was_removed_are_folders_looked_at_anew(tmp_path, monkeypatch):
    """As for every manifest of a call in which somebody was erased."""
    looked = []
    monkeypatch.setattr(local_store, "sweep", looked.append)
    store, key = LocalStore(tmp_path), PurePosixPath("calls/one/manifest.json")
    store.replace(key, b"first")
    looked.clear()
    store.remove_folder(key.parent / "heard")
    store.replace(key, b"second")
    assert looked == []
    store.remove_folder(key.parent)
    store.replace(key, b"third")
    assert looked == [tmp_path, tmp_path / "calls", tmp_path / "calls/one"]
