"""The peers beside us: those of a claim in an environment of their own, filled on first use."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path

_HOME = Path(__file__).resolve().parents[1] / "build" / "bench-peers"


def environment(claim: str) -> Path:
    """Return the folder of the claim's environment; made where it is missing."""
    home = _HOME / claim
    if not (home / "bin" / "pip").exists():
        venv.create(home, with_pip=True)
    return home


def install(home: Path, pin: str) -> str:
    """Install one peer where it is missing; return why it could not be, or nothing.

    What is there is remembered pin by pin: a run that was interrupted in the middle, and a
    pin that changed, are made good by the next one.
    """
    done = home / f".{pin}"
    if done.exists():
        return ""
    command = [str(home / "bin" / "pip"), "install", "--quiet", pin]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        return (told.stderr.strip().splitlines() or ["pip failed"])[-1]
    done.touch()
    return ""


def peers_python(claim: str, pins: Sequence[str]) -> Path:
    """Return the Python that has all the peers. Raises SystemExit where one is not to be had."""
    home = environment(claim)
    for pin in pins:
        if trouble := install(home, pin):
            raise SystemExit(f"bench: {pin} could not be installed: {trouble}")
    return home / "bin" / "python"
