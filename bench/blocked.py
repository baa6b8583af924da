"""A page that is blocked for two seconds while it records: what is missing of sound and picture?

Every round runs the recorder in a real Chromium beside a witness: a worker that takes what copies
of the same tracks give and does nothing with it. What it lacks too, the devices never gave.
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
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.pages import RATE_HZ, Browser, served
from tests.browser.takes import picture_of, sound_of, track_of
from tests.site.recording.material import Studio

RECORD = """record({isWatched: true}).then(() => passed(3)).then(() => block(2))
  .then(() => passed(3)).then(() => recording.stop())"""

SPARE_FRAMES = 3
STALL_S = 0.005
Given = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Round:
    """What one take lost: samples, and the longest time without a picture, beside its devices'."""

    n_missing: int
    n_microphone: int
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
        given: Given = page.evaluate("witnessed()")
        page.evaluate("uploads.done()")
        return read(pages.folder, folder, given)


def read(take: Path, folder: Path, given: Given) -> Round:
    """Say what a take lacks, against what its devices gave.

    Of the witness only what lies within the take counts: it began before it and ended after it.
    """
    track, samples = sound_of(take, "microphone", folder)
    times_s = picture_of(take).times_s
    rate = track_of(take, "microphone")["rate"]
    lost_s = sum(gap.interval.duration_s for gap in track.gaps)
    camera_s = np.array(given["camera"]).T[0][-len(times_s) - SPARE_FRAMES :] / 1e6
    begins_s, lengths_s = np.array(given["microphone"]).T / 1e6
    pauses_s = np.diff(begins_s) - lengths_s[:-1]
    is_within = begins_s[1:] > begins_s[-1] - len(samples) / RATE_HZ
    return Round(
        round(rate * lost_s),
        round(rate * pauses_s[is_within & (pauses_s > STALL_S)].sum()),
        float(1000 * np.diff(times_s).max()),
        float(1000 * np.diff(camera_s).max()),
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
    print("| machine | samples missing | of the microphone | longest video gap | of the camera |")
    print("| --- | --- | --- | --- | --- |")
    print("| bar | 0 | | <= 100 ms | |")
    with sync_playwright() as playwright:
        for words, load in (("calm", nullcontext), ("every core busy", every_core_busy)):
            with load():
                rounds = [measure(playwright) for _ in range(n_rounds)]
            missing = ", ".join(str(each.n_missing) for each in rounds)
            given = ", ".join(str(each.n_microphone) for each in rounds)
            gaps = ", ".join(f"{each.gap_ms:.0f}" for each in rounds)
            cameras = ", ".join(f"{each.camera_gap_ms:.0f}" for each in rounds)
            lost = f"{missing} | {given} | {gaps} ms | {cameras} ms"
            print(f"| {words}, {n_rounds} round(s) | {lost} |")


if __name__ == "__main__":
    main()
