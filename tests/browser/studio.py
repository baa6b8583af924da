"""The real studio: `candid serve` in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

STOPPING_S = 20


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


@contextmanager
def running_studio(home: Path) -> Iterator[Studio]:
    """Start `candid serve` on a free port with the sample conversation, and stop it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
    process = subprocess.Popen(
        (sys.executable, "-m", "candid", "serve", "--port", "0", "--json"),
        env=kept | {"CANDID_HOME": str(home)},
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
