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
from dataclasses import dataclass
from pathlib import Path
from typing import IO

STOPPING_S = 20
SERVE = (sys.executable, "-m", "candid", "serve")


@dataclass(frozen=True)
class Studio:
    """A running studio. `links` are personal links by the name of whom they were made for."""

    home: Path
    links: dict[str, str]
    process: subprocess.Popen[str]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop answering for a while, as a network does that is cut: nothing is refused."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def takes(self) -> list[Path]:
        """Return the take folders that arrived."""
        return sorted((self.home / "media" / "calls").glob("*/*/*/"))


@functools.cache
def _prepared_home() -> Path:
    """Return a home to copy: making its database takes longer than most tests."""
    home = Path(tempfile.mkdtemp(prefix="candid-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    subprocess.run((*SERVE, "--prepare"), env=_environment(home), check=True)
    return home


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
    return kept | {"CANDID_HOME": str(home)}


@contextmanager
def running_studio(home: Path) -> Iterator[Studio]:
    """Start `candid serve` on a free port with the sample conversation, and stop it."""
    shutil.copytree(_prepared_home(), home, dirs_exist_ok=True)
    process = subprocess.Popen(
        (*SERVE, "--port", "0", "--json"),
        env=_environment(home),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        addresses = _read_document(process.stdout)["addresses"]
        yield Studio(home, {line["whom"]: line["address"] for line in addresses}, process)
    finally:
        process.terminate()
        assert process.wait(STOPPING_S) == 0
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
