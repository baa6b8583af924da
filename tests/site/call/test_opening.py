"""What the page of a conversation is told when it is opened."""

import json
import re

import httpx
import pytest

from candid.site.call import views
from candid.site.conversations import actions
from tests.site.people_who_talk import invite_two_who_agreed


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield client


def told(client, one):
    page = client.get(f"{one.path}call/")
    assert page.status_code == 200
    (block,) = re.findall(r'<script id="call" type="application/json">(.*?)</script>', page.text)
    return json.loads(block), page.text


def test_before_anything_is_recorded_there_is_nothing_to_erase(client):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    call, page = told(client, rosa)
    assert (call["arrived"], call["is_erased"], call["is_ended"]) == ("nothing", False, False)
    assert 'id="erase" hidden' in page
    actions.end_conversation(conversation)
    assert told(client, rosa)[0]["is_ended"] is True


@pytest.mark.parametrize(("arrived", "word"), [(True, "all"), (False, "part")])
def test_what_has_arrived_is_told_and_can_be_erased(client, monkeypatch, arrived, word):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    monkeypatch.setattr(views, "takes_of", lambda _participant: {"rosa-1": True, "rosa-2": arrived})
    call, page = told(client, rosa)
    assert (call["arrived"], call["takes"]) == (word, ["rosa-1", "rosa-2"])
    assert 'id="erase">' in page


def test_the_page_opens_where_what_has_arrived_cannot_be_read(client, monkeypatch, caplog):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()

    def fail(_participant):
        raise OSError("the bucket is away")

    monkeypatch.setattr(views, "takes_of", fail)
    call, page = told(client, rosa)
    assert call["arrived"] == "unknown"
    assert 'id="erase">' in page
    assert "what has arrived cannot be told" in caplog.text
