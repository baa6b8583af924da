"""The server of `candid serve`: one process, which says when it answers and ends well."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from candid.commands.children import Child

if TYPE_CHECKING:
    from candid.commands.certificate import Certificate

# Longer messages close the live channel anyway; what is beyond this is not even read.
_LONGEST_MESSAGE_BYTES = 128 * 1024
_GRACE_S = 3


class StudioServer(uvicorn.Server):
    """Says when it is reached, keeps its children, and ends well on SIGINT and SIGTERM."""

    def __init__(
        self, config: uvicorn.Config, tell: Callable[[], None], children: Sequence[Child] = ()
    ) -> None:
        super().__init__(config)
        self._tell = tell
        self._children = children
        self._tasks: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say where."""
        await super().startup(sockets=sockets)
        from candid.site.recording.rounds import make_rounds

        work = [make_rounds(), *(child.keep_running() for child in self._children)]
        self._tasks = [asyncio.create_task(each) for each in work]
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin no further round, and end the children once nobody needs them any more.

        A round that is under way is done before the process ends.
        """
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        rounds, *children = self._tasks
        rounds.cancel()
        await super().shutdown(sockets=sockets)
        for child in children:
            child.cancel()
        await asyncio.gather(*children, return_exceptions=True)

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


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out that a stop cut requests off: browsers send again what nobody acknowledged."""
    error = record.exc_info[1] if record.exc_info else None
    return not (
        isinstance(error, asyncio.CancelledError) or str(record.msg).startswith("Cancel %s running")
    )


def configure(proxies: Sequence[str], pair: Certificate | None) -> uvicorn.Config:
    """Return how the studio is served; with a certificate by TLS."""
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
        ssl_certfile=pair.certificate if pair else None,
        ssl_keyfile=pair.key if pair else None,
    )
