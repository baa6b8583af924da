"""A page that is blocked for two seconds while it records: what is missing of sound and picture?

Every round runs the recorder in a real Chromium beside a witness: a worker that takes the frames of
a copy of the same camera track and does nothing with them. What the witness lacks too, the
camera never gave.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.pages import Browser, served
from tests.browser.takes import picture_of, sound_of, track_of
from tests.site.recording.material import Studio

RECORD = """record({isWatched: true}).then(() => passed(3)).then(() => block(2))
  .then(() => passed(3)).then(() => recording.stop())"""

SPARE_FRAMES = 3


@dataclass(frozen=True)
class Round:
    """What one take lost: samples, and the longest time without a picture, beside the camera's."""

    n_missing: int
    gap_ms: float
    camera_gap_ms: float


def measure(playwright: Playwright) -> Round:
    """Record once in a fresh browser."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pages = stack.enter_context(served(Studio(folder / "media")))
        browser = Browser(playwright, folder)
        stack.callback(browser.context.close)
        page = browser.page(pages.url)
        page.evaluate("open()")
        page.evaluate(RECORD)
        stamps_us = np.array(page.evaluate("witnessed()"), dtype=float)
        page.evaluate("uploads.done()")
        return read(pages.folder, folder, stamps_us)


def read(take: Path, folder: Path, stamps_us: NDArray[np.float64]) -> Round:
    """Say what a take lacks, against what the camera gave."""
    track, _ = sound_of(take, "microphone", folder)
    times_s = picture_of(take).times_s
    lost_s = sum(gap.interval.duration_s for gap in track.gaps)
    # The camera's own gaps within the take: the witness began before it and ended after it.
    within_us = stamps_us[-len(times_s) - SPARE_FRAMES :]
    return Round(
        round(lost_s * track_of(take, "microphone")["rate"]),
        float(1000 * np.diff(times_s).max()),
        float(np.diff(within_us).max() / 1000),
    )


@contextmanager
def every_core_busy() -> Iterator[None]:
    """Keep all cores at work on nothing."""
    command = [sys.executable, "-c", "while True: pass"]
    spinning = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def main() -> None:
    """Print what each round lost as a Markdown table."""
    n_rounds = 1 if "--quick" in sys.argv else 5
    print("| machine | samples missing | longest video gap | of the camera itself |")
    print("| --- | --- | --- | --- |")
    print("| bar | 0 | <= 100 ms | |")
    with sync_playwright() as playwright:
        for words, load in (("calm", nullcontext), ("every core busy", every_core_busy)):
            with load():
                rounds = [measure(playwright) for _ in range(n_rounds)]
            missing = ", ".join(str(each.n_missing) for each in rounds)
            gaps = ", ".join(f"{each.gap_ms:.0f}" for each in rounds)
            cameras = ", ".join(f"{each.camera_gap_ms:.0f}" for each in rounds)
            print(f"| {words}, {n_rounds} round(s) | {missing} | {gaps} ms | {cameras} ms |")


if __name__ == "__main__":
    main()
