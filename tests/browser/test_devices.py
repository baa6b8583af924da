"""Devices fail in the middle of a recorded call: a camera stalls, a microphone is unplugged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.journey import Guest, attended, be_recorded, meet
from tests.browser.pages import Browser, PageServer, break_writing
from tests.browser.studio import Studio, running_studio
from tests.browser.takes import (
    LEFT_BEHIND,
    lost,
    manifest_of,
    missing,
    picture_of,
    sound_of,
    track_of,
)

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

# What the browser's own devices give passes through tracks that the test can hold up or end.
VALVES = """(() => {
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.valves = {};
  window.mayOpen = Promise.resolve();
  const throughValve = (track) => {
    const out = new MediaStreamTrackGenerator({ kind: track.kind });
    const valve = { isShut: false, writer: out.writable.getWriter() };
    window.valves[track.kind] = valve;
    const pass = (data) => {
      if (valve.isShut) data.close();
      else return valve.writer.write(data).catch(() => track.stop());
    };
    const { readable } = new MediaStreamTrackProcessor({ track });
    void readable.pipeTo(new WritableStream({ write: pass }));
    return out;
  };
  navigator.mediaDevices.getUserMedia = async (wish) => {
    await window.mayOpen;
    return new MediaStream((await own(wish)).getTracks().map(throughValve));
  };
})()"""

# Devices that another program takes away, and holds for as long as the test says.
HELD = """(() => {
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  Object.assign(window, { tracks: [], isHeld: false, refused: [] });
  navigator.mediaDevices.getUserMedia = async (wish) => {
    refused.push(...(isHeld ? Object.keys(wish) : []));
    if (isHeld) throw new DOMException("held", "NotReadableError");
    const stream = await own(wish);
    tracks.push(...stream.getTracks());
    return stream;
  };
  window.takeAway = () => {
    isHeld = true;
    for (const track of tracks) track.stop();
    for (const track of tracks) track.dispatchEvent(new Event("ended"));
  };
})()"""

# A recording in a call of two, without the call: the other is said to be there and ready.
RECORDING = """async () => {
  const { Recording } = await import("/static/browser/call/recording.js");
  const { Keeping } = await import("/static/browser/call/keeping.js");
  const { Room } = await import("/static/browser/call/room.js");
  const words = Object.assign(document.createElement("script"), { type: "text/json", id: "words" });
  words.textContent = JSON.stringify({
    recording_not_renewed: "tried again",
    recording_voiceless: "no voice",
    recording_you: "recorded",
    trouble_camera_failed: "no picture",
    trouble_microphone_failed: "voice fails",
  });
  document.body.append(words);
  const upload = { base: "/ingest/takes", token: "token-of-ada" };
  const [you, other] = ["Ada1Ada1Ada1Ada1", "Bob1Bob1Bob1Bob1"];
  const call = { call_id: "Cal1Cal1Cal1Cal1", people: [], upload };
  const room = new Room({ participant_id: you, name: "Ada", ...call });
  room.mine = { stage: "call", ready: true };
  room.people = [{ id: other, name: "Bob", is_here: true, state: room.mine }];
  room.mayRecord = true;
  window.give = async (wish) => (await navigator.mediaDevices.getUserMedia(wish)).getTracks()[0];
  const [camera, microphone] = [await give({ video: true }), await give({ audio: true })];
  window.check = { camera, microphone };
  window.taking = new Recording(room, check, new Keeping(you, upload));
  window.said = [];
  taking.troubled = (words) => said.push(words);
  taking.follow();
  await taking.starting;
}"""
NEW_MICROPHONE = """give({ audio: true }).then((track) => {
  check.microphone.stop();
  check.microphone = track;
  taking.replaceDevices();
})"""
FINISH = "taking.finish().then(() => taking.keeping.uploads).then((uploads) => uploads.done())"


@dataclass(frozen=True)
class Talk:
    """What is left of a call in which Rosa's camera stalled and her microphone was unplugged."""

    studio: Studio
    takes: list[Path]

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads((take / "manifest.json").read_text()) for take in self.takes]


@pytest.fixture(scope="module")
def talk(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with ExitStack() as stack:
        studio = stack.enter_context(running_studio(tmp_path_factory.mktemp("home")))
        guests = []
        for name in ("Rosa", "Daniel"):
            folder = tmp_path_factory.mktemp(name)
            browser = Browser(playwright, folder, "--allow-loopback-in-peer-connection")
            stack.callback(browser.context.close)
            page = browser.context.new_page()
            guests.append(attended(page, studio.links[name], name))
        rosa, daniel = guests
        rosa.page.add_init_script(VALVES)
        fail_one_after_the_other(rosa, daniel)
        theirs = {take.parent.name for take in studio.takes()} - {take_ids(rosa)[0].split("-")[0]}
        yield Talk(studio, [take for take in studio.takes() if take.parent.name not in theirs])


def fail_one_after_the_other(rosa: Guest, daniel: Guest) -> None:
    meet(rosa, daniel)
    be_recorded(rosa, daniel)
    rosa.await_kept("microphone", 1)
    rosa.page.evaluate("() => { mayOpen = new Promise((resolve) => (letOpen = resolve)) }")
    rosa.page.evaluate("valves.video.isShut = true")
    rosa.see("Your camera gives no picture at present. Your voice goes on.")
    daniel.see("The picture of Rosa stands still")
    rosa.page.evaluate("letOpen()")
    await_takes(rosa, 2)
    daniel.see_the_other()
    rosa.page.evaluate("valves.audio.writer.close()")
    rosa.see("Your microphone has gone")
    await_takes(rosa, 3)
    run_out_of_room(rosa)
    for one in (rosa, daniel):
        one.hang_up()
        one.see("You may close this page.")


def run_out_of_room(one: Guest) -> None:
    """Let the device be almost full for a while: two more pieces of sound arrive meanwhile."""
    devtools = one.page.context.new_cdp_session(one.page)
    origin = {"origin": "{0.scheme}://{0.netloc}".format(urlsplit(one.link))}
    devtools.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 30_000_000})
    one.see("Your voice is recorded, your picture rests")
    await_more(one, "microphone", 3)
    devtools.send("Storage.overrideQuotaForOrigin", origin)
    await_more(one, "camera", 1)


def await_more(one: Guest, track: str, count: int) -> None:
    """Wait until the studio has so many more pieces of the newest take."""
    wanted = highest(one, track) + count
    while highest(one, track) < wanted:
        with one.page.expect_event("response"):
            pass


def highest(one: Guest, track: str) -> int:
    """Return the number of the last piece of the newest take that the studio has."""
    newest = take_ids(one)[-1]
    paths = [urlsplit(url).path.split("/") for url in one.kept]
    return max(
        int(path[-1]) for path in paths if path[-3:-1] == [newest, track] and path[-1] != "init"
    )


def await_takes(one: Guest, count: int) -> None:
    """Wait until the studio has the first picture and sound of so many takes."""
    for track in ("microphone", "camera"):
        while len(take_ids(one, track)) < count:
            with one.page.expect_event("response"):
                pass


def take_ids(one: Guest, track: str = "microphone") -> list[str]:
    """Return the takes of which the studio has a fragment of this track, in order."""
    paths = [urlsplit(url).path.split("/") for url in one.kept]
    return list(dict.fromkeys(path[-3] for path in paths if path[-2:] == [track, "0"]))


def starting(manifest: dict[str, Any]) -> int:
    return int(manifest["started_us"])


def test_each_device_that_fails_begins_a_take_and_all_of_them_are_complete(talk: Talk) -> None:
    assert len(talk.takes) == 3
    for take in talk.takes:
        receipt = json.loads((take / "receipt.json").read_text())
        assert (receipt["state"], receipt["holes"], missing(take)) == ("complete", [], [])


def test_the_stall_stands_in_the_manifest_as_a_gap_of_the_camera(talk: Talk) -> None:
    first = min(talk.manifests(), key=starting)
    stalls = [gap for gap in first["gaps"] if gap["reason"] == "stalled"]
    (stall,) = [gap for gap in stalls if gap["kind"] == "camera"]
    assert stall["end_us"] - stall["start_us"] >= 3_000_000


def test_a_stalled_camera_costs_no_sound(talk: Talk, tmp_path: Path) -> None:
    takes = sorted(talk.takes, key=lambda take: starting(manifest_of(take)))
    spans = []
    for take in takes[:2]:
        manifest = json.loads((take / "manifest.json").read_text())
        track, _ = sound_of(take, "microphone", tmp_path)
        assert (lost(track), track.flaws) == ([], ())
        begun_s = manifest["started_us"] / 1e6
        spans.append((begun_s + track.clock(0.0), begun_s + track.clock(track.duration_s)))
    assert spans[1][0] < spans[0][1]


def test_a_device_with_almost_no_room_lets_the_picture_rest_and_loses_no_sound(
    talk: Talk, tmp_path: Path
) -> None:
    last = max(talk.takes, key=lambda take: starting(manifest_of(take)))
    assert np.diff(picture_of(last).times_s).max() > 2
    track, _ = sound_of(last, "microphone", tmp_path)
    assert (lost(track), track.flaws) == ([], ())


def test_a_take_that_begins_anew_knows_the_clocks_of_the_others_from_its_start(talk: Talk) -> None:
    for manifest in talk.manifests():
        assert len({beacon["peer_clock_id"] for beacon in manifest["beacons"]}) == 2


def test_a_webcam_that_is_unplugged_with_its_microphone_costs_the_picture_alone(
    page: Page, pages: PageServer
) -> None:
    page.evaluate(RECORDING)
    page.evaluate("check.camera.stop()")
    page.evaluate(NEW_MICROPHONE)
    page.wait_for_function("taking.takes.length === 2")
    page.evaluate(FINISH)
    first, second = sorted(pages.folders, key=lambda take: starting(manifest_of(take)))
    assert {track["kind"] for track in manifest_of(second)["tracks"]} == {"microphone", "heard"}
    assert missing(first) == missing(second) == []


def test_a_take_that_could_not_take_over_is_said_and_tried_again(
    page: Page, pages: PageServer
) -> None:
    page.evaluate(RECORDING)
    page.route("**/recorder/worker.js", lambda route: route.abort())
    page.evaluate(NEW_MICROPHONE)
    page.wait_for_function("said.includes('tried again')")
    assert page.evaluate("taking.words()") == "no voice"
    page.unroute("**/recorder/worker.js")
    page.wait_for_function("taking.takes.length === 2")
    assert page.evaluate("taking.words()") == "recorded"
    page.evaluate(FINISH)
    assert page.evaluate("said") == ["tried again"]
    assert [missing(take) for take in pages.folders] == [[], []]


def test_a_voice_that_can_be_written_no_further_goes_on_in_another_take(
    page: Page, pages: PageServer
) -> None:
    break_writing(page)
    page.evaluate(RECORDING)
    page.wait_for_function("said.includes('voice fails')")
    assert page.evaluate("taking.words()") == "no voice"
    page.unroute("**/recorder/boxes.js")
    page.wait_for_function("taking.takes.length === 2")
    assert page.evaluate("taking.words()") == "recorded"
    page.evaluate(FINISH)
    last = max(pages.folders, key=lambda take: starting(manifest_of(take)))
    assert len(track_of(last, "microphone")["fragments"]) > 0


def test_a_take_that_gets_no_sound_is_ended_and_leaves_the_device(
    mortal: Browser, pages: PageServer
) -> None:
    page = mortal.page(pages.url)
    # The clock is the browser's: every page after it would have it too.
    page.clock.install()
    page.evaluate(RECORDING)
    page.evaluate("check.microphone = new MediaStreamTrackGenerator({ kind: 'audio' })")
    page.evaluate("taking.replaceDevices()")
    page.evaluate(
        f"async () => {{ while ((await ({LEFT_BEHIND})()).length < 2) await passed(0.05); }}"
    )
    page.clock.fast_forward(16_000)
    page.wait_for_function("said.includes('tried again')")
    page.evaluate("void taking.finish()")
    page.wait_for_function("taking.keeping.progress.is_done")
    assert page.evaluate(LEFT_BEHIND) == []
    states = [manifest_of(take)["state"] for take in pages.folders]
    assert sorted(states) == ["complete", "interrupted"]


def test_a_device_that_is_held_when_it_is_asked_for_is_asked_for_again(
    arrive: Callable[..., Guest],
) -> None:
    rosa = arrive("Rosa")
    rosa.page.add_init_script(HELD)
    rosa.agree()
    rosa.check()
    rosa.page.evaluate("takeAway()")
    rosa.page.wait_for_function("() => ['audio', 'video'].every((kind) => refused.includes(kind))")
    rosa.page.evaluate("isHeld = false")
    rosa.page.wait_for_function(
        "() => tracks.filter(({ readyState }) => readyState === 'live').length === 2"
    )
