"""What stays as it was when somebody agreed or talked, whatever is changed at the desk later."""

import json
import re

import httpx
import pytest

from candid.site.agreements.actions import load_first_text, promised_days, sign
from candid.site.agreements.models import LedgerEntry
from candid.site.conversations import links
from candid.site.conversations.actions import (
    load_first_guide,
    reissue_link,
    revoke_link,
    save_guide,
)
from candid.site.conversations.models import Campaign
from tests.site.people_who_talk import answer, invite_two, invite_two_who_agreed, live
from tests.site.recording.material import digest_of


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield client


def put_into(*days):
    conversation, people = invite_two()
    for number, keep_days in enumerate(days):
        campaign = Campaign.objects.create(name=f"Campaign {number}", keep_days=keep_days)
        conversation.campaigns.add(campaign)
    conversation.save()
    return conversation, people


def test_a_participant_reads_and_signs_the_shortest_time_of_all_campaigns(client):
    conversation, (rosa, daniel) = put_into(90, 30, 365)
    assert "For at most 30 days" in client.get(f"{rosa.path}agreement/").text
    answer(client, rosa, answer="yes", name="Rosa")
    entry = LedgerEntry.objects.get(subject=rosa.participant_id, kind="agreement.signed")
    assert json.loads(entry.facts)["keep_days"] == 30
    assert promised_days([rosa.participant_id, daniel.participant_id]) == 30
    assert conversation.keep_days == 30


def test_a_time_that_was_changed_while_it_was_read_is_not_signed(client):
    _conversation, (rosa, _daniel) = put_into(30)
    page = client.get(f"{rosa.path}agreement/").text
    Campaign.objects.update(keep_days=3000)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    refused = client.post(f"{rosa.path}agreement/", data=hidden | {"answer": "yes", "name": "Rosa"})
    assert refused.status_code == 422
    assert "3000 days" in refused.text


def test_the_fewest_days_that_anybody_signed_for_count(db):
    _conversation, (rosa, daniel) = invite_two()
    sign(rosa.participant_id, "Rosa", load_first_text(), 30)
    sign(daniel.participant_id, "Daniel", load_first_text(), 90)
    assert promised_days([rosa.participant_id, daniel.participant_id]) == 30
    assert promised_days([]) is None


def talk(studio, people):
    """Let both be ready, so that a recording begins."""
    rosa, daniel = people
    with live(studio, rosa) as one, live(studio, daniel) as other:
        for browser in (one, other):
            browser.say(type="state", stage="call", ready=True)
        for browser in (one, other):
            browser.hear("record", is_on=True)
        # Messages of one browser are taken in order: after the answer the state is done with.
        for browser in (one, other):
            browser.say(type="ping", t1_us=1)
            browser.hear("pong")


def test_a_guide_that_is_changed_later_leaves_a_held_conversation_its_questions(studio):
    conversation, people = invite_two_who_agreed()
    before = conversation.question_texts()
    talk(studio, people)
    save_guide(load_first_guide(), ["Something else?"])
    conversation.refresh_from_db()
    assert conversation.question_texts() == before
    upcoming, _people = invite_two_who_agreed()
    assert upcoming.question_texts() == ["Something else?"]


def test_until_it_is_held_a_conversation_follows_its_guide(studio):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    with live(studio, rosa) as browser:
        browser.say(type="state", stage="check", ready=False)
        browser.say(type="ping", t1_us=1)
        browser.hear("pong")
    save_guide(load_first_guide(), ["Something else?"])
    conversation.refresh_from_db()
    assert conversation.question_texts() == ["Something else?"]


@pytest.mark.parametrize("change", [revoke_link, reissue_link])
def test_the_upload_token_of_a_link_that_was_taken_back_no_longer_works(client, change):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    page = client.get(f"{rosa.path}call/").text
    [block] = [part for part in page.split("</script>") if 'id="call"' in part]
    token = json.loads(block.split('type="application/json">')[1])["upload"]["token"]
    data = b"a fragment"
    change(rosa)
    address = f"/ingest/takes/{rosa.participant_id}-00000001/camera/0"
    headers = {"Authorization": f"Bearer {token}", "Content-Digest": digest_of(data)}
    assert client.put(address, content=data, headers=headers).status_code == 401
    # Not because of what it says: it is genuine, and would hold for a month.
    assert links.read_upload_token(token, 0) is not None
