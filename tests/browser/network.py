"""A network on one machine: the studio and two browsers, each in a namespace of its own.

The studio's namespace is the router between the two, as the internet would be, and its nftables cut
what a test wants cut. Addresses are those kept for documentation, so nothing here is ever a real
machine, and a relay takes them for the open internet.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STUDIO = "198.51.100.1"
# Interface, address of the browser, address of the router on the way to it.
HOMES = {
    "left": ("to-left", "192.0.2.10", "192.0.2.1"),
    "right": ("to-right", "203.0.113.10", "203.0.113.1"),
}
_RULES = """
table inet rig {
  set cut { type ifname; }
  set blocked { type inet_proto; }
  chain here { type filter hook input priority 0; iifname @cut drop; }
  chain asked { type filter hook input priority 1; iifname != "lo" meta l4proto @blocked drop; }
  chain out { type filter hook output priority 0; oifname @cut drop; }
  chain between { type filter hook forward priority 0; iifname @cut drop; oifname @cut drop; }
  chain direct { type filter hook forward priority 1; }
}
"""
NEEDED = {"ip": "iproute2", "nft": "nftables"}


class NoNamespacesError(Exception):
    """This kernel, or this account, may not make network namespaces."""


def _run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


@dataclass
class Network:
    """The namespaces of one test. `names` are those of `studio`, `left` and `right`."""

    names: dict[str, str] = field(default_factory=dict)

    def within(self, place: str) -> tuple[str, ...]:
        """Return what to put before a command to run it in a place."""
        return ("nsenter", f"--net=/run/netns/{self.names[place]}")

    def run(self, place: str, *command: str, stdin: str = "") -> str:
        return _run(*self.within(place), *command, stdin=stdin)

    def wrap(self, place: str, program: Path, folder: Path) -> Path:
        """Write a program that runs another one in a place."""
        wrapped = folder / f"{program.name}-{place}"
        before = " ".join(self.within(place))
        wrapped.write_text(f'#!/bin/sh\nexec {before} {program} "$@"\n')
        wrapped.chmod(0o755)
        return wrapped

    def cut(self, place: str) -> None:
        """Let nothing through to a home or from it; nobody is told."""
        self._nft("add element inet rig cut", HOMES[place][0])

    def heal(self, place: str) -> None:
        self._nft("delete element inet rig cut", HOMES[place][0])

    @contextmanager
    def away(self, place: str) -> Iterator[None]:
        """Cut a home off for a while."""
        self.cut(place)
        try:
            yield
        finally:
            self.heal(place)

    def close_direct_way(self) -> None:
        """Let the two homes reach the studio alone, and not each other."""
        self._nft("add rule inet rig direct drop")

    def refuse_udp(self) -> None:
        """Let the studio be reached by TCP alone, as in some offices."""
        self._nft("add element inet rig blocked", "udp")

    def _nft(self, words: str, *elements: str) -> None:
        members = f"{{ {', '.join(elements)} }}" if elements else ""
        self.run("studio", "nft", *words.split(), *([members] if members else []))


@contextmanager
def network() -> Iterator[Network]:
    """Make the namespaces and the ways between them, and take them down again.

    Raises NoNamespacesError where they may not be made.
    """
    made = Network()
    try:
        for place in ("studio", *HOMES):
            name = f"candid-{place}-{os.getpid()}"
            try:
                _run("ip", "netns", "add", name)
            except RuntimeError as error:
                raise NoNamespacesError(str(error)) from error
            made.names[place] = name
            made.run(place, "ip", "link", "set", "lo", "up")
        _lay_ways(made)
        yield made
    finally:
        for name in made.names.values():
            _run("ip", "netns", "del", name)


def _lay_ways(made: Network) -> None:
    made.run("studio", "ip", "address", "add", f"{STUDIO}/32", "dev", "lo")
    made.run("studio", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
    for place, (interface, address, gateway) in HOMES.items():
        other = made.names[place]
        made.run(
            "studio", *_words(f"ip link add {interface} type veth peer name way netns {other}")
        )
        made.run("studio", *_words(f"ip address add {gateway}/24 dev {interface}"))
        made.run("studio", *_words(f"ip link set {interface} up"))
        made.run(place, *_words(f"ip address add {address}/24 dev way"))
        made.run(place, *_words("ip link set way up"))
        made.run(place, *_words(f"ip route add default via {gateway}"))
    made.run("studio", "nft", "-f", "-", stdin=_RULES)


def _words(command: str) -> list[str]:
    return command.split()
