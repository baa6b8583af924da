"""One server to upload to: `python server.py candid|bare|tuspyserver FOLDER PORT`.

All run in one process on the same uvicorn, with the parser and the loop in C that `candid serve`
takes too.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import uvicorn

N_THREADS = 16


def candid(folder: Path) -> Any:
    """Return the receiver, without limits on its rate and with tokens that need no database."""
    from dataclasses import replace

    from candid.site.recording.limits import IngestLimits
    from candid.site.recording.places import Uploader
    from candid.site.recording.receiver import make_receiver
    from candid.site.recording.storage import local_storage

    async def tokens(token: str) -> Uploader:
        return Uploader(token, "c" * 16)

    fast = replace(IngestLimits(), requests_per_s=1e6, request_burst=1e6, byte_burst=1e12)
    return make_receiver(tokens, local_storage(folder, fast))


def bare(folder: Path) -> Any:
    """Return the least that is durable: read, write, fsync, rename."""
    pool = ThreadPoolExecutor(N_THREADS)

    def write(path: Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)

    async def application(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message.get("more_body", False)
        path = folder / scope["path"].strip("/").replace("/", "-")
        await asyncio.get_running_loop().run_in_executor(pool, write, path, b"".join(parts))
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return application


def tuspyserver(folder: Path) -> Any:
    """Return tuspyserver with the storage that syncs; as it comes, it syncs no data."""
    fastapi = importlib.import_module("fastapi")
    tus = importlib.import_module("tuspyserver")
    storage = importlib.import_module("tuspyserver.storage.local").LocalFileStorage(str(folder))
    application = fastapi.FastAPI()
    router = tus.create_tus_router(prefix="files", files_dir=str(folder), storage=storage)
    application.include_router(router)
    return application


def main() -> None:
    """Serve until told to stop."""
    name, folder, port = sys.argv[1:]
    make = {"candid": candid, "bare": bare, "tuspyserver": tuspyserver}[name]
    options: dict[str, Any] = {
        "http": "httptools",
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "off",
    }
    uvicorn.run(make(Path(folder)), port=int(port), log_level="error", **options)


if __name__ == "__main__":
    main()
