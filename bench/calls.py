"""Calls: how soon the other's face is there after a click, and after a network that was cut.

`python -m bench.calls [--quick]` prints Markdown tables. The studio runs as it is started by hand
and two Chromiums talk: on loopback for the click, in namespaces of the kernel with a router between
them for the cut, for which nftables drop all that one of them sends or is sent.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.journey import Guest, be_recorded, guest
from tests.browser.network import STUDIO, Network, network
from tests.browser.pages import CHROMIUM, FLAGS, make_picture
from tests.browser.studio import Place, Studio, running_studio
from tests.browser.takes import manifest_of, picture_of, sound_of, track_of

CUT_S = 20
STALL_S = 0.005
LOSSES = ("missing", "stalled")
Given = dict[str, list[tuple[float, float, float]]]
CLICK_PX, CUT_PX = (1280, 720), (640, 360)
PEOPLE = {"Rosa": "left", "Daniel": "right"}
# Logs the wall clock of the click that joins, and of every picture of the other that is shown.
WATCH = """
    window.shown = [];
    document.addEventListener("click", ({ target }) => {
        if (target.id === "join") window.clickedMs = Date.now();
    }, true);
    const follow = (video) => {
        const note = () => {
            window.shown.push(Date.now());
            video.requestVideoFrameCallback(note);
        };
        video.requestVideoFrameCallback(note);
    };
    const known = new Set();
    new MutationObserver(() => {
        for (const video of document.querySelectorAll("#tiles .tile:not(.own) video")) {
            if (!known.has(video)) { known.add(video); follow(video); }
        }
    }).observe(document, { childList: true, subtree: true });
    // A witness: when camera and microphone themselves gave something, by their own stamps.
    window.given = { video: [], audio: [] };
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const watch = async (track) => {
        const given = { track: track.clone(), maxBufferSize: 90 };
        for await (const data of new MediaStreamTrackProcessor(given).readable) {
            const length = track.kind === "audio" ? data.numberOfFrames / data.sampleRate : 0;
            window.given[track.kind].push([performance.now() / 1000, data.timestamp / 1e6, length]);
            data.close();
        }
    };
    navigator.mediaDevices.getUserMedia = async (wish) => {
        const stream = await ask(wish);
        for (const track of stream.getTracks()) void watch(track);
        return stream;
    };
"""
SHOWN_SINCE = "(since) => window.shown.find((at) => at > since) ?? null"


@dataclass(frozen=True)
class Cut:
    """How long after the end of a cut each saw the other again, and when each clock says it was."""

    faces_s: tuple[float, ...]
    during_s: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Kept:
    """What a recording lacks: samples and time without a picture, in the cuts and in all."""

    n_cut_samples: int
    n_samples: int
    n_holes: int
    cut_gap_ms: float
    camera_gap_ms: float
    n_microphone_cut: int
    n_microphone: int


@contextmanager
def talking(playwright: Playwright, ways: Network | None) -> Iterator[tuple[Studio, list[Guest]]]:
    """Start a studio and two browsers that stand in the lobby."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        place = Place(STUDIO, ways.within("studio")) if ways else Place()
        studio = stack.enter_context(running_studio(folder / "home", place))
        width, height = CUT_PX if ways else CLICK_PX
        picture = make_picture(folder / "camera.y4m", width=width, height=height)
        flags = [
            *FLAGS,
            f"--use-file-for-fake-video-capture={picture}",
            f"--unsafely-treat-insecure-origin-as-secure={studio.origin}",
            *([] if ways else ["--allow-loopback-in-peer-connection"]),
        ]
        guests = []
        for who, home in PEOPLE.items():
            program = ways.wrap(home, CHROMIUM, folder) if ways else CHROMIUM
            browser = playwright.chromium.launch(executable_path=str(program), args=flags)
            stack.callback(browser.close)
            one = stack.enter_context(guest(browser, studio.links[who], who))
            one.page.add_init_script(WATCH)
            one.agree()
            one.check()
            guests.append(one)
        yield studio, guests


def await_face(one: Guest, since_ms: float) -> float:
    """Return how many seconds after a moment the other's face was there."""
    found = one.page.wait_for_function(SHOWN_SINCE, arg=since_ms, timeout=60_000)
    return (float(found.json_value()) - since_ms) / 1000


def click(playwright: Playwright, n_clicks: int) -> list[float]:
    """Let one come into the call again and again, in which the other waits."""
    taken_s = []
    with talking(playwright, None) as (_studio, (rosa, daniel)):
        daniel.join()
        for number in range(n_clicks):
            if number:
                rosa.page.reload()
                rosa.check()
            rosa.join()
            since_ms = float(rosa.page.evaluate("window.clickedMs"))
            taken_s.append(await_face(rosa, since_ms))
            rosa.page.wait_for_timeout(500)
    return taken_s


def cut(playwright: Playwright, n_cuts: int) -> tuple[list[Cut], list[Kept]]:
    """Cut one off and then the other while both are recorded."""
    with network() as ways, talking(playwright, ways) as (studio, guests):
        for one in guests:
            one.join()
        for one in guests:
            one.see_the_other()
        be_recorded(*guests)
        cuts = [cut_off(ways, guests, guests[number % 2]) for number in range(n_cuts)]
        for one in guests:
            one.hang_up()
        for one in guests:
            one.see("You may close this page.")
        given = {one.name: one.page.evaluate("window.given") for one in guests}
        return cuts, [look_at(take, cuts, given) for take in studio.takes()]


def cut_off(ways: Network, guests: list[Guest], who: Guest) -> Cut:
    """Cut one off for a while; return when they saw each other again."""
    who.page.wait_for_timeout(5_000)
    begun_s = {one.name: clock_s(one) for one in guests}
    with ways.away(PEOPLE[who.name]):
        who.page.wait_for_timeout(1000 * CUT_S)
    healed_ms = 1000 * time.time()
    faces_s = tuple(await_face(one, healed_ms) for one in guests)
    who.page.wait_for_timeout(2_000)
    return Cut(faces_s, {one.name: (begun_s[one.name], clock_s(one)) for one in guests})


def clock_s(one: Guest) -> float:
    """Read the clock that this page's recorder goes by."""
    return float(one.page.evaluate("performance.now()")) / 1000


def look_at(take: Path, cuts: list[Cut], given: dict[str, Given]) -> Kept:
    """Say what a take lacks, and what its camera and microphone lacked."""
    manifest = manifest_of(take)
    started_s = manifest["started_us"] / 1e6
    on_clock = [each.during_s[manifest["name"]] for each in cuts]
    windows = [(begun_s - started_s, ended_s - started_s) for begun_s, ended_s in on_clock]
    camera, microphone = (pauses(given[manifest["name"]][kind]) for kind in ("video", "audio"))
    with tempfile.TemporaryDirectory() as name:
        track, _ = sound_of(take, "microphone", Path(name))
    gaps = [(gap.interval.start_s, gap.interval.duration_s) for gap in track.gaps]
    # Who is left alone at the end is not recorded: that is no loss. In a cut, every gap is one.
    is_lost = [gap.reason in LOSSES for gap in track.gaps]
    lost_s = [each_s for (_, each_s), counts in zip(gaps, is_lost, strict=True) if counts]
    picture = picture_of(take)
    steps = list(zip(picture.times_s, np.diff(picture.times_s), strict=False))
    told = track_of(take, "microphone")
    rate = told["rate"]
    whole = [(told["origin_us"] / 1e6, told["anchors"][-1]["monotonic_us"] / 1e6)]
    return Kept(
        round(rate * sum(within(gaps, windows))),
        round(rate * sum(lost_s)),
        len(track.flaws) + len(picture.flaws),
        1000 * max(within(steps, windows)),
        1000 * max(within(camera, on_clock)),
        *(round(rate * stalled_s(microphone, during)) for during in (on_clock, whole)),
    )


def pauses(given: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Return when a device gave something, and how long after its end the next one began."""
    read_s, stamps_s, lengths_s = np.array(given).T
    return list(zip(read_s, np.diff(stamps_s) - lengths_s[:-1], strict=False))


def within(stretches: list[tuple[float, float]], windows: list[tuple[float, float]]) -> list[float]:
    """Return how long those stretches are, each its start and length, that begin in a window."""
    return [
        length_s
        for start_s, length_s in stretches
        if any(begun_s <= start_s < ended_s for begun_s, ended_s in windows)
    ]


def stalled_s(stretches: list[tuple[float, float]], windows: list[tuple[float, float]]) -> float:
    """Return how long those that are no jitter of stamps are together."""
    return sum(each_s for each_s in within(stretches, windows) if each_s > STALL_S)


def main() -> None:
    """Measure and print."""
    n_clicks, n_cuts = (2, 1) if "--quick" in sys.argv else (10, 4)
    with sync_playwright() as playwright:
        clicks_s = click(playwright, n_clicks)
        cuts, kept = cut(playwright, n_cuts)
    faces_s = [face_s for one in cuts for face_s in one.faces_s]
    print("| what | bar | measured |\n| --- | --- | --- |")
    spread = f"{min(clicks_s):.2f} to {max(clicks_s):.2f}"
    print(
        f"| click to the other's face, loopback, median of {n_clicks} | <= 1.0 s |"
        f" {statistics.median(clicks_s):.2f} s ({spread}) |"
    )
    print(
        f"| face again after a cut of {CUT_S} s, {n_cuts} cut(s), both sides |"
        f" <= 4 s (2 is the stretch) | at most {max(faces_s):.1f} s,"
        f" median {statistics.median(faces_s):.1f} s |"
    )
    print(
        f"| samples missing in both takes: in the cuts; in all | 0 |"
        f" {sum(one.n_cut_samples for one in kept)}; {sum(one.n_samples for one in kept)} |"
    )
    in_cuts = sum(one.n_microphone_cut for one in kept)
    in_all = sum(one.n_microphone for one in kept)
    print(f"| the same of their microphones, by a witness | | {in_cuts}; {in_all} |")
    print(f"| fragments missing in both takes | 0 | {sum(one.n_holes for one in kept)} |")
    gaps = ", ".join(f"{one.cut_gap_ms:.0f}" for one in kept)
    cameras = ", ".join(f"{one.camera_gap_ms:.0f}" for one in kept)
    print(f"| longest video gap of each take in the cuts | <= 100 ms | {gaps} ms |")
    print(f"| the same of its camera, by a witness | | {cameras} ms |")
    print("\nA cut counts from its beginning to two seconds after both saw each other again.")
    print(
        "Simulated devices stall on a busy machine: a witness in the page, which takes their stamps"
    )
    print("and does nothing else, tells what they never gave.")


if __name__ == "__main__":
    main()
