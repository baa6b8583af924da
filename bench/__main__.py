"""`make bench`: run every claim in a process of its own and write bench/RESULTS.md.

`python -m bench NAME [NAME ...]` runs a few; `--quick` is for trying them out and writes
nothing.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

CLAIMS = (
    "alignment",
    "transcription",
    "render",
    "lips",
    "memory",
    "start",
    "ingest",
    "sockets",
    "flashes",
    "blocked",
    "calls",
)
RESULTS = Path(__file__).with_name("RESULTS.md")

_HEAD = """# Results

As measured by `make bench`, good or bad. The machine is shared with other work: trust ratios and
CPU seconds, not wall times. Every claim runs its peers beside it in the same run.

Machine: {machine}, {cores} cores, Python {python}.
"""


def main(arguments: list[str]) -> int:
    """Run the claims named, or all; return 1 if one of them could not be measured."""
    is_quick = "--quick" in arguments
    names = [name for name in arguments if not name.startswith("-")] or list(CLAIMS)
    sections = {name: _measure(name, is_quick=is_quick) for name in names}
    if not is_quick:
        _write(sections)
    return int(any(text is None for text in sections.values()))


def _measure(name: str, *, is_quick: bool) -> str | None:
    print(f"bench: {name}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"bench.{name}", *(["--quick"] if is_quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, flush=True)
    return done.stdout if done.returncode == 0 else None


def _write(sections: dict[str, str | None]) -> None:
    """Replace the sections that were measured, keep the others."""
    known = _read_sections()
    for name, text in sections.items():
        known[name] = text.strip() if text else "Could not be measured in the last run."
    head = _HEAD.format(
        machine=platform.machine(), cores=os.cpu_count(), python=platform.python_version()
    )
    body = "".join(f"\n## {name}\n\n{known[name]}\n" for name in CLAIMS if name in known)
    RESULTS.write_text(head + body, encoding="utf-8")


def _read_sections() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    _, *parts = RESULTS.read_text(encoding="utf-8").split("\n## ")
    return {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1].strip() for part in parts}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
