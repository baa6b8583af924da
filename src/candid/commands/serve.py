"""`candid serve`: the studio on one port, in one process."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from candid.commands.children import Child
from candid.commands.console import json_option, reports_errors, show_result
from candid.commands.database import UnreachedError, ask_postgresql
from candid.commands.lan import draw_code, find_lan_address
from candid.commands.relay import Relay, prepare_relay
from candid.engine.errors import CandidError

if TYPE_CHECKING:
    from candid.commands.certificate import Certificate
    from candid.site.start import Invitation

TRUST_ONCE = (
    "A phone says once that the connection is not private: nobody but this machine vouches for it. "
    "Choose Advanced, then go on (iPhone: Show Details, visit this website)."
)
NO_RELAY = (
    "There is no relay: phones in networks that do not reach each other find no way. "
    "With coturn installed (apt install coturn) there is one."
)


class ServeError(CandidError):
    """The studio cannot start; the message says why and what to do."""


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
@click.option(
    "--sample",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Also bring in the sample conversation that `make run` made there, with its film.",
)
@json_option
@reports_errors
def serve(
    host: str, port: int, *, lan: bool, prepare: bool, sample: Path | None, as_json: bool
) -> None:
    """Run the studio: conversations in the browser, recorded at both ends.

    Everything lies in one folder, CANDID_HOME (docs/settings.md). It prints a link for the
    organiser, which lets one person in once, and the two links of a conversation to try out.
    """
    # What is loaded at the start is no garbage: to look for some takes a tenth of that time.
    gc.disable()
    if prepare:
        _set_up(f"http://{host}:{port}", sample)
        return
    house = _find_house() if lan else None
    with _listen("0.0.0.0" if house else host, port) as listening:  # noqa: S104 - asked for
        own_port = listening.getsockname()[1]
        relay = None
        if house:
            os.environ["CANDID_ORIGIN"] = f"https://{house}:{own_port}"
            relay = _find_relay(house)
        _set_up(f"http://{_host_in_address(house or host)}:{own_port}", sample)
        children = [Child("the relay (coturn)", relay.command)] if relay else []
        with _told_in_one_line():
            _serve(listening, house, children, as_json=as_json)


def _find_house() -> str:
    address = find_lan_address()
    if address is None:
        raise ServeError("this machine has no network; join one, or leave --lan out")
    return address


def _find_relay(house: str) -> Relay | None:
    """Return a relay for the house, unless another one is set or none is installed."""
    if os.environ.get("CANDID_TURN_URLS"):
        return None
    home = Path(os.environ.get("CANDID_HOME", "candid-home")).absolute()
    try:
        relay = prepare_relay(house, home / "relay")
    except OSError as error:
        raise ServeError(f"CANDID_HOME: {home} cannot be used ({error.strerror})") from error
    if relay is not None:
        relay.tell(os.environ)
    return relay


def _serve(
    listening: socket.socket, house: str | None, children: Sequence[Child], *, as_json: bool
) -> None:
    from django.conf import settings

    # An error of the settings was told before: this takes long to import.
    from candid.commands.server import StudioServer, configure
    from candid.site.start import invite

    config = configure(settings.ENVIRONMENT.proxies, _certificate_of(house) if house else None)
    gc.freeze()
    gc.enable()
    tell = functools.partial(_tell, invite(), house, as_json=as_json)
    StudioServer(config, tell, children).run(sockets=[listening])


def _certificate_of(house: str) -> Certificate:
    from django.conf import settings

    from candid.commands.certificate import load_certificate

    return load_certificate(settings.ENVIRONMENT.home, house, dt.datetime.now(dt.UTC))


def _tell(invitations: list[Invitation], house: str | None, *, as_json: bool) -> None:
    lines = [f"{one.whom + ':':<12}{one.address}" for one in invitations]
    if house and sys.stdout.isatty():
        personal = [one for one in invitations if "/with/" in one.address]
        lines += [line for one in personal for line in draw_code(one.whom, one.address)]
    if house:
        lines += [TRUST_ONCE, *([] if os.environ.get("CANDID_TURN_URLS") else [NO_RELAY])]
    document = {"addresses": [asdict(one) for one in invitations]}
    show_result(document, [*lines, "Ready. Stop with Ctrl-C."], as_json=as_json)


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


def _set_up(origin: str, sample: Path | None) -> None:
    """Read the settings and bring the database up to date. Raises ServeError."""
    os.environ.setdefault("CANDID_ORIGIN", origin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")
    from candid.site.environment import SettingError

    try:
        import django

        django.setup()
    except SettingError as error:
        raise ServeError(str(error)) from error
    _prepare(sample)


def _prepare(sample: Path | None) -> None:
    from django.conf import settings

    from candid.site.start import prepare

    if sample is not None and settings.ENVIRONMENT.is_production:
        raise ServeError("--sample is for trying out; leave it out where CANDID_PRODUCTION is yes")
    try:
        ask_postgresql(settings.ENVIRONMENT.database_url)
    except UnreachedError as error:
        raise ServeError(f"CANDID_DATABASE: {error}") from error
    with _told_in_one_line():
        prepare(sample)


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Turn what the database and the disk refuse into ServeError."""
    from django.db import DatabaseError

    from candid.site.environment import SettingError

    try:
        yield
    except SettingError as error:
        raise ServeError(str(error)) from error
    except DatabaseError as error:
        raise ServeError(f"the database cannot be used: {error}") from error
    except OSError as error:
        raise ServeError(f"the studio's folder cannot be used: {error}") from error
