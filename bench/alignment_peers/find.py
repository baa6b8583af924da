"""Ask one peer where B's sound lies in A's; run with the peers' own Python.

    python find.py PEER A.wav B.wav OUT_FOLDER

Prints `[[b_s, a_s], [b_s, a_s]]`, two points of the line from B's time to A's.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

FAR_S = 3600.0
MOST_BYTES = 12 * 10**9


def audio_offset_finder(a: Path, b: Path, _out: Path) -> list[list[float]]:
    """BBC audio-offset-finder: one offset for the whole recording."""
    peer = importlib.import_module("audio_offset_finder.audio_offset_finder")
    offset_s = float(peer.find_offset_between_files(str(a), str(b))["time_offset"])
    return [[0.0, offset_s], [FAR_S, FAR_S + offset_s]]


def syncstart(a: Path, b: Path, _out: Path) -> list[list[float]]:
    """syncstart, told to look at everything; it wants a window system and ffprobe else."""
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use = lambda *_args, **_options: None
    peer: Any = importlib.import_module("syncstart")
    peer.get_max_rate = lambda _first, _second: 16_000
    sys.argv = ["syncstart", "-q", "-s", "-t", "100000", str(a), str(b)]
    file, offset_s = peer.file_offset()
    offset_s = float(offset_s) if str(file) == str(a) else -float(offset_s)
    return [[0.0, offset_s], [FAR_S, FAR_S + offset_s]]


def double_ender_sync(a: Path, b: Path, out: Path) -> list[list[float]]:
    """double-ender-sync: an offset and a stretch; by loudness, since its default needs a model."""
    command = ["double-ender-sync", "--master", a, "--track", b, "--out", out]
    command += ["--vad-strategy", "adaptive_rms", "--stretch-ratio-auto-continue"]
    subprocess.run([str(each) for each in command], check=True, stdout=sys.stderr)
    report = json.loads((out / "sync-report.json").read_text(encoding="utf-8"))
    found = report["tracks"][0]["global_correction"]
    if found is None:
        raise SystemExit("it found no alignment")
    offset_s, ratio = float(found["offset_seconds"]), float(found["stretch_ratio"])
    return [[0.0, offset_s], [FAR_S, offset_s + ratio * FAR_S]]


PEERS = {
    "audio-offset-finder": audio_offset_finder,
    "syncstart": syncstart,
    "double-ender-sync": double_ender_sync,
}

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    peer_name, *paths = sys.argv[1:]
    print(json.dumps(PEERS[peer_name](*map(Path, paths))))
