"""The server of `candid serve`: one process, which says when it answers and ends well."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from asgiref.sync import sync_to_async

# Longer messages close the live channel anyway; what is beyond this is not even read.
_LONGEST_MESSAGE_BYTES = 128 * 1024
_GRACE_S = 3


class StudioServer(uvicorn.Server):
    """Says when it is reached, and ends well on SIGINT and SIGTERM."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say where."""
        await super().startup(sockets=sockets)
        from candid.site.recording.rounds import make_rounds

        self._rounds = asyncio.create_task(make_rounds())
        await sync_to_async(self._tell)()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin no further round; one under way is done before the process ends."""
        self._rounds.cancel()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal without raising it again afterwards: to be stopped is no error."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def configure(
    proxies: Sequence[str], certificate: Path | None = None, key: Path | None = None
) -> uvicorn.Config:
    """Return how the studio is served; with a certificate and its key by TLS."""
    return uvicorn.Config(
        "candid.site.asgi:application",
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        # X-Forwarded-For and -Proto are anybody's to write: only the own proxy is believed.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_graceful_shutdown=_GRACE_S,
        ws="websockets-sansio",
        ws_max_size=_LONGEST_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
