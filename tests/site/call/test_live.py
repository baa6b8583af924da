"""The live channel of two browsers, over real sockets."""

import base64
import errno
import hashlib
import hmac
import json
import time

import pytest
from django.db import OperationalError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from candid.site.agreements.actions import append_entry
from candid.site.agreements.models import LedgerEntry
from candid.site.call import consumers, limits, striking, struck
from candid.site.call.clocks import now_us
from candid.site.call.progress import is_running
from candid.site.call.rooms import ROOMS
from candid.site.call.signals import stretch_struck
from candid.site.call.striking import STRUCK
from candid.site.conversations import actions, links
from candid.site.people.limits import Pace, Tries
from tests.site.people_who_talk import invite_two, invite_two_who_agreed, live


@pytest.fixture
def two(studio):
    conversation, people = invite_two_who_agreed()
    return conversation, people


def test_the_welcome_holds_what_the_contract_lists(studio, two):
    conversation, (rosa, daniel) = two
    with live(studio, rosa) as browser:
        welcome = browser.hear("welcome")
    assert welcome["you"] == rosa.participant_id
    assert welcome["call_id"] == conversation.call_id
    assert [one["id"] for one in welcome["people"]] == [rosa.participant_id, daniel.participant_id]
    assert welcome["guide"] == {"at": 0, "questions": list(actions.FIRST_QUESTIONS)}
    assert welcome["upload"]["base"] == "/ingest/takes"
    token = welcome["upload"]["token"]
    assert links.read_upload_token(token, time.time()).participant_id == rosa.participant_id
    assert welcome["server_clock_id"].startswith("server-")


def test_the_relay_is_given_with_credentials_that_end(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa) as browser:
        [relay] = browser.hear("welcome")["ice_servers"]
    ends_s, who = relay["username"].split(":")
    assert who == rosa.participant_id
    assert time.time() < int(ends_s) < time.time() + 24 * 3600
    digest = hmac.digest(b"shared with the relay", relay["username"].encode(), hashlib.sha1)
    assert relay["credential"] == base64.b64encode(digest).decode()


def test_each_sees_the_other_come_and_go(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one:
        with live(studio, daniel):
            one.hear_state(daniel.participant_id, is_here=True)
        one.hear_state(daniel.participant_id, is_here=False)


def test_a_signal_reaches_the_other_with_its_sender_and_nobody_else(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one, live(studio, daniel) as other:
        other.hear("welcome")
        description = {"type": "offer", "sdp": "v=0"}
        one.say(type="signal", to=daniel.participant_id, connection="abc", description=description)
        heard = other.hear("signal")
        assert heard == {
            "type": "signal",
            "from": rosa.participant_id,
            "connection": "abc",
            "description": description,
        }
        one.say(type="ping", t1_us=1)
        one.hear("pong")
        assert not [message for message in one.heard if message["type"] == "signal"]


def test_a_chat_is_told_to_all_with_its_sender_and_time(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one, live(studio, daniel) as other:
        other.hear("welcome")
        one.say(type="chat", text="Hello")
        for browser in (one, other):
            heard = browser.hear("chat")
            assert (heard["from"], heard["text"]) == (rosa.participant_id, "Hello")
            assert abs(heard["at_ms"] / 1000 - time.time()) < 3600


def test_either_moves_the_guide_for_both_and_for_who_comes_later(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one:
        one.say(type="guide", at=2)
        one.hear("guide", at=2)
        with live(studio, daniel) as other:
            assert other.hear("welcome")["guide"]["at"] == 2
            other.say(type="guide", at=1)
            one.hear("guide", at=1)


def test_a_ping_is_answered_on_the_servers_monotonic_clock(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa) as browser:
        browser.say(type="ping", t1_us=5)
        first = browser.hear("pong")
        browser.say(type="ping", t1_us=6)
        second = browser.hear("pong")
    assert (first["t1_us"], second["t1_us"]) == (5, 6)
    readings = [first["t2_us"], first["t3_us"], second["t2_us"], second["t3_us"]]
    assert readings == sorted(readings)


def test_a_strike_that_ended_earlier_is_placed_there_told_to_the_other_and_confirmed(
    studio, two, strikes
):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one, live(studio, daniel) as other:
        other.hear("welcome")
        before_us = now_us()
        one.say(type="strike", seconds=30, ago=12, id="first")
        done = one.hear("struck", id="first")
        after_us = now_us()
        told = other.hear("strike", **{"from": rosa.participant_id, "seconds": 30})
    ((start_us, end_us),) = strikes
    assert before_us <= end_us + 12_000_000 <= after_us
    assert end_us - start_us == 31_000_000
    assert 12 <= told["ago"] <= done["ago"] <= 12 + (after_us - before_us) / 1e6


def test_the_others_are_told_how_long_ago_a_strike_ended_when_it_took_the_studio_long(
    studio, two, monkeypatch
):
    _conversation, (rosa, daniel) = two
    took_us = 0

    def take_long(**_given):
        nonlocal took_us
        took_us = 5_000_000

    monkeypatch.setattr(struck, "now_us", lambda: now_us() + took_us)
    stretch_struck.connect(take_long)
    with live(studio, rosa) as one, live(studio, daniel) as other:
        other.hear("welcome")
        one.say(type="strike", seconds=30, ago=12)
        assert other.hear("strike")["ago"] >= 17


def test_a_strike_that_was_owed_for_days_is_confirmed_and_ends_no_connection(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa) as one:
        one.say(type="strike", seconds=30, ago=3 * 24 * 3600, id="old")
        assert one.hear("struck")["id"] == "old"


def test_whose_message_fails_is_away_and_keeps_no_call_running(studio, two, monkeypatch):
    conversation, (rosa, daniel) = two

    def fail(_call_id):
        raise OSError("the database is away")

    monkeypatch.setattr(consumers, "note_held", fail)
    with live(studio, daniel) as other, live(studio, rosa) as one:
        other.say(type="state", stage="lobby", ready=True)
        one.say(type="state", stage="call", ready=True, recording=True)
        one.close_code()
        other.hear_state(rosa.participant_id, is_here=False)
        assert not is_running(conversation.call_id)


def test_half_a_character_is_told_as_it_is_and_keeps_nobody_out(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one:
        one.say(type="chat", text="\ud83d")
        assert one.hear("chat")["text"] == "\ud83d"
        one.say(type="state", taking="\ud83d")
        with live(studio, daniel) as other:
            other.hear_state(rosa.participant_id, taking="\ud83d")


def test_recording_is_on_when_both_are_ready_and_off_when_one_pauses(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one, live(studio, daniel) as other:
        one.say(type="state", stage="call", ready=True)
        one.hear_state(rosa.participant_id, ready=True)
        assert not [message for message in one.heard if message["type"] == "record"]
        other.say(type="state", stage="call", ready=True)
        for browser in (one, other):
            browser.hear("record", is_on=True)
        one.say(type="state", paused=True)
        other.hear("record", is_on=False)
        one.say(type="state", paused=False)
        other.hear("record", is_on=True)


def test_recording_goes_on_while_one_reconnects_and_ends_when_one_hangs_up(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one:
        with live(studio, daniel) as other:
            one.say(type="state", stage="call", ready=True)
            other.say(type="state", stage="call", ready=True)
            one.hear("record", is_on=True)
        one.hear_state(daniel.participant_id, is_here=False)
        one.heard.clear()
        with live(studio, daniel) as again:
            again.hear("record", is_on=True)
            again.say(type="leave")
            one.hear("record", is_on=False)
        assert [m["is_on"] for m in one.heard if m["type"] == "record"] == [False]


def test_after_a_restart_who_still_records_tells_the_room_so(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, daniel) as other, live(studio, rosa) as one:
        one.say(type="state", stage="call", ready=True, recording=True, taking="rosa-12345678")
        other.hear("record", is_on=True)


def test_a_second_tab_takes_over_and_the_first_is_told(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as first, live(studio, daniel) as other:
        first.hear("welcome")
        with live(studio, rosa) as second:
            first.hear("replaced")
            assert first.close_code() == 4001
            second.say(type="chat", text="still here")
            assert other.hear("chat")["from"] == rosa.participant_id
            people = [m for m in other.heard if m["type"] == "people"][-1]["people"]
            assert all(one["is_here"] for one in people)


def test_a_tab_that_slept_does_not_take_over_from_the_newer_one(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa, "?page=2000&try=1") as newer:
        newer.hear("welcome")
        with live(studio, rosa, "?page=1000&try=9") as older:
            older.hear("replaced")
            assert older.close_code() == 4001
        newer.say(type="ping", t1_us=1)
        newer.hear("pong")


def test_a_try_that_was_given_up_and_arrives_late_takes_nothing_from_its_page(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa, "?page=1000&try=2") as page, live(studio, daniel) as other:
        page.hear("welcome")
        with live(studio, rosa, "?page=1000&try=1") as late:
            assert late.close_code() == 4001
        page.say(type="chat", text="still here")
        assert other.hear("chat")["from"] == rosa.participant_id
    assert not [message for message in page.heard if message["type"] == "replaced"]


def test_a_page_that_connects_anew_is_not_told_that_it_was_replaced(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa, "?page=1000&try=1") as dead:
        dead.hear("welcome")
        with live(studio, rosa, "?page=1000&try=2") as page:
            page.hear("welcome")
            assert dead.close_code() == 4001
    assert not [message for message in dead.heard if message["type"] == "replaced"]


@pytest.mark.parametrize("query", ["?page=x&try=y", "?page=%C2%B2", "?try=" + "9" * 40, "?page="])
def test_what_does_not_tell_its_page_is_let_in_as_the_newest(studio, two, query):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa, query) as browser:
        browser.hear("welcome")
        browser.say(type="ping", t1_us=1)
        browser.hear("pong")


@pytest.mark.parametrize("what", ["forged", "unsigned", "revoked", "other site"])
def test_who_may_not_come_in_is_refused_before_the_socket_opens(studio, what):
    _conversation, (rosa, _daniel) = invite_two() if what == "unsigned" else invite_two_who_agreed()
    elsewhere = {"Origin": "https://other.example.org"} if what == "other site" else {}
    if what == "revoked":
        actions.revoke_link(rosa)
    if what == "forged":
        rosa.link_version = 7
    with pytest.raises(InvalidStatus) as refused, live(studio, rosa, additional_headers=elsewhere):
        pass
    assert refused.value.response.status_code == 403


def test_under_an_address_that_is_none_no_socket_opens(studio):
    with pytest.raises(InvalidStatus) as refused, connect(f"{studio.replace('http', 'ws')}/with/"):
        pass
    assert refused.value.response.status_code == 403


def test_a_link_that_is_revoked_closes_its_socket_and_no_other(studio, two):
    _conversation, (rosa, daniel) = two
    with live(studio, rosa) as one, live(studio, daniel) as other:
        one.hear("welcome")
        other.hear("welcome")
        actions.revoke_link(rosa)
        assert one.close_code() == 4003
        other.hear_state(rosa.participant_id, is_here=False)


def test_when_a_conversation_is_ended_all_are_told(studio, two):
    conversation, (rosa, daniel) = two
    with live(studio, rosa) as one, live(studio, daniel) as other:
        one.hear("welcome")
        other.hear("welcome")
        actions.end_conversation(conversation)
        for browser in (one, other):
            browser.hear("ended")
            assert browser.close_code() == 4003


def test_whoever_comes_when_a_conversation_has_ended_is_told_so_and_takes_no_seat(studio, two):
    conversation, (rosa, _daniel) = two
    actions.end_conversation(conversation)
    with live(studio, rosa) as one:
        one.hear("ended")
        assert one.close_code() == 4003
    assert [message["type"] for message in one.heard] == ["ended"]
    assert ROOMS.find(conversation.call_id) is None


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"type":1}',
        '{"type":"chat"}',
        '{"type":"guide","at":99}',
        '{"type":"guide","at":-1}',
        '{"type":"state","ready":"yes"}',
        '{"type":"state","stage":"elsewhere"}',
        '{"type":"ping"}',
        '{"type":"ping","t1_us":NaN}',
        "[" * 5000,
        json.dumps({"type": "chat", "text": "x" * 2001}),
        json.dumps({"type": "signal", "to": "x", "description": "x" * 65536}),
        b"\x00\x01",
    ],
    ids=lambda text: str(text[:24]),
)
def test_what_is_no_message_of_the_contract_closes_the_socket(studio, two, text):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa) as browser:
        browser.hear("welcome")
        browser.say_raw(text)
        assert browser.close_code() == 4008


def test_what_a_newer_page_says_is_passed_over(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa) as browser:
        browser.say(type="something new", depth=3)
        browser.say(type="ping", t1_us=1)
        browser.hear("pong")


def test_a_flood_closes_the_socket(studio, two):
    _conversation, (rosa, _daniel) = two
    with live(studio, rosa) as browser:
        browser.hear("welcome")
        for _ in range(1200):
            browser.say(type="something new")
        assert browser.close_code() == 4008


def test_fifty_messages_a_second_are_within_the_limit_and_more_are_not():
    allowance = limits.Allowance(50, 500, 0.0)
    assert not any(allowance.take(at / 50) for at in range(5000))
    allowance = limits.Allowance(50, 500, 0.0)
    assert [allowance.take(0.0) for _ in range(501)] == [0.0] * 500 + [0.02]


def test_what_is_refused_uses_nothing_up():
    allowance = limits.Allowance(0.5, 1, 0.0)
    assert [allowance.take(at_s) for at_s in (0, 0, 1, 2, 2)] == [0, 2, 1, 0, 2]


def test_a_strike_said_again_is_confirmed_and_done_once(studio, two, strikes):
    _conversation, (rosa, _daniel) = two
    for ago in (9.5, 100):
        with live(studio, rosa) as one:
            one.say(type="strike", seconds=30, ago=ago, id="first")
            # Of the first, which is the one that was done.
            assert 9.5 <= one.hear("struck", id="first")["ago"] < 100
    assert len(strikes) == 1
    assert LedgerEntry.objects.filter(kind=STRUCK).count() == 1


def test_strikes_beyond_what_anybody_means_wait_and_none_is_lost(studio, two, strikes, monkeypatch):
    """A page that connects anew gets no more of them; the other still strikes."""
    _conversation, (rosa, daniel) = two
    monkeypatch.setattr(struck, "STRIKES", Tries(Pace(2, 1000)))
    with live(studio, rosa) as one:
        for name in ("first", "second", "third"):
            one.say(type="strike", seconds=1, id=name)
        refused = one.hear("not_struck")
    assert refused["id"] == "third"
    assert 900 < refused["after_s"] <= 1000
    assert len(strikes) == 2
    with live(studio, rosa) as again, live(studio, daniel) as other:
        again.say(type="strike", seconds=1, id="third")
        again.hear("not_struck", id="third")
        again.say(type="strike", seconds=1, id="second")
        again.hear("struck", id="second")
        other.say(type="strike", seconds=1, id="another's")
        other.hear("struck")
        struck.STRIKES.forget()
        again.say(type="strike", seconds=1, id="third")
        again.hear("struck", id="third")
    assert len(strikes) == 4


def test_a_participant_can_strike_so_often_in_all_and_no_more(studio, two, strikes, monkeypatch):
    """Whatever became of the room, for the ledger counts."""
    _conversation, (rosa, _daniel) = two
    monkeypatch.setattr(striking, "STRIKES_IN_ALL", 2)
    for _ in range(2):
        append_entry(STRUCK, rosa.participant_id, {"seconds": 1})
    with live(studio, rosa) as one:
        one.say(type="strike", seconds=1, id="third")
        refused = one.hear("not_struck")
    assert refused == {"type": "not_struck", "id": "third", "after_s": None}
    assert strikes == []


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), OperationalError("locked"), ValueError("unreadable")]
)
def test_a_strike_that_cannot_be_kept_is_said_again_and_the_call_goes_on(
    studio, two, strikes, error
):
    _conversation, (rosa, daniel) = two

    def fail(**_given):
        stretch_struck.disconnect(fail)
        raise error

    stretch_struck.connect(fail)
    with live(studio, rosa) as one, live(studio, daniel) as other:
        other.hear("welcome")
        one.say(type="strike", seconds=30, id="first")
        assert one.hear("not_struck")["after_s"] == 30
        one.say(type="strike", seconds=30, id="first")
        assert one.hear("struck")["id"] == "first"
        other.hear("strike")
    assert len([each for each in other.heard if each["type"] == "strike"]) == 1
    assert LedgerEntry.objects.filter(kind=STRUCK).count() == 1
