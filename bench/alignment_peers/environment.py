"""The peers' own environment under build/, and one run of a peer in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.alignment_peers.find import MOST_BYTES
from bench.peers import environment, install

CLAIM = "alignment"
PINS = (
    "audio-offset-finder==0.5.5",
    "syncstart==1.1.1",
    "double-ender-sync==0.2.7",
    "imageio-ffmpeg==0.6.0",
)


@dataclass(frozen=True, slots=True)
class PeerRun:
    """How a peer did: its line from B's time to A's, or why there is none."""

    points: tuple[tuple[float, float], ...]
    cpu_s: float
    wall_s: float
    trouble: str


def ready() -> dict[str, str]:
    """Install the peers where they are missing; return what could not be, and why."""
    home = environment(CLAIM)
    troubles = {pin.partition("==")[0]: install(home, pin) for pin in PINS}
    _link_ffmpeg(home)
    return {name: trouble for name, trouble in troubles.items() if trouble}


def _link_ffmpeg(home: Path) -> None:
    """The peers call `ffmpeg`; one comes with a wheel."""
    link = home / "bin" / "ffmpeg"
    for binary in home.glob("lib/*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*"):
        if not link.exists():
            link.symlink_to(binary)


def run_peer(name: str, first: Path, second: Path, within_s: float) -> PeerRun:
    """Let a peer align two files; its CPU seconds include its children."""
    script = Path(__file__).with_name("find.py")
    home = environment(CLAIM)
    search = f"PATH={home / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    with tempfile.TemporaryDirectory() as out:
        python = home / "bin" / "python"
        command = ["/usr/bin/env", search, python, script, name, first, second, Path(out) / "out"]
        before, started = _children_cpu_s(), time.monotonic()
        # A session of its own, so that what the peer started ends with it.
        running = subprocess.Popen(
            [str(each) for each in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            told, complaint = running.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
            return PeerRun((), 0.0, within_s, f"not done after {within_s:.0f} s")
        cpu_s, wall_s = _children_cpu_s() - before, time.monotonic() - started
    if running.returncode:
        return PeerRun((), cpu_s, wall_s, _trouble(complaint, cpu_s))
    points = json.loads(told.strip().splitlines()[-1])
    return PeerRun(tuple((b, a) for b, a in points), cpu_s, wall_s, "")


def _trouble(complaint: str, cpu_s: float) -> str:
    """Return in a few words why a peer ended without an answer, without a path of the machine."""
    if "MemoryError" in complaint or "Unable to allocate" in complaint:
        return f"ran out of memory at {MOST_BYTES / 1e9:.0f} GB after {cpu_s:.0f} CPU s"
    last = (complaint.strip().splitlines() or ["without a word"])[-1]
    return "failed: " + " ".join(word for word in last.split() if "/" not in word)


def _children_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(1 if ready() else 0)
