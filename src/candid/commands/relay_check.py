"""Whether a relay answers: an allocation as a browser asks for it, given back at once."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aioice.stun import TransactionError, TransactionFailed
from aioice.turn import create_turn_endpoint

PATIENCE_S = 5.0
_PORTS = {"turn": 3478, "turns": 5349}


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where a relay is asked: `turn:` in the clear, `turns:` by TLS; by UDP or TCP."""

    url: str
    host: str
    port: int
    transport: str
    is_tls: bool


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    """What a relay said: `trouble` is empty where it relays."""

    url: str
    trouble: str = ""


class _Closed(asyncio.DatagramProtocol):
    """Tells when an allocation has been given back."""

    def __init__(self) -> None:
        self.done = asyncio.get_running_loop().create_future()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def read_relay_address(url: str) -> RelayAddress:
    """Read an address as browsers do (RFC 7065). Raises ValueError."""
    scheme, _, rest = url.partition(":")
    if scheme not in _PORTS:
        raise ValueError("begin with turn: or turns:")
    parts = urlsplit(f"//{rest}")
    transport = parse_qs(parts.query).get("transport", ["tcp" if scheme == "turns" else "udp"])[0]
    if not parts.hostname or transport not in ("udp", "tcp"):
        raise ValueError("give turn:HOST:PORT, with ?transport=udp or ?transport=tcp")
    port = parts.port or _PORTS[scheme]
    return RelayAddress(url, parts.hostname, port, transport, scheme == "turns")


def ask_relays(servers: list[dict[str, Any]]) -> list[RelayAnswer]:
    """Ask every relay that a browser would be told of (`ice_servers`); each has 5 s."""
    return asyncio.run(_ask_all(servers))


async def _ask_all(servers: list[dict[str, Any]]) -> list[RelayAnswer]:
    asked = [
        _ask(url, server.get("username", ""), server.get("credential", ""))
        for server in servers
        for url in server["urls"]
        if url.startswith("turn")
    ]
    return list(await asyncio.gather(*asked))


async def _ask(url: str, username: str, credential: str) -> RelayAnswer:
    try:
        address = read_relay_address(url)
        async with asyncio.timeout(PATIENCE_S):
            await _allocate(address, username, credential)
    except TransactionFailed as error:
        code, reason = error.response.attributes.get("ERROR-CODE", (0, ""))
        return RelayAnswer(url, f"refuses the credentials or the call ({code} {reason})")
    except (TimeoutError, TransactionError):
        return RelayAnswer(url, f"does not answer within {PATIENCE_S:.0f} s")
    except (OSError, ValueError) as error:
        return RelayAnswer(url, str(error))
    return RelayAnswer(url)


async def _allocate(address: RelayAddress, username: str, credential: str) -> None:
    transport, protocol = await create_turn_endpoint(
        _Closed,
        (address.host, address.port),
        username,
        credential,
        ssl=ssl.create_default_context() if address.is_tls else None,
        transport=address.transport,
    )
    transport.close()
    await protocol.done
