"""`candid serve`: the studio on one port, in one process."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
import uvicorn
from asgiref.sync import sync_to_async

from candid.commands.console import reports_errors, show_result
from candid.commands.lan import Certificate, find_lan_address, load_certificate
from candid.commands.options import json_option
from candid.engine.errors import CandidError

# Longer messages close the live channel anyway; what is beyond this is not even read.
_LONGEST_MESSAGE_BYTES = 128 * 1024
_GRACE_S = 3


class ServeError(CandidError):
    """The studio cannot start; the message says why and what to do."""


class _Server(uvicorn.Server):
    """Says when it is reached, and ends well on SIGINT and SIGTERM."""

    as_json = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say where."""
        await super().startup(sockets=sockets)
        from candid.site.recording.rounds import make_rounds
        from candid.site.start import invite

        self._rounds = asyncio.create_task(make_rounds())
        lines = await sync_to_async(invite)()
        shown = [f"{line.whom + ':':<12}{line.address}" for line in lines]
        document = {"addresses": [asdict(line) for line in lines]}
        show_result(document, [*shown, "Ready. Stop with Ctrl-C."], as_json=self.as_json)

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


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--lan",
    is_flag=True,
    help="Let phones in the house try it: TLS with a certificate of its own.",
)
@click.option("--prepare", is_flag=True, help="Make the database and the key, then end.")
@json_option
@reports_errors
def serve(host: str, port: int, *, lan: bool, prepare: bool, as_json: bool) -> None:
    """Run the studio: conversations in the browser, recorded at both ends.

    Everything lies in one folder, CANDID_HOME (docs/settings.md). It prints a link for the
    organiser, which lets one person in once, and the two links of a conversation to try out.
    """
    if prepare:
        _set_up(f"http://{host}:{port}")
        return
    address = _address_in_the_house() if lan else _host_in_address(host)
    with _listen("0.0.0.0" if lan else host, port) as listening:  # noqa: S104 - asked for
        own_port = listening.getsockname()[1]
        if lan:
            os.environ["CANDID_ORIGIN"] = f"https://{address}:{own_port}"
        _set_up(f"http://{address}:{own_port}")
        server = _Server(_config(_certificate(address) if lan else None))
        server.as_json = as_json
        server.run(sockets=[listening])


def _config(certificate: Certificate | None) -> uvicorn.Config:
    from django.conf import settings

    proxies = settings.ENVIRONMENT.proxies
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
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def _address_in_the_house() -> str:
    address = find_lan_address()
    if address is None:
        raise ServeError("this machine has no network; join one, or leave --lan out")
    return address


def _certificate(address: str) -> Certificate:
    from django.conf import settings

    return load_certificate(settings.ENVIRONMENT.home, address, dt.datetime.now(dt.UTC))


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound socket. Raises ServeError where the address is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ServeError(
            f"cannot listen on {host} port {port} ({error.strerror}); give another with --port"
        ) from error
    return listening


def _host_in_address(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _set_up(origin: str) -> None:
    """Read the settings and bring the database up to date. Raises ServeError."""
    os.environ.setdefault("CANDID_ORIGIN", origin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")
    from candid.site.environment import SettingError

    try:
        import django

        django.setup()
    except SettingError as error:
        raise ServeError(str(error)) from error
    from django.db import DatabaseError

    from candid.site.start import prepare

    try:
        prepare()
    except (DatabaseError, OSError) as error:
        raise ServeError(f"the database cannot be opened: {error}") from error
