"""`candid serve`: the studio on one port, in one process."""

from __future__ import annotations

import datetime as dt
import functools
import os
import socket
from dataclasses import asdict
from pathlib import Path

import click

from candid.commands.console import json_option, reports_errors, show_result
from candid.commands.lan import Certificate, find_lan_address, load_certificate
from candid.engine.errors import CandidError


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
    if prepare:
        _set_up(f"http://{host}:{port}", sample)
        return
    house = _address_in_the_house() if lan else None
    address = house or _host_in_address(host)
    with _listen("0.0.0.0" if lan else host, port) as listening:  # noqa: S104 - asked for
        own_port = listening.getsockname()[1]
        if house:
            os.environ["CANDID_ORIGIN"] = f"https://{house}:{own_port}"
        _set_up(f"http://{address}:{own_port}", sample)
        _serve(listening, house, as_json=as_json)


def _serve(listening: socket.socket, house: str | None, *, as_json: bool) -> None:
    # What is behind these takes most of a start to import; an error of the settings is told before.
    from django.conf import settings

    from candid.commands.server import StudioServer, configure

    proxies = settings.ENVIRONMENT.proxies
    pair = _certificate_of(house) if house else None
    config = configure(proxies, pair.certificate, pair.key) if pair else configure(proxies)
    StudioServer(config, functools.partial(_tell, as_json=as_json)).run(sockets=[listening])


def _address_in_the_house() -> str:
    address = find_lan_address()
    if address is None:
        raise ServeError("this machine has no network; join one, or leave --lan out")
    return address


def _certificate_of(address: str) -> Certificate:
    from django.conf import settings

    return load_certificate(settings.ENVIRONMENT.home, address, dt.datetime.now(dt.UTC))


def _tell(*, as_json: bool) -> None:
    from candid.site.start import invite

    lines = invite()
    shown = [f"{line.whom + ':':<12}{line.address}" for line in lines]
    document = {"addresses": [asdict(line) for line in lines]}
    show_result(document, [*shown, "Ready. Stop with Ctrl-C."], as_json=as_json)


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
    from django.db import DatabaseError

    from candid.site.start import prepare

    if sample is not None and settings.ENVIRONMENT.is_production:
        raise ServeError("--sample is for trying out; leave it out where CANDID_PRODUCTION is yes")
    try:
        prepare(sample)
    except DatabaseError as error:
        raise ServeError(f"the database cannot be opened: {error}") from error
    except OSError as error:
        raise ServeError(f"the studio's folder cannot be written: {error}") from error
