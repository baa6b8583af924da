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
from numpy.typing import NDArray
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.pages import Browser, served
from tests.browser.takes import manifest_of, picture_of, sound_of, track_of
from tests.site.recording.material import Studio

RECORD = """record({isWatched: true}).then(() => passed(3)).then(() => block(2))
  .then(() => passed(3)).then(() => recording.stop())"""

STALL_S = 0.005
Noted = list[tuple[float, float, float]]
Given = dict[str, Noted]


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

    Of the witness only what it read within the take counts: it began before it and ended after it.
    """
    track, _ = sound_of(take, "microphone", folder)
    times_s = picture_of(take).times_s
    told = track_of(take, "microphone")
    lost_s = sum(gap.interval.duration_s for gap in track.gaps)
    shown_us = manifest_of(take)["started_us"] + 1e6 * times_s
    cameras_s, _ = read_within(given["camera"], shown_us[0], shown_us[-1])
    last_us = told["anchors"][-1]["monotonic_us"]
    begins_s, lengths_s = read_within(given["microphone"], told["origin_us"], last_us)
    pauses_s = np.diff(begins_s) - lengths_s[:-1]
    return Round(
        round(told["rate"] * lost_s),
        round(told["rate"] * pauses_s[pauses_s > STALL_S].sum()),
        float(1000 * np.diff(times_s).max()),
        float(1000 * np.diff(cameras_s).max()),
    )


def read_within(noted: Noted, begin_us: float, end_us: float) -> NDArray[np.float64]:
    """Return the stamps and lengths, in seconds, of what the witness read in this time."""
    stamps_us, lengths_us, read_us = np.array(noted).T
    is_within = (read_us >= begin_us) & (read_us <= end_us)
    return np.array([stamps_us, lengths_us])[:, is_within] / 1e6


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
