"""What the call's modules decide without a device or a network, run where they will run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from candid.site.call.words import WORDS
from tests.browser.pages import alter

pytestmark = pytest.mark.xdist_group("conversation")

Ask = Callable[..., Any]
IN_CALL = {"is_here": True, "state": {"stage": "call", "ready": True}}
HERE = {"stage": "call", "ready": True}


@pytest.fixture
def ask(one_page: Page) -> Ask:
    """Call a function of a module in the page."""

    def ask(module: str, function: str, *given: Any) -> Any:
        return one_page.evaluate(
            "async ([module, name, given]) =>"
            " (await import(`/static/browser/call/${module}.js`))[name](...given)",
            [module, function, list(given)],
        )

    return ask


def may_record(
    ask: Ask,
    mine: dict[str, Any],
    *others: dict[str, Any],
    on: bool = True,
    ways: dict[str, dict[str, bool]] | None = None,
) -> bool:
    facts = {"mine": mine, "others": list(others), "ways": ways or {}, "serverSaysOn": on}
    return bool(ask("decide", "mayRecord", facts))


def test_a_device_records_when_the_studio_says_so_and_everybody_in_the_call_is_ready(
    ask: Ask,
) -> None:
    assert may_record(ask, HERE, IN_CALL)
    assert not may_record(ask, HERE, IN_CALL, on=False)
    assert not may_record(ask, HERE | {"ready": False}, IN_CALL)
    assert not may_record(ask, HERE | {"stage": "after"}, IN_CALL)


def test_nobody_who_has_not_said_yes_is_recorded_by_what_others_hear(ask: Ask) -> None:
    late = IN_CALL | {"state": {"stage": "call"}}
    assert not may_record(ask, HERE, IN_CALL, late)
    assert may_record(ask, HERE, IN_CALL, late | {"state": {"stage": "lobby"}})


def test_a_pause_of_anybody_in_the_call_stops_the_recording(ask: Ask) -> None:
    assert not may_record(ask, HERE | {"paused": True}, IN_CALL)
    assert not may_record(ask, HERE, IN_CALL | {"state": HERE | {"paused": True}})


@pytest.mark.parametrize("state", [{"ready": True, "paused": True}, {"ready": False}])
def test_who_lost_the_studio_alone_is_not_recorded_against_their_word(
    ask: Ask, state: dict[str, bool]
) -> None:
    away = {"id": "mina", "is_here": False, "state": {"stage": "call"} | state}
    heard = {"mina": {"isOpen": True, "isPaused": False}}
    gone = {"mina": {"isOpen": False, "isPaused": False}}
    assert not may_record(ask, HERE, IN_CALL, away, ways=heard)
    assert may_record(ask, HERE, IN_CALL, away, ways=gone)


@pytest.mark.parametrize("is_here", [True, False])
def test_a_pause_counts_that_was_told_straight_while_the_studio_was_away(
    ask: Ask, is_here: bool
) -> None:
    rosa = IN_CALL | {"id": "rosa", "is_here": is_here}
    assert not may_record(ask, HERE, rosa, ways={"rosa": {"isOpen": True, "isPaused": True}})
    assert may_record(ask, HERE, rosa, ways={"rosa": {"isOpen": True, "isPaused": False}})
    assert may_record(ask, HERE, rosa, ways={"rosa": {"isOpen": False, "isPaused": True}})


def test_who_lost_the_network_is_waited_for_while_the_recording_goes_on(ask: Ask) -> None:
    assert may_record(ask, HERE, IN_CALL | {"is_here": False})


LEFT_BEHIND = {"id": "old", "type": "candidate-pair", "nominated": True, "currentRoundTripTime": 2}
IN_USE = {"id": "new", "type": "candidate-pair", "nominated": True, "currentRoundTripTime": 0.1}
TRANSPORT = {"id": "way", "type": "transport", "selectedCandidatePairId": "new"}


@pytest.mark.parametrize(
    "reports",
    [
        (TRANSPORT, IN_USE, LEFT_BEHIND),
        (TRANSPORT, LEFT_BEHIND, IN_USE),
        # As Firefox tells it.
        (LEFT_BEHIND, IN_USE | {"selected": True}, LEFT_BEHIND | {"id": "older"}),
    ],
)
def test_the_round_trip_is_that_of_the_way_in_use_and_of_none_that_was_left(
    one_page: Page, reports: tuple[dict[str, Any], ...]
) -> None:
    trip_s = one_page.evaluate(
        """async (reports) => {
            const stats = new Map(reports.map((one) => [one.id, one]));
            const { look } = await import("/static/browser/call/quality.js");
            return (await look({ getStats: async () => stats })).roundTripS;
        }""",
        reports,
    )
    assert trip_s == 0.1


def figures(trip_s: float = 0.05, *, lost: int = 0, received: int = 1000) -> dict[str, float]:
    return {"roundTripS": trip_s, "lost": lost, "received": received, "frames": 0}


@pytest.mark.parametrize(
    ("now", "quality"),
    [
        (figures(), "good"),
        (figures(0.5), "fair"),
        (figures(1.5), "poor"),
        (figures(lost=50), "fair"),
        (figures(lost=500), "poor"),
        (figures(received=0), "lost"),
    ],
)
def test_a_way_is_judged_by_its_delay_and_by_what_is_lost_since_the_last_look(
    ask: Ask, now: dict[str, float], quality: str
) -> None:
    before = figures(received=0)
    assert ask("quality", "judge", before, now) == quality


def pictures(arrived_per_s: float, given_per_s: float) -> dict[str, float]:
    return {"framesPerS": arrived_per_s, "givenPerS": given_per_s}


@pytest.mark.parametrize(
    ("before", "now", "quality"),
    [
        (pictures(28, 30), pictures(27, 30), "good"),
        (pictures(6, 30), pictures(7, 30), "fair"),
        (pictures(2, 30), pictures(1, 30), "poor"),
        (pictures(0, 30), pictures(0, 30), "poor"),
        # The camera is in the dark, off, comes on, goes off; the other page says nothing of it.
        (pictures(5, 6), pictures(5, 6), "good"),
        (pictures(0, 0), pictures(0, 0), "good"),
        (pictures(0, 0), pictures(2, 30), "good"),
        (pictures(30, 30), pictures(2, 30), "good"),
        ({"framesPerS": 1}, {"framesPerS": 1}, "good"),
    ],
)
def test_a_narrow_line_is_known_by_the_pictures_that_do_not_arrive(
    ask: Ask, before: dict[str, float], now: dict[str, float], quality: str
) -> None:
    assert ask("quality", "judge", figures(received=0) | before, figures() | now) == quality


def test_what_was_lost_long_ago_no_longer_counts(ask: Ask) -> None:
    before, now = figures(lost=500), figures(lost=500, received=2000)
    assert ask("quality", "judge", before, now) == "good"


def test_of_several_ways_the_worst_is_told(ask: Ask) -> None:
    assert ask("quality", "worst", ["good", "lost", "fair"]) == "lost"
    assert ask("quality", "worst", []) == "good"


def test_a_strike_of_many_hours_is_owed_in_pieces_that_the_studio_takes(page: Page) -> None:
    told = page.evaluate("""async () => {
        const { Owed } = await import("/static/browser/call/owed.js");
        const owed = new Owed("somebody");
        owed.add(13 * 3600);
        return owed.messages();
    }""")
    hours = [(one["seconds"] / 3600, round(one["ago"] / 3600)) for one in told]
    assert hours == [(5, 0), (5, 5), (3, 10)]


def test_a_strike_that_was_held_up_on_the_way_is_owed_anew_by_as_much_longer(page: Page) -> None:
    told = page.evaluate("""async () => {
        const { Owed } = await import("/static/browser/call/owed.js");
        const owed = new Owed("somebody");
        const [struck] = owed.add(30, Date.now() - 5_000);
        const [again] = owed.settle(struck.id, 0.2);
        const [message] = owed.messages();
        const after = owed.settle(again.id, 0.2).length + owed.messages().length;
        return { isAnother: again.id !== struck.id, seconds: message.seconds, after };
    }""")
    assert told == {"isAnother": True, "seconds": 35, "after": 0}


def test_a_strike_that_arrived_at_once_is_owed_no_more(page: Page) -> None:
    told = page.evaluate("""async () => {
        const { Owed } = await import("/static/browser/call/owed.js");
        const owed = new Owed("somebody");
        const [struck] = owed.add(30, Date.now() - 3_600_000);
        return owed.settle(struck.id, 3_600).length + owed.messages().length;
    }""")
    assert told == 0


STRIKING = """
    <button id="strike-on" aria-pressed="false"></button><p id="striking-words"></p>
    <script id="words" type="application/json">{"striking": "", "struck": ""}</script>"""


@pytest.mark.parametrize("is_reached", [True, False])
def test_who_strikes_from_now_and_sleeps_meanwhile_strikes_elsewhere_for_as_long_as_that_was(
    page: Page, is_reached: bool
) -> None:
    """The recorder clock stands still while some devices sleep: the time of day does not."""
    told = page.evaluate(
        """async ([html, isReached]) => {
            document.body.innerHTML = html;
            const { Striking } = await import("/static/browser/call/strike.js");
            const told = { elsewhere: [], here: [] };
            const tell = (message) => told.elsewhere.push(message.seconds);
            const room = { you: "rosa", isReached, send: (one) => isReached && tell(one) > 0 };
            const recording = { strike: (from, to) => told.here.push((to - from) / 1e6) };
            new Striking(room, recording, { tellAll: tell }, () => undefined);
            const [key, awake] = [document.getElementById("strike-on"), Date.now];
            key.click();
            Date.now = () => awake() + 600_000;
            key.click();
            return told;
        }""",
        [STRIKING, is_reached],
    )
    assert [seconds // 10 for seconds in told["elsewhere"]] == [60]
    assert [seconds < 600 for seconds in told["here"]] == [True]


def test_the_picture_grows_smaller_with_everyone_it_is_sent_to(ask: Ask) -> None:
    heights = [ask("media", "measureFor", others)["heightPx"] for others in (0, 1, 2, 3, 7)]
    assert heights == [720, 720, 540, 360, 360]


def relayed(protocol: str | None, preference: int) -> dict[str, object]:
    line = f"candidate:1 1 udp {preference << 24 | 77} 198.51.100.1 49170 typ relay"
    return {"type": "relay", "candidate": line, "relayProtocol": protocol}


@pytest.mark.parametrize(
    ("found", "way"),
    [
        ([{"type": "host", "candidate": ""}], "none"),
        ([{"type": "srflx", "candidate": ""}], "direct"),
        ([relayed("tcp", 1), relayed("udp", 2)], "direct"),
        ([relayed("tls", 0)], "relay"),
        ([relayed(None, 1)], "relay"),
        ([relayed(None, 2)], "direct"),
    ],
)
def test_a_relay_is_needed_where_no_datagram_comes_back(
    ask: Ask, found: list[dict[str, object]], way: str
) -> None:
    assert ask("line", "judgeWay", found) == way


def test_an_echo_is_told_only_where_all_notes_are_heard(ask: Ask) -> None:
    assert ask("echo", "isEcho", [-90, -90, -90], [-60, -55, -70])
    assert not ask("echo", "isEcho", [-90, -90, -60], [-60, -55, -58])


def test_the_notes_are_found_in_a_microphone_that_hears_the_loudspeaker_and_in_no_other(
    page: Page,
) -> None:
    heard = page.evaluate("""async () => {
        const { Sound } = await import("/static/browser/call/sound.js");
        const { hearsNotes } = await import("/static/browser/call/echo.js");
        const answers = [];
        for (const isOpen of [true, false]) {
            const sound = new Sound();
            await sound.start();
            // A room: the loudspeaker, 120 ms of air and wireless, a microphone with some noise.
            const microphone = sound.context.createMediaStreamDestination();
            const air = new DelayNode(sound.context, { delayTime: 0.12 });
            const loss = new GainNode(sound.context, { gain: isOpen ? 0.02 : 0 });
            air.connect(loss).connect(microphone);
            const connect = GainNode.prototype.connect;
            GainNode.prototype.connect = function (to, ...rest) {
                if (to === sound.context.destination) connect.call(this, air);
                return connect.call(this, to, ...rest);
            };
            const noise = new OscillatorNode(sound.context, { frequency: 220 });
            noise.connect(new GainNode(sound.context, { gain: 0.001 })).connect(microphone);
            noise.start();
            answers.push(await hearsNotes(sound, microphone.stream.getAudioTracks()[0]));
            GainNode.prototype.connect = connect;
        }
        return answers;
    }""")
    assert heard == [True, False]


@pytest.mark.parametrize(
    ("name", "browser"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1", "iphone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) CriOS/130.0 Safari/604.1", "iphone_other"),
        ("Mozilla/5.0 (iPhone) Mobile/15E148 Instagram 300.0", "inside"),
        ("Mozilla/5.0 (Linux; Android 14; wv) Version/4.0 Chrome/130.0 [FBAN/FB4A]", "inside"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/26.0 Chrome/122.0", "samsung"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36", "android"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "firefox"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36", "chrome"),
        ("Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1.15", "safari"),
    ],
)
def test_help_is_for_the_browser_that_is_used(ask: Ask, name: str, browser: str) -> None:
    assert ask("devices", "browser", name) == browser


FREE = {"isSlow": False, "isNarrow": False}


@pytest.mark.parametrize(
    ("comes", "goes", "own", "other", "end"),
    [
        ("poor", "good", {}, {}, "between"),
        ("poor", "poor", {}, {}, "between"),
        ("poor", "good", {"isSlow": True}, {}, "yours"),
        ("poor", "good", {}, {"isSlow": True}, "theirs"),
        ("good", "poor", {"isNarrow": True}, {}, "yours"),
        ("poor", "good", {}, {"isNarrow": True}, "theirs"),
        # A device that sends little is not why little comes to it.
        ("poor", "good", {"isNarrow": True}, {}, "between"),
        ("good", "poor", {}, {"isNarrow": True}, "between"),
    ],
)
def test_an_end_is_named_only_where_it_knows_of_itself_that_its_line_carries_little(
    ask: Ask, comes: str, goes: str, own: dict[str, bool], other: dict[str, bool], end: str
) -> None:
    peer = {"quality": comes, "theirs": goes, "line": FREE | other}
    assert ask("quality", "endOf", peer, FREE | own) == end


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        ("good", "lost", "between you and Rosa"),
        ("poor", "lost", "between you and Rosa"),
        ("poor", "good", "between you and Rosa"),
        ("fair", "good", "fair"),
        ("lost", "good", "lost"),
    ],
)
def test_a_line_over_which_nothing_arrives_there_is_told_as_one_that_carries_too_little(
    page: Page, here: str, there: str, words: str
) -> None:
    said = page.evaluate(
        """async ([quality, theirs, line]) => {
            const words = { quality_lost: "lost", quality_fair: "fair" };
            words.quality_between = "between you and {names}";
            document.body.innerHTML = '<script id="words" type="application/json"></script>';
            document.getElementById("words").textContent = JSON.stringify(words);
            const { Talk } = await import("/static/browser/call/talk.js");
            const talk = Object.create(Talk.prototype);
            talk.peers = { all: new Map([["rosa", { quality, theirs, line }]]), own: line };
            talk.room = { isReached: true, person: () => ({ name: "Rosa" }) };
            talk.recording = { isOn: false };
            return talk.lineWords();
        }""",
        [here, there, FREE],
    )
    assert said == words


def test_one_late_answer_of_the_studio_is_no_slow_line_and_only_late_ones_are(ask: Ask) -> None:
    assert not ask("quality", "isSlow", [])
    assert not ask("quality", "isSlow", [2.0, 0.04, 3.0])
    assert ask("quality", "isSlow", [2.0, 1.1, 3.0])


PATIENCE = """async () => {
  const { Live } = await import("/static/browser/call/live.js");
  const sockets = [];
  window.WebSocket = class {
    constructor() { sockets.push(this); }
    close() {}
  };
  const live = new Live("/live/", { open() {}, message() {} }, () => 0);
  const open = (afterMs) => {
    live.connect();
    const now = performance.now.bind(performance);
    performance.now = () => now() + afterMs;
    sockets.at(-1).onopen();
    performance.now = now;
  };
  const patience = [live.patienceMs()];
  open(100);
  patience.push(live.patienceMs());
  open(3100);
  patience.push(live.patienceMs());
  live.lose(0, true);
  const now = performance.now.bind(performance);
  for (const afterMs of [29_000, 31_000]) {
    performance.now = () => now() + afterMs;
    patience.push(live.patienceMs());
  }
  live.close();
  return patience;
}"""


def test_the_studio_is_sought_by_short_tries_in_cuts_of_half_a_minute_also_after_other_cuts(
    page: Page,
) -> None:
    unknown, *known = page.evaluate(PATIENCE)
    assert 5_000 < unknown < 10_000
    assert known == [1_500, 1_500, 1_500, 4_500]


AFTER = """async ([sentences, takes, standing = []]) => {
  const ids = ["erase", "yours", "return", "left", "after-next", "after-words", "after-share"];
  ids.push("gone-share", "after-close", "gone-kept");
  const tags = Object.fromEntries(ids.map((id) => [id, "p"]));
  Object.assign(tags, { "erase-all": "button", "after-progress": "progress" });
  Object.assign(tags, { "receipt": "details", "receipt-list": "ul" });
  for (const [id, tag] of Object.entries(tags)) {
    document.body.append(Object.assign(document.createElement(tag), { id }));
  }
  const type = "application/json";
  const said = { id: "words", type, textContent: JSON.stringify(sentences) };
  document.body.append(Object.assign(document.createElement("script"), said));
  const module = (name) => import(`/static/browser/call/${name}.js`);
  const [{ After }, { Keeping }, { Recording }, { Room }] = await Promise.all(
    ["after", "keeping", "recording", "room"].map(module),
  );
  const upload = { base: "/ingest/takes", token: "token-of-ada" };
  const config = { upload, people: [], takes: standing, arrived: "nothing" };
  const keeping = new Keeping("Ada1Ada1Ada1Ada1", upload);
  const recording = new Recording(new Room(config), {}, keeping);
  recording.takes.push(...takes);
  window.after = new After(new Room(config), recording, keeping, config);
  window.told = (id) => document.getElementById(id).textContent;
}"""
RECEIPT = {
    "state": "complete",
    "tracks": {"microphone": {"fragments": [1], "bytes": 1}},
    "holes": [],
    "struck": {},
    "stalled": [],
}


@pytest.mark.parametrize(
    ("statuses", "words", "is_hidden"),
    [
        ([200, 200], "after_complete", False),
        ([200, 401], "after_untold", False),
        # Erased at the desk meanwhile: what was told of the first is no longer so.
        ([200, 410], "after_erased", True),
    ],
)
def test_the_page_says_of_a_recording_only_what_the_studio_has_told_it(
    page: Page, statuses: list[int], words: str, is_hidden: bool
) -> None:
    answers = iter(statuses)
    page.route(
        "**/receipt",
        lambda route: route.fulfill(status=next(answers), body=json.dumps(RECEIPT)),
    )
    page.evaluate(AFTER, [{key: key for key in WORDS}, ["one", "two"]])
    page.evaluate("after.open(Promise.resolve())")
    assert page.evaluate("told('after-words')") == words
    assert page.locator("#receipt").evaluate("(receipt) => receipt.hidden") == is_hidden


def test_a_receipt_adds_up_the_takes_and_tells_one_piece_as_one(page: Page) -> None:
    voice, picture = {"fragments": [1, 2], "bytes": 600_000}, {"fragments": [1], "bytes": 1}
    stalled = [{"track": "camera", "start_s": 1, "duration_s": 3}]
    first = {"tracks": {"microphone": voice}, "struck": {"camera": [3], "heard": [3]}}
    second = {"tracks": {"microphone": voice, "camera": picture}, "struck": {"heard": [1, 2]}}
    bodies = iter([first, second | {"stalled": stalled}])
    page.route("**/receipt", lambda route: route.fulfill(body=json.dumps(RECEIPT | next(bodies))))
    names = {f"track_{kind}": kind for kind in ("microphone", "camera", "heard")}
    shapes = {key: f"{key} {{track}} {{count}} {{size}} {{duration}}" for key in WORDS}
    page.evaluate(AFTER, [shapes | names, ["one", "two"]])
    page.evaluate("after.open(Promise.resolve())")
    assert page.locator("#receipt-list li").all_inner_texts() == [
        "receipt_line microphone 4 1.2 {duration}",
        "receipt_line_one camera 1 0.1 {duration}",
        "receipt_struck_one camera 1 {size} {duration}",
        "receipt_struck heard 3 {size} {duration}",
        "receipt_stalled camera {count} {size} 3.0",
    ]


HOLE = {"track": "camera", "start_s": 1, "duration_s": 3}


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        ({"state": "complete"}, "after_complete"),
        ({"state": "incomplete", "holes": [HOLE]}, "after_holes_one"),
        ({"state": "recording"}, "after_part"),
    ],
)
def test_an_earlier_take_of_which_something_lacks_is_not_told_to_be_all_there(
    page: Page, earlier: dict[str, object], words: str
) -> None:
    # The studio is not reached the first time: it is asked again.
    answers = iter([(200, RECEIPT), (503, {}), (200, RECEIPT | earlier)])

    def answer(route: Route) -> None:
        status, body = next(answers)
        route.fulfill(status=status, body=json.dumps(body))

    page.route("**/receipt", answer)
    page.evaluate(AFTER, [{key: key for key in WORDS}, ["one"], ["earlier"]])
    page.evaluate("after.open(Promise.resolve())")
    assert page.evaluate("told('after-words')") == words


def test_what_is_erased_is_said_to_be_here_no_more_while_it_still_leaves_the_device(
    page: Page,
) -> None:
    page.evaluate(AFTER, [{key: key for key in WORDS}, ["one"]])
    page.evaluate("after.room.isErased = true; after.show()")
    assert page.evaluate("told('after-words')") == "after_erased"


def test_words_without_a_count_are_their_own(page: Page) -> None:
    words = {key: key for key in WORDS}
    page.evaluate(AFTER, [words, []])
    say = 'import("/static/browser/call/page.js").then(({ say }) => keys.map((key) => say(key)))'
    assert page.evaluate(f"(keys) => {say}", list(words)) == list(words)


def test_who_is_to_load_the_page_again_is_not_asked_to_keep_it_open(page: Page) -> None:
    page.evaluate(AFTER, [{key: key for key in WORDS}, ["one"]])
    page.evaluate("Object.assign(after, {isSending: true, isFinished: true}).show()")
    assert page.evaluate("told('after-close')") == "after_stay"
    page.evaluate("after.keeping.hear({word: 'failed'})")
    assert page.evaluate("[told('after-words'), told('after-close')]") == ["after_failed", ""]


def test_a_browser_that_keeps_no_files_comes_to_the_end_of_a_call_all_the_same(page: Page) -> None:
    none = "Object.defineProperty(StorageManager.prototype, 'getDirectory', {value: undefined});"
    alter(page, "upload/worker.js", lambda script: none + script)
    end = """async () => {
      const { Keeping } = await import("/static/browser/call/keeping.js");
      const { Recording } = await import("/static/browser/call/recording.js");
      const upload = { base: "/ingest/takes", token: "token-of-ada" };
      const keeping = new Keeping("Ada1Ada1Ada1Ada1", upload);
      await new Recording({}, {}, keeping).finish();
      return keeping.word;
    }"""
    assert page.evaluate(end) == "device_full"
