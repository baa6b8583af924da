"""A real Chromium records its fake devices; the engine reads what arrived on the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from candid.engine.recording.take import TrackKind
from tests.browser.pages import RATE_HZ, Browser, PageServer, alter, break_writing
from tests.browser.takes import (
    DEVICE_STALL_S,
    lost,
    manifest_of,
    missing,
    n_samples_told,
    picture_of,
    sound_of,
    track_of,
)

pytestmark = pytest.mark.xdist_group("browser")

# Between two pictures of a take where the camera gave more: two lost at 30 a second.
LONGEST_GAP_S = 0.1
SILENCES = {"paused": ("pause()", "resume()"), "muted": ("mute(true)", "mute(false)")}


def record(page: Page, script: str) -> None:
    page.evaluate("open()")
    page.evaluate(script)
    page.evaluate("uploads.done()")
    assert page.evaluate("told.troubles") == []


def test_ten_seconds_arrive_as_a_take_without_a_flaw(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    record(page, "recordFor(10)")
    folder = pages.folder
    assert manifest_of(folder)["state"] == "complete"
    assert missing(folder) == []
    for kind in ("microphone", "heard"):
        track, samples = sound_of(folder, kind, tmp_path)
        assert (lost(track), track.flaws) == ([], ())
        assert np.abs(samples.astype(int)).max() > 3000
    microphone, told = track_of(folder, "microphone"), n_samples_told(folder, "microphone")
    assembled = sound_of(folder, "microphone", tmp_path)[0]
    # What a simulated microphone left out itself is silence in it.
    given_s = assembled.n_samples / RATE_HZ - sum(gap.interval.duration_s for gap in assembled.gaps)
    assert given_s == pytest.approx(told / microphone["rate"], abs=0.001)
    picture = picture_of(folder)
    assert (picture.gaps, picture.flaws) == ((), ())
    assert picture.n_decoded == len(picture.times_s)
    assert np.ptp(picture.times_s) > 9


def test_the_camera_is_cut_at_key_frames_of_about_two_seconds(
    page: Page, pages: PageServer
) -> None:
    record(page, "recordFor(7)")
    camera = track_of(pages.folder, "camera")
    assert camera["codec"].startswith("avc1.")
    lengths_s = [each["duration"] / camera["rate"] for each in camera["fragments"]]
    assert len(lengths_s) >= 3
    assert max(lengths_s) < 4
    starts = [each["start"] for each in camera["fragments"]]
    ends = [each["start"] + each["duration"] for each in camera["fragments"]]
    # A start and a length are each rounded to a tick.
    assert starts[1:] == pytest.approx(ends[:-1], abs=1)


def test_every_second_of_sound_has_an_anchor_and_no_sample_is_missing_between_them(
    page: Page, pages: PageServer
) -> None:
    record(page, "recordFor(6)")
    track = track_of(pages.folder, "microphone")
    places = np.array([each["sample"] for each in track["anchors"]])
    read_s = np.array([each["monotonic_us"] for each in track["anchors"]]) / 1e6
    rate_hz = track["rate"]
    assert sorted({int(place // rate_hz) for place in places}) == list(range(len(places)))
    assert len(places) >= 6
    assert places[-1] <= n_samples_told(pages.folder, "microphone")
    assert np.ptp(read_s - places / rate_hz) < 1


def test_a_page_that_is_blocked_for_two_seconds_costs_no_sample_and_leaves_no_gap_in_the_picture(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    script = "record({isWatched: true}).then(() => passed(2)).then(() => block(2))"
    record(page, f"{script}.then(() => passed(2)).then(() => recording.stop())")
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    assert (lost(track), track.flaws) == ([], ())
    assert track.n_samples >= 6 * RATE_HZ
    times_s, given = picture_of(pages.folder).times_s, page.evaluate("witnessed()")
    given_us = np.array(given["camera"], dtype=np.int64)[:, 0]
    assert longest_lost_s(times_s, given_us) <= LONGEST_GAP_S


def longest_lost_s(times_s: NDArray[np.float64], given_us: NDArray[np.int64]) -> float:
    """Return the longest step of a take, on a clock that stands while the camera gives nothing.

    What the camera gave is what the witness and the take have between them: on a busy machine a
    simulated camera leaves out half a second, and a browser gives a single frame to one of two.
    """
    taken_us = np.rint((times_s - times_s[0]) * 1e6)
    met = [np.abs(given_us - first - taken_us[:, None]).min(axis=1) < 2_000 for first in given_us]
    taken_us += given_us[int(np.argmax([each.sum() for each in met]))]
    all_us = np.sort(np.concatenate([given_us, taken_us]))
    run_us = np.minimum(np.diff(all_us), np.median(np.diff(given_us)))
    clock_us = np.concatenate([[0], np.cumsum(run_us)])
    steps_us = np.diff(clock_us[np.searchsorted(all_us, taken_us)])
    # Stamps are rounded: two lost at 30 a second are no microsecond more than the bound.
    return round(float(steps_us.max()) / 1e6, 3)


def test_pause_mute_strike_and_beacons_stand_in_the_manifest(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    page.evaluate("open()")
    page.evaluate("record().then(() => passed(1.5))")
    page.evaluate(
        "recording.addBeacon({peer_clock_id: 'server', t1_us: 1, t2_us: 2, t3_us: 3, t4_us: 4})"
    )
    page.evaluate("recording.mute(true); passed(1)")
    page.evaluate("recording.mute(false); passed(0.5)")
    page.evaluate("recording.pause(); passed(1.5)")
    page.evaluate("recording.resume(); passed(1.5)")
    page.evaluate("recording.strike(performance.now() * 1000 - 1e6, performance.now() * 1000)")
    page.evaluate("recording.stop()")
    page.evaluate("uploads.done()")
    manifest = manifest_of(pages.folder)
    gaps = [each for each in manifest["gaps"] if not is_left_out(each)]
    assert [each["reason"] for each in gaps] == ["muted", "paused", "struck"]
    assert gaps[0]["kind"] == "microphone"
    assert all(each["end_us"] > each["start_us"] for each in manifest["gaps"])
    assert manifest["beacons"][0]["peer_clock_id"] == "server"
    track, samples = sound_of(pages.folder, "microphone", tmp_path)
    assert track.n_samples == len(samples)
    struck = {Path(name).parent.name for name in missing(pages.folder)}
    assert struck == {"microphone", "camera", "heard"}
    (paused,) = [gap for gap in track.gaps if gap.reason == "paused"]
    shown = picture_of(pages.folder).times_s
    assert not np.any((shown > paused.interval.start_s) & (shown < paused.interval.end_s))


def is_left_out(gap: dict[str, Any]) -> bool:
    """Tell whether it is sound that a simulated microphone may not have given at all."""
    return gap["reason"] == "stalled" and gap.get("kind") in ("microphone", "heard")


@pytest.mark.parametrize("by_worklet", [False, True])
@pytest.mark.parametrize(("first", "last"), [("paused", "muted"), ("muted", "paused")])
def test_what_is_said_while_muted_or_paused_leaves_no_trace_to_the_last_sample(
    page: Page, pages: PageServer, tmp_path: Path, *, by_worklet: bool, first: str, last: str
) -> None:
    page.evaluate("open()")
    page.evaluate(
        f"record({{forceMediaRecorder: {str(by_worklet).lower()}}}).then(() => passed(1))"
    )
    page.evaluate(f"recording.{SILENCES[first][0]}; passed(1.5)")
    page.evaluate(f"recording.{SILENCES[first][1]}; passed(1)")
    page.evaluate(f"recording.{SILENCES[last][0]}; passed(1.5)")
    page.evaluate("recording.stop().then(() => uploads.done())")
    gaps = {each["reason"]: each for each in manifest_of(pages.folder)["gaps"]}
    # Read as though nothing had been said of it: the engine silences what a manifest names.
    hide_gaps(pages.folder)
    silent: list[tuple[TrackKind, str]]
    silent = [("microphone", "paused"), ("microphone", "muted"), ("heard", "paused")]
    for kind, reason in silent:
        _, samples = sound_of(pages.folder, kind, tmp_path)
        place = place_of(pages.folder, kind, gaps[reason])
        inside = samples[place.start :] if reason == last else samples[place]
        assert len(inside) > 0.5 * RATE_HZ
        assert samples[: RATE_HZ // 2].any()
        # Opus leaves a rest of what it heard before.
        assert np.abs(inside.astype(int)).max() <= (0 if kind == "microphone" else 50)
    shown_us = picture_of(pages.folder).times_s * 1e6 + manifest_of(pages.folder)["started_us"]
    paused = gaps["paused"]
    begin_us = paused["start_us"] + DEVICE_STALL_S * 1e6
    end_us = np.inf if last == "paused" else paused["end_us"]
    assert not np.any((shown_us > begin_us) & (shown_us < end_us))


@pytest.mark.parametrize("by_worklet", [False, True])
def test_of_who_pauses_before_a_take_has_begun_nothing_is_in_it(
    page: Page, pages: PageServer, tmp_path: Path, *, by_worklet: bool
) -> None:
    page.evaluate("open()")
    paused = f"{{forceMediaRecorder: {str(by_worklet).lower()}, before: () => recording.pause()}}"
    page.evaluate(f"record({paused}).then(() => passed(2.5))")
    page.evaluate("recording.stop().then(() => uploads.done())")
    hide_gaps(pages.folder)
    for kind in ("microphone", "heard"):
        _, samples = sound_of(pages.folder, kind, tmp_path)
        assert len(samples) > RATE_HZ
        assert not samples.any()
    tracks = manifest_of(pages.folder)["tracks"]
    assert [each["fragments"] for each in tracks if each["kind"] == "camera"] in ([], [[]])


@pytest.mark.parametrize("seconds", [0, 0.1, 0.3, 0.6])
def test_a_take_that_ends_before_its_camera_gave_anything_is_no_trouble(
    page: Page, pages: PageServer, seconds: float
) -> None:
    record(page, f"recordFor({seconds}, {{forceMediaRecorder: true}})")
    assert manifest_of(pages.folder)["state"] == "complete"
    assert missing(pages.folder) == []


@pytest.mark.parametrize("by_worklet", [False, True])
def test_nothing_that_was_captured_before_it_is_kept_is_in_a_take(
    page: Page, pages: PageServer, tmp_path: Path, *, by_worklet: bool
) -> None:
    page.evaluate("open()")
    late = f"{{forceMediaRecorder: {str(by_worklet).lower()}, before: () => passed(2)}}"
    kept_us = page.evaluate(f"record({late}).then(() => performance.now() * 1000)")
    page.evaluate("passed(2).then(() => recording.stop()).then(() => uploads.done())")
    assert track_of(pages.folder, "camera")["origin_us"] > kept_us - 100_000
    _, samples = sound_of(pages.folder, "microphone", tmp_path)
    assert not samples[: int(1.5 * RATE_HZ)].any()
    assert samples[2 * RATE_HZ :].any()


def test_what_was_captured_in_a_pause_is_silent_though_it_is_read_after_it(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    hold_reading(page, for_ms=2500)
    page.evaluate("open()")
    page.evaluate("record().then(() => passed(0.8))")
    page.evaluate("recording.pause(); passed(1)")
    page.evaluate("recording.resume(); passed(2)")
    page.evaluate("recording.stop().then(() => uploads.done())")
    (paused,) = [each for each in manifest_of(pages.folder)["gaps"] if each["reason"] == "paused"]
    hide_gaps(pages.folder)
    _, samples = sound_of(pages.folder, "microphone", tmp_path)
    place = place_of(pages.folder, "microphone", paused)
    assert place.stop - place.start > 0.3 * RATE_HZ
    assert not samples[place].any()
    assert samples[: place.start].any()
    assert samples[place.stop + RATE_HZ // 2 :].any()


def hold_reading(page: Page, *, for_ms: int) -> None:
    """Let what the microphone gives wait to be read, once, from half a second on."""
    reading = "const { done, value } = await this.reader.read();"
    waiting = f"(self.held ??= new Promise((go) => setTimeout(go, {for_ms})))"
    held = f"if (this.count > 24_000) await {waiting}; {reading}"
    alter(page, "recorder/voice.js", lambda script: script.replace(reading, held))


def hide_gaps(folder: Path) -> None:
    manifest = manifest_of(folder)
    (folder / "manifest.json").write_text(json.dumps({**manifest, "gaps": []}))


def place_of(folder: Path, kind: str, gap: dict[str, Any]) -> slice:
    """Return the samples of a gap, without what the way to the worker may have taken."""
    origin_us = track_of(folder, kind)["origin_us"]
    begin_s, end_s = ((gap[name] - origin_us) / 1e6 for name in ("start_us", "end_us"))
    return slice(round((begin_s + DEVICE_STALL_S) * RATE_HZ), round((end_s - 0.03) * RATE_HZ))


def test_what_the_device_gave_before_the_end_is_recorded_though_it_is_read_late(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    hold_reading(page, for_ms=2000)
    record(page, "recordFor(2.1)")
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    assert track.n_samples > (2.1 - DEVICE_STALL_S) * RATE_HZ


@pytest.mark.parametrize("by_worklet", [False, True])
def test_a_last_block_that_comes_after_the_word_to_stop_is_still_recorded(
    page: Page, pages: PageServer, tmp_path: Path, *, by_worklet: bool
) -> None:
    blocks = "({ data }) => (data.isLast"
    late = "(event) => setTimeout(() => handle(event), 1000); const handle = " + blocks
    alter(page, "recorder/worker.js", lambda script: script.replace(blocks, late))
    record(page, f"recordFor(2, {{forceMediaRecorder: {str(by_worklet).lower()}}})")
    assert missing(pages.folder) == []
    # By the worklet, the first block too comes a second late, and a take begins with it.
    taken_s = 3 if by_worklet else 2
    for kind in ("microphone", "heard"):
        track, _ = sound_of(pages.folder, kind, tmp_path)
        assert (lost(track), track.flaws) == ([], ())
        assert track.n_samples > (taken_s - DEVICE_STALL_S) * RATE_HZ


def test_without_an_encoder_of_frames_the_camera_is_written_as_the_same_fragments(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    record(page, "recordFor(8, {forceMediaRecorder: true})")
    assert missing(pages.folder) == []
    camera = track_of(pages.folder, "camera")
    assert len(camera["fragments"]) >= 2
    assert max(each["duration"] for each in camera["fragments"]) < 3 * camera["rate"]
    picture = picture_of(pages.folder)
    assert picture.flaws == ()
    assert np.ptp(picture.times_s) > 6
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    assert (lost(track), track.flaws) == ([], ())


def test_without_an_encoder_of_frames_a_page_that_is_blocked_costs_no_sample(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    script = "record({forceMediaRecorder: true}).then(() => passed(2)).then(() => block(2))"
    record(page, f"{script}.then(() => passed(2)).then(() => recording.stop())")
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    assert (lost(track), track.flaws) == ([], ())
    assert track.n_samples >= 6 * RATE_HZ
    assert picture_of(pages.folder).flaws == ()


def test_without_an_encoder_of_frames_a_page_that_is_loaded_anew_leaves_a_take_that_is_whole(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    page.evaluate("open()")
    with page.expect_response(lambda response: response.url.endswith("/camera/1")):
        page.evaluate("record({forceMediaRecorder: true})")
    page.reload()
    page.wait_for_function("window.isReady")
    page.evaluate("open()")
    page.evaluate("uploads.done()")
    assert manifest_of(pages.folder)["state"] == "interrupted"
    assert missing(pages.folder) == []
    assert picture_of(pages.folder).flaws == ()
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    assert track.flaws == ()


def test_a_browser_without_h264_writes_what_it_has(page: Page, pages: PageServer) -> None:
    page.evaluate(
        """() => {
          const own = MediaRecorder.isTypeSupported.bind(MediaRecorder);
          MediaRecorder.isTypeSupported = (type) => type.endsWith("vp8") && own(type);
        }"""
    )
    record(page, "recordFor(5, {forceMediaRecorder: true})")
    assert track_of(pages.folder, "camera")["codec"] == "vp8"
    picture = picture_of(pages.folder)
    assert picture.flaws == ()
    assert picture.n_decoded == len(picture.times_s)
    assert np.ptp(picture.times_s) > 3


def test_what_a_device_does_after_its_take_is_no_trouble_of_that_take(page: Page) -> None:
    page.evaluate("open()")
    page.evaluate("recordFor(1)")
    page.evaluate("media.getAudioTracks()[0].dispatchEvent(new Event('mute'))")
    assert page.evaluate("told.troubles") == []


def test_a_track_that_can_be_written_no_further_is_told_at_once(
    page: Page, pages: PageServer
) -> None:
    break_writing(page)
    page.evaluate("open()")
    page.evaluate("record()")
    kinds = ["camera", "heard", "microphone"]
    page.wait_for_function(
        "(kinds) => kinds.every((kind) => told.troubles.includes(`${kind}_failed`))", arg=kinds
    )
    page.evaluate("recording.stop().then(() => uploads.done())")
    gaps = manifest_of(pages.folder)["gaps"]
    assert sorted((gap["kind"], gap["reason"]) for gap in gaps) == [
        (kind, "stalled") for kind in kinds
    ]


def test_sound_that_the_system_holds_is_given_up_and_closed(
    mortal: Browser, pages: PageServer
) -> None:
    page = mortal.page(pages.url)
    page.evaluate("open()")
    # The clock is the browser's: every page after it would have it too.
    page.clock.install()
    page.evaluate("""() => {
        window.held = new Promise((resolve) => {
            AudioContext.prototype.resume = function () {
                resolve(this);
                return new Promise(() => undefined);
            };
        });
        window.failed = record().then(() => "it began", String);
    }""")
    page.evaluate("held.then(() => undefined)")
    page.clock.fast_forward(16_000)
    assert page.evaluate("failed") == "Error: no sound came"
    page.evaluate("""held.then((it) => it.state === "closed"
        || new Promise((seen) => (it.onstatechange = () => seen(null))))""")
    assert page.evaluate("held.then(({ state }) => state)") == "closed"


def test_uploads_whose_worker_cannot_be_loaded_say_so(page: Page) -> None:
    page.route("**/upload/worker.js", lambda route: route.abort())
    with pytest.raises(PlaywrightError, match="Error"):
        page.evaluate("open()")
