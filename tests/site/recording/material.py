"""A receiver to try, who may send to it, and clients: within the process and over the network."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import httpx
import uvicorn

from candid.site.recording.limits import IngestLimits
from candid.site.recording.local_store import LocalStore
from candid.site.recording.places import PREFIX, Uploader
from candid.site.recording.receiver import Receiver, make_receiver
from candid.site.recording.storage import TakeStorage
from candid.site.recording.stores import Store

ROOT = Path(__file__).parents[3]
CALL = "Cal1" * 4
ADA = Uploader("Ada1" * 4, CALL)
BOB = Uploader("Bob1" * 4, CALL)
TOKENS = {"token-of-ada": ADA, "token-of-bob": BOB}
AS_ADA = {"authorization": "Bearer token-of-ada"}
AS_BOB = {"authorization": "Bearer token-of-bob"}
ALL_TAKES = PREFIX.rstrip("/")
ADAS_TAKE = f"{ADA.participant_id}-00000001"
BOBS_TAKE = f"{BOB.participant_id}-00000001"
# A machine that runs tests may have little room left.
LIMITS = IngestLimits(bytes_kept_free=0)
CALL_FOLDER = PurePosixPath("calls", CALL)


def take_folder(root: Path, take_id: str = ADAS_TAKE) -> Path:
    return root / "calls" / CALL / take_id.partition("-")[0] / take_id


def address(what: str, take_id: str = ADAS_TAKE) -> str:
    return f"{PREFIX}{take_id}/{what}".rstrip("/")


def digest_of(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def headers_for(data: bytes, token: str = "token-of-ada") -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "content-digest": digest_of(data)}


def leftovers(root: Path) -> list[Path]:
    """Return every draft under a folder: there should be none when nobody is sending."""
    return [path for path in root.rglob(".*") if path.name.endswith(".part")]


@dataclass(frozen=True)
class Told:
    """An answer, however it came."""

    status: int
    document: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Studio:
    """A receiver within this process, whose tokens can be revoked, and its folder."""

    root: Path
    limits: IngestLimits = LIMITS
    open_store: Callable[[Path], Store] = LocalStore

    def __post_init__(self) -> None:
        self.tokens = dict(TOKENS)
        self.receiver = self.restarted()

    async def whose(self, token: str) -> Uploader | None:
        return self.tokens.get(token)

    def restarted(self) -> Receiver:
        """Begin anew, knowing nothing but what the disk holds."""
        self.store = self.open_store(self.root)
        self.receiver = make_receiver(self.whose, TakeStorage(self.store, self.limits))
        return self.receiver

    def kept(self) -> dict[str, bytes]:
        """Return all that is kept, by its name, however it is stored."""
        files = self.store.files(PurePosixPath("calls"))
        return {str(file.key): self.store.read(file.key) for file in files}

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        tear_at: int | None = None,
    ) -> Told | None:
        """Send a request in small pieces; torn off at a byte where `tear_at` says so.

        Returns None where there was no answer, as for a client that has gone.
        """
        pieces = pieces_of(body, tear_at)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return next(pieces)

        async def send(message: Any) -> None:
            sent.append(message)

        given = {"content-length": str(len(body)), **(headers or {})}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        await self.receiver(scope, receive, send)
        if not sent:
            return None
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Told(sent[0]["status"], json.loads(sent[1]["body"]), answered)

    def document(
        self, method: str, path: str, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask for something, from outside of an event loop, that must be answered with 200."""
        told = asyncio.run(self.ask(method, path, headers=headers or AS_ADA))
        assert told is not None
        assert told.status == 200, told
        return told.document


def pieces_of(body: bytes, tear_at: int | None) -> Iterator[dict[str, Any]]:
    whole = body if tear_at is None else body[:tear_at]
    size = max(1, len(whole) // 3)
    parts = [whole[at : at + size] for at in range(0, len(whole), size)] or [b""]
    for at, part in enumerate(parts):
        more = tear_at is not None or at < len(parts) - 1
        yield {"type": "http.request", "body": part, "more_body": more}
    yield {"type": "http.disconnect"}


@contextmanager
def serving(studio: Studio) -> Iterator[httpx.Client]:
    """Serve a studio over the network from a thread; yield a client of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = uvicorn.Config(studio.receiver, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([listening]),))
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        studio.receiver.pool.shutdown()


class ServerProcess:
    """A receiver in a process of its own, to be killed and started again on another port."""

    def __init__(
        self, root: Path, bucket: str = "", environment: dict[str, str] | None = None
    ) -> None:
        self.root = root
        self._bucket = bucket
        self._environment = os.environ | (environment or {})
        self.restart()

    def restart(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        handle = self._listening.fileno()
        command = [sys.executable, "-m", "tests.site.recording.serve", str(self.root), str(handle)]
        if self._bucket:
            command.append(self._bucket)
        self._process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[handle], env=self._environment
        )

    def kill(self) -> None:
        """End it with SIGKILL: nothing of it has time to tidy up."""
        self._process.kill()
        self._process.wait()
        self._listening.close()


def manifest_for(
    fragments: dict[str, list[bytes]], *, take_id: str = ADAS_TAKE, **changed: Any
) -> dict[str, Any]:
    """Return a manifest that names these bytes: the init segment first, then a second each."""
    tracks = [
        {
            "kind": kind,
            "codec": "flac",
            "rate": 48_000,
            "origin_us": 5_000_000,
            "init": listed(parts[0]),
            "fragments": [
                {"number": number, **listed(data), "start": number * 48_000, "duration": 48_000}
                for number, data in enumerate(parts[1:])
            ],
        }
        for kind, parts in fragments.items()
    ]
    return {
        "schema": "candid.take/1.0",
        "call_id": CALL,
        "participant_id": take_id.partition("-")[0],
        "take_id": take_id,
        "clock_id": f"clock-{take_id}",
        "state": "complete",
        "started_us": 5_000_000,
        "tracks": tracks,
        **changed,
    }


def listed(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def some_parts(n_fragments: int, seed: int = 1) -> list[bytes]:
    """Return an init segment and fragments of bytes that mean nothing."""
    return [f"part {number} of {seed} ".encode() * 40 for number in range(n_fragments + 1)]


def with_limits(root: Path, **changed: Any) -> Studio:
    return Studio(root, replace(LIMITS, **changed))


class DeadError(BaseException):
    """The server died."""


class DyingStore:
    """A store whose server dies before it changes something for the n-th time."""

    def __init__(self, store: Store, n_changes: int) -> None:
        self._store, self._left = store, n_changes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in ("replace", "remove", "remove_folder"):
            return found

        def change(*given: Any) -> Any:
            if self._left == 0:
                raise DeadError
            self._left -= 1
            return found(*given)

        return change
