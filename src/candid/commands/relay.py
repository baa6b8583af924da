"""A relay of the studio's own, for phones in networks of the house that do not reach each other.

coturn, where it is installed, with a secret that holds for this run alone. It relays to its own
address and to nowhere else: two who both use it meet in it, and it is no way into the house.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

_USUAL_PORT = 3478
_PLACES = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"

_CONFIGURATION = """\
listening-ip={address}
listening-port={port}
relay-ip={address}
min-port=49160
max-port=49200
realm=candid
use-auth-secret
static-auth-secret={secret}
userdb={folder}/users.sqlite3
pidfile={folder}/relay.pid
log-file={folder}/relay.log
simple-log
no-stdout-log
fingerprint
no-cli
no-tls
no-dtls
no-tcp-relay
no-multicast-peers
user-quota=24
total-quota=120
denied-peer-ip=0.0.0.0-255.255.255.255
allowed-peer-ip={address}
"""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that can be started: its command line, and what browsers are told of it."""

    command: tuple[str, ...]
    urls: tuple[str, ...]
    secret: str

    def tell(self, settings: MutableMapping[str, str]) -> None:
        """Set what the studio reads of a relay."""
        settings["CANDID_TURN_URLS"] = " ".join(self.urls)
        settings["CANDID_TURN_SECRET"] = self.secret


def prepare_relay(address: str, folder: Path) -> Relay | None:
    """Write the configuration of a relay at this address; None where coturn is not installed.

    `folder` is made, for its owner alone, and holds nothing that outlasts the run but a log.
    """
    program = shutil.which("turnserver", path=f"{os.environ.get('PATH', '')}:{_PLACES}")
    if program is None:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    port, secret = _free_port(address), secrets.token_urlsafe(32)
    path = folder / "turnserver.conf"
    path.touch(mode=0o600)
    path.write_text(
        _CONFIGURATION.format(address=address, port=port, secret=secret, folder=folder),
        encoding="utf-8",
    )
    urls = tuple(f"turn:{address}:{port}?transport={way}" for way in ("udp", "tcp"))
    return Relay((program, "-c", str(path)), urls, secret)


def _free_port(address: str) -> int:
    """Return the usual port, or another one where that is taken."""
    for port in (_USUAL_PORT, 0):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
        ):
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                stream.bind((address, port))
                datagram.bind((address, stream.getsockname()[1]))
            except OSError:
                continue
            return int(stream.getsockname()[1])
    return _USUAL_PORT
