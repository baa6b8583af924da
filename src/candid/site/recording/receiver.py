"""The receiver of fragments: a raw ASGI application, past all of Django. See docs/studio.md.

A request is checked in the event loop, and every touch of the disk is made in a thread. A
fragment is never whole in memory: it is written and hashed in blocks as it arrives, and is
answered once it and its folder are on the disk.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import itertools
import json
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from candid.site.recording import refusals
from candid.site.recording.places import Address, Uploader, read_address
from candid.site.recording.rates import Rates
from candid.site.recording.refusals import ClientGoneError, Refusal, RefusedError
from candid.site.recording.storage import Fragment, TakeStorage
from candid.site.recording.stores import Parts

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Returns whose token this is, or None for one that is forged, expired or revoked.
Tokens = Callable[[str], Awaitable[Uploader | None]]
T = TypeVar("T")

_SMALL_BYTES = 16 * 1024
_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)", re.ASCII)
_ALLOWED = {
    "fragment": "PUT",
    "manifest": "PUT",
    "state": "GET",
    "receipt": "GET",
    "takes": "DELETE",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose address and sender are known to be right. Headers are in lower case."""

    uploader: Uploader
    address: Address
    headers: dict[str, str]
    receive: Receive
    declared_bytes: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON document."""

    status: int
    document: dict[str, Any]
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Receiver:
    """The application. `pool` holds the threads that write; one receiver a process."""

    tokens: Tokens
    storage: TakeStorage
    rates: Rates
    pool: ThreadPoolExecutor
    _uploading: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request. Raises ValueError for what is no HTTP request."""
        if scope["type"] != "http":
            raise ValueError("the receiver of fragments answers HTTP alone")
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        except RefusedError as refused:
            answer = _refused(refused.refusal)
        except OSError as error:
            logger.exception("a recording could not be stored")
            limits = self.storage.limits
            answer = _refused(refusals.of_storage(error, limits.disk_full_wait_s))
        await _send(send, answer)

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        address = read_address(scope["path"])
        if address is None:
            raise RefusedError(refusals.NOT_HERE)
        if scope["method"] != _ALLOWED[address.what]:
            return _wrong_method(_ALLOWED[address.what])
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        uploader = await self._uploader(headers, address)
        declared = _declared_bytes(headers)
        # What tells no length is counted as the most that it may have.
        most = self.storage.limits.fragment_bytes if scope["method"] == "PUT" else 0
        wait_s = self.rates.take(uploader.participant_id, most if declared is None else declared)
        if wait_s:
            raise RefusedError(refusals.too_fast(wait_s))
        request = Request(uploader, address, headers, receive, declared)
        if scope["method"] != "PUT":
            return await self._ask(request)
        with self._one_upload(uploader.participant_id):
            return await self._keep(request)

    async def _uploader(self, headers: dict[str, str], address: Address) -> Uploader:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        uploader = await self.tokens(token.strip()) if scheme.lower() == "bearer" else None
        if uploader is None:
            raise RefusedError(refusals.NO_TOKEN)
        if address.take_id and address.participant_id != uploader.participant_id:
            raise RefusedError(refusals.NOT_YOURS)
        return uploader

    @contextmanager
    def _one_upload(self, participant_id: str) -> Iterator[None]:
        if self._uploading[participant_id] >= self.storage.limits.uploads_at_once:
            raise RefusedError(refusals.too_fast(1))
        self._uploading[participant_id] += 1
        try:
            yield
        finally:
            self._uploading[participant_id] -= 1
            if not self._uploading[participant_id]:
                del self._uploading[participant_id]

    async def _ask(self, request: Request) -> Answer:
        storage = self.storage
        look: dict[str, Callable[..., dict[str, Any]]]
        look = {"state": storage.state, "receipt": storage.receipt, "takes": storage.erase}
        what = look[request.address.what]
        return Answer(200, await self._in_thread(what, request.uploader, request.address))

    async def _keep(self, request: Request) -> Answer:
        keep = self._keep_manifest if request.address.what == "manifest" else self._keep_fragment
        try:
            async with asyncio.timeout(self.storage.limits.upload_s):
                is_new = await keep(request)
        except TimeoutError:
            raise RefusedError(refusals.TOO_SLOW) from None
        return Answer(201, {"stored": "written"}) if is_new else Answer(200, {"stored": "there"})

    async def _keep_manifest(self, request: Request) -> bool:
        body = _Body(request, self.storage.limits.manifest_bytes)
        blocks: list[Parts] = []
        while not body.is_over:
            blocks.append(await body.block(self.storage.limits.block_bytes))
        data = b"".join(itertools.chain(*blocks))
        told = _digest(request.headers) if "content-digest" in request.headers else None
        if told is not None and not hmac.compare_digest(hashlib.sha256(data).digest(), told):
            raise RefusedError(refusals.WRONG_HASH)
        put = self.storage.put_manifest
        return await self._in_thread(put, request.uploader, request.address, data)

    async def _keep_fragment(self, request: Request) -> bool:
        """Write a fragment as it arrives. One that fits into a block takes one thread once."""
        limits = self.storage.limits
        n_bytes = (
            limits.fragment_bytes if request.declared_bytes is None else request.declared_bytes
        )
        digest = _digest(request.headers)
        fragment = Fragment(request.uploader, request.address, digest, n_bytes)
        body = _Body(request, limits.fragment_bytes)
        block = await body.block(limits.block_bytes)
        if body.is_over:
            return await self._in_thread(self.storage.keep_whole, fragment, block)
        upload = self.storage.upload(fragment)
        try:
            await self._in_thread(self.storage.begin, upload, fragment)
            while not body.is_over:
                await self._in_thread(upload.write, block)
                block = await body.block(limits.block_bytes)
            return await self._in_thread(self.storage.finish, upload, fragment, block)
        finally:
            if not upload.is_over:
                await asyncio.shield(self._in_thread(upload.discard))

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)


def _digest(headers: dict[str, str]) -> bytes:
    """Return the SHA-256 of a Content-Digest (RFC 9530)."""
    match = _DIGEST.search(headers.get("content-digest", ""))
    if match is None:
        raise RefusedError(refusals.NO_DIGEST)
    try:
        return base64.b64decode(match[1], validate=True)
    except binascii.Error:
        raise RefusedError(refusals.NO_DIGEST) from None


def _declared_bytes(headers: dict[str, str]) -> int | None:
    text = headers.get("content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise RefusedError(refusals.BAD_LENGTH)
    return int(text)


def make_receiver(tokens: Tokens, storage: TakeStorage) -> Receiver:
    """Return a receiver within the storage's limits, with threads of its own."""
    pool = ThreadPoolExecutor(storage.limits.writers, thread_name_prefix="ingest")
    return Receiver(tokens, storage, Rates(storage.limits), pool)


class _Body:
    """The body of a request, handed on in blocks; `is_over` with the last of them."""

    def __init__(self, request: Request, most_bytes: int) -> None:
        if request.declared_bytes is not None and request.declared_bytes > most_bytes:
            raise RefusedError(refusals.TOO_LARGE)
        self._receive = request.receive
        self._left_bytes = most_bytes
        self.is_over = False

    async def block(self, n_bytes: int) -> Parts:
        """Return the parts of the next block of at least `n_bytes`, or of what is left.

        Raises RefusedError once there is more than allowed, ClientGoneError where the
        connection breaks.
        """
        parts: list[bytes | bytearray] = []
        while n_bytes > 0 and not self.is_over:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            part = message.get("body", b"")
            _add(parts, part)
            n_bytes -= len(part)
            self._left_bytes -= len(part)
            if self._left_bytes < 0:
                raise RefusedError(refusals.TOO_LARGE)
            self.is_over = not message.get("more_body", False)
        return parts


def _add(parts: list[bytes | bytearray], part: bytes) -> None:
    """Add a part; small ones are put together, so that a trickle of bytes stays few parts."""
    if parts and isinstance(parts[-1], bytearray) and len(parts[-1]) < _SMALL_BYTES:
        parts[-1] += part
    elif part:
        parts.append(bytearray(part) if len(part) < _SMALL_BYTES else part)


def _refused(refusal: Refusal) -> Answer:
    headers: list[tuple[bytes, bytes]] = []
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    document = {"error": refusal.reason, "message": refusal.message}
    return Answer(refusal.status, document, tuple(headers))


def _wrong_method(allowed: str) -> Answer:
    document = {"error": "method", "message": f"Only {allowed} is done here."}
    return Answer(405, document, ((b"allow", allowed.encode()),))


async def _send(send: Send, answer: Answer) -> None:
    body = json.dumps(answer.document).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
