"""Strikes of a page whose live channel is closed for good: told by a request of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from candid.site.agreements.models import LedgerEntry
from candid.site.call import limits, striking
from candid.site.call.clocks import now_us
from candid.site.call.signals import stretch_struck
from candid.site.call.striking import STRUCK
from candid.site.conversations import actions
from candid.site.people.limits import Pace, Tries
from tests.site.people_who_talk import invite_two, invite_two_who_agreed, live

TOLD = {"type": "strike", "seconds": 30, "ago": 12, "id": "first"}


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield client


def test_what_is_owed_when_the_conversation_has_ended_is_struck(client, strikes):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    actions.end_conversation(conversation)
    before_us = now_us()
    answer = client.post(f"{rosa.path}strikes/", json=TOLD)
    after_us = now_us()
    told = answer.json()
    assert (answer.status_code, told["id"]) == (200, "first")
    assert 12 <= told["ago"] <= 12 + (after_us - before_us) / 1e6
    ((start_us, end_us),) = strikes
    assert before_us <= end_us + 12_000_000 <= after_us
    assert end_us - start_us == 31_000_000
    (entry,) = LedgerEntry.objects.filter(kind=STRUCK)
    assert entry.subject == rosa.participant_id


@pytest.mark.parametrize(
    ("what", "status"), [("forged", 404), ("unsigned", 403), ("revoked", 410), ("other site", 403)]
)
def test_who_may_not_strike_is_refused(client, strikes, what, status):
    _conversation, (rosa, _daniel) = invite_two() if what == "unsigned" else invite_two_who_agreed()
    headers = {"Origin": "https://other.example.org"} if what == "other site" else {}
    if what == "revoked":
        actions.revoke_link(rosa)
    if what == "forged":
        rosa.link_version = 7
    answer = client.post(f"{rosa.path}strikes/", json=TOLD, headers=headers)
    assert answer.status_code == status
    assert strikes == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"type":"strike"}',
        b'{"type":"strike","seconds":0}',
        b'{"type":"strike","seconds":1e9}',
        b'{"type":"strike","seconds":1,"ago":-1}',
        b'{"type":"strike","seconds":1,"id":"%s"}' % (b"x" * 65),
        b"[" * 5000,
    ],
    ids=lambda body: str(body[:24]),
)
def test_what_is_no_strike_is_refused(client, strikes, body):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    assert client.post(f"{rosa.path}strikes/", content=body).status_code == 422
    assert strikes == []


def test_a_strike_that_cannot_be_kept_is_said_again_later(client, strikes):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()

    def fail(**_given):
        stretch_struck.disconnect(fail)
        raise OSError("full")

    stretch_struck.connect(fail)
    refused = client.post(f"{rosa.path}strikes/", json=TOLD)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
    assert client.post(f"{rosa.path}strikes/", json=TOLD | {"ago": 42}).status_code == 200
    assert LedgerEntry.objects.filter(kind=STRUCK).count() == 1
    assert len(strikes) == 2
    assert len(set(strikes)) == 1


def test_more_strikes_than_anybody_means_wait_and_have_an_end(client, strikes, monkeypatch):
    _conversation, (rosa, daniel) = invite_two_who_agreed()
    monkeypatch.setattr("candid.site.call.struck.STRIKES", Tries(Pace(1, 1000)))
    monkeypatch.setattr(striking, "STRIKES_IN_ALL", 0)
    assert client.post(f"{rosa.path}strikes/", json=TOLD).status_code == 403
    waits = client.post(f"{rosa.path}strikes/", json=TOLD)
    assert waits.status_code == 429
    assert 900 < int(waits.headers["retry-after"]) <= 1001
    assert client.post(f"{daniel.path}strikes/", json=TOLD).status_code == 403
    assert strikes == []


def test_by_requests_and_by_the_live_channel_one_strikes_sixty_times_at_once_in_all(
    studio, client, strikes, monkeypatch
):
    assert limits.STRIKES.pace == Pace(60, 10)
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    monkeypatch.setattr("candid.site.call.struck.STRIKES", Tries(Pace(1, 1000)))
    with live(studio, rosa) as one:
        one.say(type="strike", seconds=1, id="first")
        one.hear("struck")
    assert client.post(f"{rosa.path}strikes/", json=TOLD | {"id": "second"}).status_code == 429
    assert len(strikes) == 1


def test_what_is_said_again_by_whatever_way_is_done_once(studio, client, strikes):
    """As by two pages that owe the same, or where the answer of the live channel was lost."""
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    with live(studio, rosa) as one:
        one.say(type="strike", seconds=30, ago=12, id="first")
        one.hear("struck")
    told = client.post(f"{rosa.path}strikes/", json=TOLD | {"ago": 100}).json()
    assert 12 <= told["ago"] < 100
    client.post(f"{rosa.path}strikes/", json=TOLD | {"id": "second"})
    with live(studio, rosa) as one:
        one.say(type="strike", seconds=30, ago=100, id="second")
        assert 12 <= one.hear("struck")["ago"] < 100
    assert len(strikes) == 2
    assert LedgerEntry.objects.filter(kind=STRUCK).count() == 2


def test_what_is_said_again_while_it_is_being_done_is_done_once(client, strikes):
    """A page gives up on a studio that takes long to look through all takes."""
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    is_twice = threading.Event()
    with ThreadPoolExecutor(1) as page:

        def say_again(**_given):
            if len(strikes) > 1:
                is_twice.set()
            else:
                again.append(page.submit(client.post, f"{rosa.path}strikes/", json=TOLD))
                is_twice.wait(0.5)

        again = []
        stretch_struck.connect(say_again)
        answers = [client.post(f"{rosa.path}strikes/", json=TOLD), again[0].result()]
        stretch_struck.disconnect(say_again)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(strikes) == 1
    assert LedgerEntry.objects.filter(kind=STRUCK).count() == 1


def test_the_others_in_the_call_are_told_once_of_what_came_by_a_request_first(
    studio, client, strikes
):
    """As where two pages of one participant owe the same, and the one that is closed is first."""
    _conversation, (rosa, daniel) = invite_two_who_agreed()
    with live(studio, daniel) as other, live(studio, rosa) as one:
        one.hear("welcome")
        other.hear_state(rosa.participant_id, is_here=True)
        assert client.post(f"{rosa.path}strikes/", json=TOLD).status_code == 200
        heard = other.hear("strike")
        assert (heard["from"], heard["seconds"]) == (rosa.participant_id, 30)
        assert heard["ago"] >= 12
        one.say(type="strike", seconds=30, ago=12, id="first")
        one.hear("struck")
        other.say(type="ping", t1_us=1)
        other.hear("pong")
    assert [message["type"] for message in other.heard].count("strike") == 1
    assert len(strikes) == 1


def test_while_one_strike_is_done_others_are_refused_instead_of_waiting(client, monkeypatch):
    """A bucket may take minutes, and whoever waits holds a thread of the studio."""
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    monkeypatch.setattr("candid.site.call.struck.STRIKES", Tries(Pace(2, 1000)))
    monkeypatch.setattr("candid.site.call.struck.LONGEST_WAIT_S", 0.01)
    is_begun, is_told = threading.Event(), threading.Event()

    def take_long(**_given):
        is_begun.set()
        is_told.wait(60)

    stretch_struck.connect(take_long)
    with ThreadPoolExecutor(1) as page:
        first = page.submit(client.post, f"{rosa.path}strikes/", json=TOLD)
        assert is_begun.wait(60)
        refused = [
            client.post(f"{rosa.path}strikes/", json=TOLD | {"id": name}) for name in ("b", "c")
        ]
        is_told.set()
        assert first.result().status_code == 200
    stretch_struck.disconnect(take_long)
    assert [answer.status_code for answer in refused] == [429, 429]
    busy_s, often_s = (int(answer.headers["retry-after"]) for answer in refused)
    assert busy_s == 30
    assert 900 < often_s <= 1001
