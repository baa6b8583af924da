"""The real studio: `candid serve` in a process and a folder of its own."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

STOPPING_S = 60
_PLAN = """
import json, sys, django
django.setup()
from candid.site.conversations.actions import Plan, load_first_guide, plan_conversation
people = [(name, f"{name.lower()}@example.org") for name in sys.argv[1:]]
conversation = plan_conversation(Plan("Kitchen table", people, load_first_guide()))
print(json.dumps({one.name: one.path for one in conversation.participants.all()}))
"""
_END = """
import django
django.setup()
from candid.site.conversations.actions import end_conversation
from candid.site.conversations.models import Conversation
for conversation in Conversation.objects.all():
    end_conversation(conversation)
"""
SERVE = (sys.executable, "-m", "candid", "serve")


@dataclass(frozen=True)
class Place:
    """Where a studio runs: on this machine, or in a network of its own.

    `within` is put before its command.
    """

    address: str = "127.0.0.1"
    within: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


@dataclass
class Studio:
    """A running studio. `links` are personal links by the name of whom they were made for."""

    home: Path
    place: Place
    port: int
    process: subprocess.Popen[str]
    links: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop answering for a while, as a network does that is cut: nothing is refused."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait(STOPPING_S)
        _close(self.process)

    def start_again(self) -> None:
        """Start it where it was."""
        self.process, _links = _start(self.home, self.place, self.port)

    @contextmanager
    def dead(self) -> Iterator[None]:
        """End it as a crash does, and start it again where it was."""
        self.kill()
        yield
        self.start_again()

    def plan(self, *names: str) -> None:
        """Plan a conversation of these people, and know their links."""
        paths = json.loads(self.run(_PLAN, *names))
        self.links |= {name: f"{self.origin}{path}" for name, path in paths.items()}

    def end_all(self) -> None:
        """End every conversation, as an organiser does; who is in one is told when they connect."""
        self.run(_END)

    def run(self, code: str, *arguments: str) -> str:
        """Run something where the studio is, beside it; return what it says."""
        done = subprocess.run(
            (sys.executable, "-c", code, *arguments),
            env=_environment(self.home) | {"DJANGO_SETTINGS_MODULE": "candid.site.settings"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    @property
    def origin(self) -> str:
        return f"http://{self.place.address}:{self.port}"

    def takes(self) -> list[Path]:
        """Return the take folders that arrived."""
        return sorted((self.home / "media" / "calls").glob("*/*/*/"))


@functools.cache
def _prepared_home() -> Path:
    """Return a home to copy: making its database takes longer than most tests."""
    home = Path(tempfile.mkdtemp(prefix="candid-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    prepare(home)
    return home


def prepare(home: Path) -> None:
    """Leave a home as set-up does."""
    subprocess.run((*SERVE, "--prepare"), env=_environment(home), check=True)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
    return kept | {"CANDID_HOME": str(home)}


@contextmanager
def running_studio(home: Path, place: Place = Place()) -> Iterator[Studio]:
    """Start `candid serve` with the sample conversation in a prepared home, and stop it."""
    shutil.copytree(_prepared_home(), home, dirs_exist_ok=True)
    with started(home, place) as studio:
        yield studio


@contextmanager
def started(home: Path, place: Place = Place()) -> Iterator[Studio]:
    """Start `candid serve` with the home as it is, and stop it."""
    process, links = _start(home, place, 0)
    port = urlsplit(links["Rosa"]).port
    assert port is not None
    studio = Studio(home, place, port, process, links)
    try:
        yield studio
    finally:
        studio.process.terminate()
        assert studio.process.wait(STOPPING_S) == 0
        _close(studio.process)


def _start(home: Path, place: Place, port: int) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """Start it, on a free port where none is given; return its links too."""
    process = subprocess.Popen(
        (*place.within, *SERVE, "--host", place.address, "--port", str(port), "--json"),
        env=_environment(home) | place.settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    addresses = _read_document(process.stdout)["addresses"]
    return process, {line["whom"]: line["address"] for line in addresses}


def _close(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    process.stdout.close()


def _read_document(lines: IO[str]) -> dict[str, list[dict[str, str]]]:
    """Return the JSON that the studio says when it is reached."""
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            return dict(json.loads(text))
    raise AssertionError(f"the studio did not start: {text}")
