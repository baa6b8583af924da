"""A short stretch of the sample conversation, and the command as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sample import make_takes

SECONDS = 40
COMMAND = (sys.executable, "-m", "candid")


@dataclass(frozen=True)
class Ran:
    """How a command ended: exit code, result, and the lines on stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which no setting of the developer's counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
    return kept | {"CANDID_MODEL": "tiny.en"} | more


def candid(*arguments: str | Path, prefix: tuple[str, ...] = (), **more: str) -> Ran:
    """Run `candid` in a process of its own, behind `prefix` (e.g. `unshare`)."""
    done = subprocess.run(
        [*prefix, *COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**more),
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def one_line(ran: Ran) -> str:
    """Return the one line that says why it could not be done; fail if there is more."""
    assert ran.code == 1, (ran.code, ran.out, ran.err)
    assert "Traceback" not in ran.err
    lines = [line for line in ran.err.splitlines() if line.startswith("candid: ")]
    assert len(lines) == 1, ran.err
    return lines[0]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the first seconds of the sample conversation: two take folders."""
    folder = tmp_path_factory.mktemp("sample")
    make_takes.build(folder, seconds=SECONDS)
    return folder


@pytest.fixture(scope="session")
def takes(sample: Path) -> tuple[Path, Path]:
    """Return the two take folders."""
    return sample / "rosa", sample / "daniel"


@pytest.fixture(scope="session")
def film(takes: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Make a film of the short sample once; return its folder and its report."""
    folder = tmp_path_factory.mktemp("film") / "out"
    ran = candid(
        "film", *takes, "-o", folder, "--target", "0:25", "--draft", "--json",
        "--title", "It is lighter with two",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return folder, ran.json
