"""What a browser has kept reaches the server, whatever became of page, browser and server."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.pages import Browser, PageServer, alter
from tests.browser.takes import (
    LEFT_BEHIND,
    lost,
    manifest_of,
    missing,
    picture_of,
    sound_of,
    track_of,
)

pytestmark = pytest.mark.xdist_group("browser")

# The uploads that were closed may still hold the journal for a moment.
DAMAGE = """async (name) => {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("candid-takes");
  let take;
  for await (take of root.values());
  async function open(file) {
    for (;;) {
      try {
        return await file.createWritable({ keepExistingData: true });
      } catch (error) {
        if (error.name !== "NoModificationAllowedError") throw error;
        await passed(0.05);
      }
    }
  }
  const log = await take.getFileHandle("facts.log");
  const { size } = await log.getFile();
  const torn = await open(log);
  const data = new Uint8Array([67, 78, 68, 49, 0, 0, 9]);
  await torn.write({ type: "write", position: size, data });
  await torn.close();
  const piece = await take.getFileHandle(name);
  const cut = await open(piece);
  await cut.truncate((await piece.getFile()).size - 100);
  await cut.close();
}"""


# The pieces of the one take that is on the device.
KEPT = """async () => {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("candid-takes");
  let take;
  for await (take of root.values());
  const names = [];
  for await (const name of take.keys()) if (name.endsWith(".piece")) names.push(name);
  return names;
}"""
INITS = {f"{kind}-init.piece" for kind in ("camera", "heard", "microphone")}


def test_the_device_is_empty_once_the_server_has_all(page: Page, pages: PageServer) -> None:
    page.evaluate("open()")
    page.evaluate("recordFor(3)")
    page.evaluate("uploads.done()")
    page.wait_for_function("told.progress.is_done && told.progress.percent === 100")
    progress = page.evaluate("told.progress")
    assert progress["kept"] == progress["acknowledged"] > 0
    assert page.evaluate(LEFT_BEHIND) == []
    assert missing(pages.folder) == []


def test_a_killed_browser_sends_on_its_return_all_that_it_had_kept(
    mortal: Browser, pages: PageServer
) -> None:
    page = mortal.page(pages.url)
    page.evaluate("open()")
    page.evaluate("record()")
    pages.await_fragments(3)
    pages.is_away = True
    page.wait_for_function("told.progress.kept > told.progress.acknowledged + 300000")
    acknowledged = set(pages.folder.rglob("*.m4s"))
    mortal.kill()
    pages.is_away = False
    mortal.reopen()
    page = mortal.page(pages.url)
    (unfinished,) = page.evaluate("open()")
    assert unfinished["bytes"] > 300_000
    page.evaluate("uploads.done()")
    assert manifest_of(pages.folder)["state"] == "interrupted"
    assert missing(pages.folder) == []
    assert acknowledged < set(pages.folder.rglob("*.m4s"))
    assert picture_of(pages.folder).flaws == ()
    assert page.evaluate(LEFT_BEHIND) == []


def test_a_picture_that_died_with_the_browser_before_its_next_key_frame_is_told(
    mortal: Browser, pages: PageServer
) -> None:
    page = mortal.page(pages.url)
    # As in Firefox, which makes a key frame every seven and a half seconds, whatever it is asked.
    every = "KEY_EVERY_MS = 2_000"
    alter(page, "recorder/camera.js", lambda script: script.replace(every, "KEY_EVERY_MS = 60_000"))
    page.reload()
    page.wait_for_function("window.isReady")
    page.evaluate("open()")
    page.evaluate("record({forceMediaRecorder: true})")
    pages.await_fragments(6)
    page.wait_for_function("told.progress.kept > 700000")
    mortal.kill()
    mortal.reopen()
    page = mortal.page(pages.url)
    page.evaluate("open()")
    page.evaluate("uploads.done()")
    manifest = manifest_of(pages.folder)
    # Beside it the simulated microphone may have left something out.
    (gap,) = [each for each in manifest["gaps"] if each.get("kind") == "camera"]
    assert {each["reason"] for each in manifest["gaps"]} == {"stalled"}
    camera = [each for each in manifest["tracks"] if each["kind"] == "camera"]
    ends_us = [
        each["origin_us"] + (last["start"] + last["duration"]) * 1e6 / each["rate"]
        for each in camera
        for last in each["fragments"][-1:]
    ]
    assert gap["start_us"] == pytest.approx(max(ends_us, default=gap["start_us"]), abs=1_000)
    anchors = [each["anchors"][-1] for each in manifest["tracks"] if each.get("anchors")]
    assert gap["end_us"] == max(each["monotonic_us"] for each in anchors)
    assert gap["end_us"] - gap["start_us"] > 3e6


LOST_PICTURE = """async (facts) => {
  const { Ledger } = await import("/static/browser/upload/manifest.js");
  const ledger = new Ledger();
  for (const fact of facts) ledger.add(fact);
  ledger.add({ is: "anchor", kind: "microphone", sample: 960_000, monotonic_us: 20_000_000 });
  return ledger.lostPicture().map(({ start_us, end_us }) => [start_us, end_us]);
}"""
OPENED = {"is": "picture", "begin_us": 0}
STILL = {"is": "gap", "id": "a", "reason": "stalled", "kind": "camera", "start_us": 1}
PAUSED = {"is": "gap", "id": "b", "reason": "paused", "start_us": 1}


@pytest.mark.parametrize(
    ("facts", "gaps"),
    [
        ([], []),
        ([OPENED], [[0, 20_000_000]]),
        ([OPENED, OPENED | {"begin_us": None}], []),
        ([OPENED, STILL | {"end_us": 8_000_000}], [[8_000_000, 20_000_000]]),
        ([OPENED, PAUSED | {"end_us": 18_000_000}], []),
        ([OPENED, PAUSED | {"end_us": None}], []),
    ],
)
def test_a_picture_died_only_where_a_camera_gave_it_and_nothing_else_says_why(
    page: Page, facts: list[dict[str, object]], gaps: list[list[int]]
) -> None:
    assert page.evaluate(LOST_PICTURE, facts) == gaps


@pytest.mark.parametrize("by_recorder", [False, True])
def test_a_camera_that_was_turned_off_is_not_said_to_have_died_with_its_page(
    page: Page, pages: PageServer, *, by_recorder: bool
) -> None:
    page.evaluate("open()")
    page.evaluate(f"record({{forceMediaRecorder: {str(by_recorder).lower()}}})")
    page.evaluate("passed(1).then(() => media.getVideoTracks()[0].stop())")
    pages.await_fragments(7)
    page.reload()
    page.wait_for_function("window.isReady")
    page.evaluate("openLeft()")
    page.evaluate("uploads.done()")
    manifest = manifest_of(pages.folder)
    assert manifest["state"] == "interrupted"
    assert [each for each in manifest["gaps"] if each.get("kind") == "camera"] == []


def test_what_was_struck_and_not_deleted_in_time_goes_before_a_word_is_said(
    page: Page, pages: PageServer
) -> None:
    striking = "async strike(startUs, endUs) {"
    alter(
        page,
        "upload/sending.js",
        lambda script: script.replace(striking, f"{striking} return;"),
    )
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("record().then(() => passed(3))")
    page.evaluate("recording.stop().then(() => uploads.strike(recording.takeId, 0, 1e12))")
    page.evaluate("uploads.close()")
    assert set(page.evaluate(KEPT)) > INITS
    page.unroute("**/upload/sending.js")
    page.reload()
    page.wait_for_function("window.isReady")
    page.evaluate("openLeft({ isHeld: true })")
    assert set(page.evaluate(KEPT)) == INITS


def test_a_server_that_is_away_is_waited_for(page: Page, pages: PageServer) -> None:
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("recordFor(3)")
    assert pages.failed.wait(60)
    page.wait_for_function("told.words.includes('waiting')")
    assert page.evaluate("told.progress.acknowledged") == 0
    pages.is_away = False
    page.evaluate("uploads.done()")
    assert "working" in page.evaluate("told.words")
    assert missing(pages.folder) == []


def test_a_torn_tail_of_the_journal_is_cut_and_costs_itself_alone(
    page: Page, pages: PageServer
) -> None:
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("recordFor(5)")
    page.evaluate("uploads.close()")
    pages.is_away = False
    page.evaluate(DAMAGE, "microphone-1.piece")
    (unfinished,) = page.evaluate("openLeft()")
    assert unfinished["bytes"] > 0
    page.evaluate("uploads.done()")
    assert missing(pages.folder) == ["microphone/000001.m4s"]
    assert len(track_of(pages.folder, "microphone")["fragments"]) >= 3
    assert "refused" in page.evaluate("told.words")


TAKEN = """async (takeId) => {
    const bytes = new TextEncoder().encode("other content");
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const headers = {
        Authorization: "Bearer token-of-ada",
        "Content-Digest": `sha-256=:${btoa(String.fromCharCode(...hash))}:`,
    };
    const address = `/ingest/takes/${takeId}/microphone/1`;
    return (await fetch(address, { method: "PUT", headers, body: bytes })).status;
}"""


def test_what_the_server_does_not_take_is_kept_and_waited_for_no_longer(page: Page) -> None:
    page.evaluate("open()")
    take_id = page.evaluate("record()")
    assert page.evaluate(TAKEN, take_id) == 201
    page.evaluate("passed(4)")
    page.evaluate("recording.stop()")
    assert page.evaluate("uploads.done()") is False
    assert page.evaluate("told.progress.is_done") is False


def leave_a_take_behind(page: Page, pages: PageServer, seconds: int) -> str:
    """Let a page record while the server is away, and load it anew; return the take's id."""
    pages.is_away = True
    page.evaluate("open()")
    take_id: str = page.evaluate(f"recordFor({seconds})")
    page.reload()
    page.wait_for_function("window.isReady")
    pages.is_away = False
    return take_id


def test_what_is_held_waits_for_a_word_while_a_new_take_is_sent(
    page: Page, pages: PageServer
) -> None:
    held = leave_a_take_behind(page, pages, 2)
    page.evaluate("open({isHeld: true})")
    sent = page.evaluate("recordFor(2)")
    page.evaluate("uploads.done()")
    assert [take.name for take in pages.folders] == [sent]
    assert missing(pages.folder) == []
    page.wait_for_function("told.progress.is_done && told.progress.has_held")
    assert page.evaluate(LEFT_BEHIND) == [held]
    page.evaluate("uploads.send()")
    page.evaluate("uploads.done()")
    assert page.evaluate(LEFT_BEHIND) == []
    assert [missing(take) for take in pages.folders] == [[], []]


def test_deleting_what_an_earlier_page_left_leaves_a_take_of_this_page_alone(
    page: Page, pages: PageServer
) -> None:
    leave_a_take_behind(page, pages, 2)
    pages.is_away = True
    page.evaluate("openLeft({isHeld: true})")
    own = page.evaluate("recordFor(2)")
    page.evaluate("uploads.deleteUnfinished()")
    assert page.evaluate(LEFT_BEHIND) == [own]
    pages.is_away = False
    page.evaluate("uploads.done()")
    assert [take.name for take in pages.folders] == [own]


def test_what_the_device_does_not_delete_at_once_is_deleted_later_and_keeps_nothing_else(
    page: Page, pages: PageServer
) -> None:
    leave_a_take_behind(page, pages, 1)
    held = leave_a_take_behind(page, pages, 1)
    once = """const removeEntry = FileSystemDirectoryHandle.prototype.removeEntry;
      let isHeld = true;
      FileSystemDirectoryHandle.prototype.removeEntry = async function (name, how) {
        if (name === "%s" && isHeld) {
          isHeld = false;
          throw new DOMException("another page has it", "NoModificationAllowedError");
        }
        return removeEntry.call(this, name, how);
      };"""
    alter(page, "upload/worker.js", lambda script: once % held + script)
    page.evaluate("openLeft({isHeld: true})")
    assert "another page has it" in page.evaluate("uploads.deleteAll().catch(String)")
    assert page.evaluate(LEFT_BEHIND) == [held]
    assert page.evaluate("uploads.done()") is True
    assert page.evaluate(LEFT_BEHIND) == []
    assert pages.puts == []


def test_after_a_quick_exit_nothing_is_sent_and_what_was_struck_goes_from_the_device(
    page: Page, pages: PageServer
) -> None:
    take_id = leave_a_take_behind(page, pages, 5)
    pages.is_away = True
    page.evaluate(
        """async (takeId) => {
          const { Keeping } = await import("/static/browser/call/keeping.js");
          const upload = { base: "/ingest/takes", token: "token-of-ada" };
          const keeping = new Keeping("Ada1Ada1Ada1Ada1", upload);
          await keeping.uploads;
          await new Promise((seen) => keeping.watchers.add(() => keeping.hasUnsent && seen()));
          void keeping.uploads.then((uploads) => uploads.strike(takeId, 0, 1e12));
          keeping.leaveInHaste();
        }""",
        take_id,
    )
    while set(page.evaluate(KEPT)) > INITS:
        page.wait_for_timeout(100)  # the time limit of the test is its end
    pages.is_away = False
    page.evaluate("passed(4)")
    assert pages.puts == []
    assert set(page.evaluate(KEPT)) == INITS
    assert page.evaluate("localStorage.getItem('candid-left-Ada1Ada1Ada1Ada1')") == "1"


def test_what_is_on_its_way_at_a_quick_exit_is_given_up_and_goes_after_a_word(
    page: Page, pages: PageServer
) -> None:
    page.route("**/nowhere", lambda _route: None)
    script = """async () => {
      const { Ingest } = await import("/static/browser/upload/requests.js");
      const ingest = new Ingest("/ingest/takes", "token-of-ada");
      const asked = ingest.get("nowhere");
      ingest.stop();
      const outcomes = [(await asked).outcome, (await ingest.get("elsewhere")).outcome];
      ingest.go();
      return [...outcomes, (await ingest.get("elsewhere")).outcome];
    }"""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    assert page.evaluate(script) == ["wait", "wait", "refused"]
    assert asked.count("elsewhere") == 1


def test_a_note_of_a_quick_exit_goes_when_nothing_is_left_on_the_device(page: Page) -> None:
    hold = """async () => {
      const { Keeping } = await import("/static/browser/call/keeping.js");
      localStorage.setItem("candid-left-Ada1Ada1Ada1Ada1", "1");
      const upload = { base: "/ingest/takes", token: "token-of-ada" };
      const keeping = new Keeping("Ada1Ada1Ada1Ada1", upload);
      return [await keeping.hasLeft(), keeping.wasLeftInHaste];
    }"""
    assert page.evaluate(hold) == [False, False]


def test_a_token_that_no_longer_holds_keeps_the_take_until_there_is_a_better_one(
    page: Page, pages: PageServer
) -> None:
    page.evaluate("open({token: 'token-of-nobody'})")
    page.evaluate("recordFor(2)")
    page.wait_for_function("told.words.includes('not_allowed')")
    assert page.evaluate("told.progress.acknowledged") == 0
    page.evaluate("uploads.renew('token-of-ada')")
    page.evaluate("uploads.done()")
    assert missing(pages.folder) == []


def test_a_device_that_is_full_for_a_while_loses_no_sound(
    page: Page, pages: PageServer, tmp_path: Path
) -> None:
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("record()")
    devtools = page.context.new_cdp_session(page)
    origin = {"origin": pages.url.rstrip("/")}
    devtools.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 100_000})
    page.wait_for_function("told.troubles.includes('not_kept')")
    page.evaluate("passed(2)")
    devtools.send("Storage.overrideQuotaForOrigin", origin)
    pages.is_away = False
    page.evaluate("recording.stop().then(() => uploads.done())")
    words = page.evaluate("told.words")
    assert words.index("device_full") < words.index("device_room")
    assert missing(pages.folder) == []
    track, _ = sound_of(pages.folder, "microphone", tmp_path)
    assert (lost(track), track.flaws) == ([], ())


def test_a_device_without_any_room_sends_what_fills_it(page: Page, pages: PageServer) -> None:
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("record()")
    page.wait_for_function("told.progress.kept > 300000")
    page.reload()
    page.wait_for_function("window.isReady")
    devtools = page.context.new_cdp_session(page)
    origin = {"origin": pages.url.rstrip("/")}
    devtools.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 1})
    pages.is_away = False
    assert len(page.evaluate("openLeft()")) == 1
    page.evaluate("uploads.done()")
    assert page.evaluate(LEFT_BEHIND) == []
    assert manifest_of(pages.folder)["state"] == "interrupted"
    assert missing(pages.folder) == []


def test_a_new_recording_need_not_wait_until_what_was_left_here_has_been_read(
    page: Page, pages: PageServer
) -> None:
    leave_a_take_behind(page, pages, 5)
    unreadable = "FileSystemFileHandle.prototype.getFile = () => Promise.reject(new Error());"
    alter(page, "upload/worker.js", lambda script: unreadable + script)
    (unfinished,) = page.evaluate("openLeft({isHeld: true})")
    assert unfinished["bytes"] > 300_000


def test_uploads_that_break_down_say_so(page: Page) -> None:
    broken = "({ data }) => data.ask === 'renew' && Promise.reject(new Error('broken'))"
    heard = f"self.addEventListener('message', {broken});"
    alter(page, "upload/worker.js", lambda script: heard + script)
    page.evaluate("open()")
    page.evaluate("uploads.renew('token-of-ada')")
    page.wait_for_function("told.words.includes('failed')")


def test_room_that_runs_out_on_the_device_is_told_while_there_is_some(
    page: Page, pages: PageServer
) -> None:
    page.evaluate("open()")
    devtools = page.context.new_cdp_session(page)
    origin = {"origin": pages.url.rstrip("/")}
    for quota, room in ((150_000_000, "low"), (30_000_000, "scarce"), (150_000_000, "low")):
        devtools.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": quota})
        page.wait_for_function(f"told.rooms.at(-1) === '{room}'")
    devtools.send("Storage.overrideQuotaForOrigin", origin)
    page.wait_for_function("told.rooms.at(-1) === 'enough'")


def test_uploads_go_one_by_one_while_a_call_runs_and_together_after_it(
    page: Page, pages: PageServer
) -> None:
    leave_a_take_behind(page, pages, 5)
    page.evaluate("openLeft({isHeld: true})")
    page.evaluate("uploads.giveWay({roundTripS: 0.05})")
    pages.n_answered_alone = 4
    page.evaluate("uploads.send()")
    pages.await_fragments(4)
    assert pages.most_at_once == 1
    page.evaluate("uploads.giveWay(null)")
    page.evaluate("uploads.done()")
    assert missing(pages.folder) == []


def test_the_share_of_the_line_follows_the_round_trip_of_the_call(page: Page) -> None:
    script = """async (trips) => {
      const { Pace } = await import("/static/browser/upload/pace.js");
      const pace = new Pace();
      return trips.map((tripS) => (pace.hear(tripS), pace.pauseMs(1000)));
    }"""
    pauses_ms = page.evaluate(script, [0.05] * 10 + [0.3] * 8 + [0.06] * 20)
    calm, crowded, calm_again = pauses_ms[:10], pauses_ms[10:18], pauses_ms[18:]
    assert calm == sorted(calm, reverse=True)
    assert calm[-1] == pytest.approx(0, abs=1)
    assert crowded == sorted(crowded)
    assert crowded[0] == pytest.approx(1000)
    assert crowded[-1] == pytest.approx(19_000)
    assert calm_again[-1] == pytest.approx(0, abs=1)


def test_a_fragment_whose_answer_was_lost_is_sent_again_and_kept_once(
    page: Page, pages: PageServer
) -> None:
    pages.n_answers_lost = 3
    page.evaluate("open()")
    page.evaluate("recordFor(3)")
    page.evaluate("uploads.done()")
    assert pages.n_answers_lost == 0
    assert missing(pages.folder) == []
    assert "refused" not in page.evaluate("told.words")


def test_what_is_struck_is_gone_from_the_server_with_the_next_thing_that_is_sent(
    page: Page, pages: PageServer
) -> None:
    page.evaluate("open()")
    page.evaluate("record()")
    pages.await_fragments(6)
    page.evaluate("recording.strike(performance.now() * 1000 - 4e6, performance.now() * 1000)")
    before = len(pages.puts)
    pages.await_fragments(pages.n_fragments + 3)
    # One upload or two may have been under way.
    assert "manifest" in pages.puts[before : before + 3]
    page.evaluate("recording.stop().then(() => uploads.done())")
    (struck,) = [gap for gap in manifest_of(pages.folder)["gaps"] if gap["reason"] == "struck"]
    for track in manifest_of(pages.folder)["tracks"]:
        for each in track["fragments"]:
            start_us = track["origin_us"] + each["start"] / track["rate"] * 1e6
            end_us = start_us + each["duration"] / track["rate"] * 1e6
            if start_us < struck["end_us"] and end_us > struck["start_us"]:
                path = pages.folder / track["kind"] / f"{each['number']:06d}.m4s"
                assert not path.exists()


def test_a_strike_after_sound_stood_still_is_placed_where_the_sound_was_captured(
    page: Page,
) -> None:
    script = """async ([startUs, endUs]) => {
      const { Ledger } = await import("/static/browser/upload/manifest.js");
      const ledger = new Ledger();
      const kind = "microphone";
      ledger.add({ is: "track", kind, codec: "ipcm", rate: 1000, origin_us: 0, init: {} });
      for (let sample = 500; sample < 200_000; sample += 1000) {
        const monotonic_us = (sample + (sample < 100_000 ? 0 : 30_000)) * 1000;
        ledger.add({ is: "anchor", kind, sample, monotonic_us });
      }
      const numbers = Array.from({ length: 100 }, (_, number) => number);
      for (const number of numbers) {
        ledger.add({ is: "fragment", kind, number, start: number * 2000, duration: 2000 });
      }
      return numbers.filter((number) => {
        const [fromUs, toUs] = ledger.timesOf(kind, number);
        return fromUs < endUs && toUs > startUs;
      });
    }"""
    # It stood still from 100 s to 130 s, somewhere between two anchors.
    straddling, beginning = 49, 50
    assert page.evaluate(script, [120e6, 150e6]) == [straddling, *range(beginning, 60)]
    assert page.evaluate(script, [150e6, 160e6]) == [*range(60, 65)]
    assert page.evaluate(script, [90e6, 96e6]) == [45, 46, 47]


def test_a_take_that_was_erased_meanwhile_leaves_the_device_and_is_asked_about_no_more(
    page: Page, pages: PageServer
) -> None:
    page.evaluate("open()")
    page.evaluate("record()")
    pages.await_fragments(3)
    pages.is_away = True
    page.wait_for_function("told.progress.kept > told.progress.acknowledged + 300000")
    page.reload()
    page.wait_for_function("window.isReady")
    pages.is_away = False
    headers = {"authorization": "Bearer token-of-ada"}
    assert page.request.delete(f"{pages.url}ingest/takes/", headers=headers).ok
    page.evaluate("open()")
    page.wait_for_function("told.progress.is_done")
    assert page.evaluate(LEFT_BEHIND) == []


def test_a_second_tab_leaves_a_take_alone_until_the_first_is_closed_and_then_sends_it(
    chromium: Browser, page: Page, pages: PageServer
) -> None:
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("record()")
    page.wait_for_function("told.progress.kept > 300000")
    second = chromium.page(pages.url)
    assert second.evaluate("open()") == []
    assert second.evaluate("told.progress.kept") == 0
    page.close()
    pages.is_away = False
    second.wait_for_function("told.progress.kept > 300000 && told.progress.is_done")
    assert manifest_of(pages.folder)["state"] == "interrupted"
    assert missing(pages.folder) == []
    second.close()


def test_takes_of_other_people_on_this_device_are_left_alone(page: Page, pages: PageServer) -> None:
    pages.is_away = True
    page.evaluate("open()")
    page.evaluate("recordFor(2)")
    page.evaluate("uploads.close()")
    assert page.evaluate("open({participantId: 'Bob1Bob1Bob1Bob1', token: 'token-of-bob'})") == []
    assert len(page.evaluate(LEFT_BEHIND)) == 1


@pytest.mark.parametrize("data", [b"", b"123456789", bytes(range(256)) * 3])
def test_a_record_that_lost_a_byte_or_changed_one_is_told_from_a_whole_one(
    page: Page, data: bytes
) -> None:
    script = """async (values) => {
      const { asRecord, crc32, readRecords } = await import("/static/browser/upload/records.js");
      const bytes = new Uint8Array(values);
      const record = asRecord(bytes);
      const changed = record.slice();
      changed[changed.length - 1] ^= 1;
      const found = (given) => readRecords(given).whole.length;
      return [crc32(bytes), found(record), found(record.slice(0, -1)), found(changed)];
    }"""
    assert page.evaluate(script, list(data)) == [zlib.crc32(data), 1, 0, 0]
