"""A real mail server, with STARTTLS, TLS or neither, and what it was given."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from candid.commands.certificate import load_certificate
from candid.site.environment import email

ADDRESS = "127.0.0.1"
STARTING_S = 60


class Box:
    """Letters as (recipients, whether they came encrypted), and passwords that it was told."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], bool]] = []
        self.passwords: list[bytes] = []

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        is_encrypted = server.transport.get_extra_info("ssl_object") is not None
        self.letters.append((envelope.rcpt_tos, is_encrypted))
        return "250 kept"

    def let_in(self, *told: Any) -> AuthResult:
        login = told[-1]
        assert isinstance(login, LoginPassword)
        self.passwords.append(login.password)
        return AuthResult(success=True)


@contextmanager
def running_mail_server(folder: Path, tls: str) -> Iterator[tuple[int, Box]]:
    """Start one whose `tls` is starttls, tls or none; yield its port and what it is given."""
    box = Box()
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    context = _context(folder)
    ways: dict[str, dict[str, Any]] = {
        "starttls": {"tls_context": context, "require_starttls": True},
        # It counts STARTTLS alone as encrypted.
        "tls": {"ssl_context": context, "auth_require_tls": False},
        "none": {"auth_require_tls": False},
    }
    controller = Controller(
        box,
        ADDRESS,
        port,
        ready_timeout=STARTING_S,
        authenticator=box.let_in,
        **ways[tls],
    )
    controller.start()
    try:
        yield port, box
    finally:
        controller.stop()


def send_nowhere(settings: Any) -> None:
    """Let letters go to a mail server that is not there."""
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
    for name, value in email(f"smtp://{ADDRESS}:{port}").items():
        setattr(settings, name, value)


def certificate_of(folder: Path) -> Path:
    """Return the certificate that vouches for itself."""
    return load_certificate(folder, ADDRESS, dt.datetime.now(dt.UTC)).certificate


def _context(folder: Path) -> ssl.SSLContext:
    made = load_certificate(folder, ADDRESS, dt.datetime.now(dt.UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context
