"""What a personal link leads to, through the real server."""

import json
import re

import httpx
import pytest
from django.core import mail

from candid.site.agreements.actions import decline, load_first_text, publish_text, standing_of
from candid.site.agreements.models import LedgerEntry
from candid.site.conversations import actions, links
from candid.site.conversations.models import call_id_of, link_version_of
from tests.site.mail_server import send_nowhere
from tests.site.people_who_talk import answer, invite_two, invite_two_who_agreed


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield client


def test_a_link_leads_to_the_agreement_until_it_is_signed(client):
    _conversation, (rosa, _daniel) = invite_two()
    opened = client.get(rosa.path)
    assert opened.headers["location"] == f"{rosa.path}agreement/"
    signed = answer(client, rosa, answer="yes", name="Rosa Field")
    assert signed.headers["location"] == f"{rosa.path}call/"
    assert client.get(rosa.path).headers["location"] == f"{rosa.path}call/"
    assert client.get(f"{rosa.path}agreement/").headers["location"] == f"{rosa.path}call/"


def test_the_call_is_not_shown_before_the_agreement_is_signed(client):
    _conversation, (rosa, _daniel) = invite_two()
    assert client.get(f"{rosa.path}call/").headers["location"] == f"{rosa.path}agreement/"


def test_the_page_shows_every_point_of_the_text_and_the_others(client):
    _conversation, (rosa, _daniel) = invite_two()
    page = client.get(f"{rosa.path}agreement/").text
    for heading, _words in load_first_text().points:
        assert heading in page
    assert "a conversation with Daniel" in page
    assert "version 1" in page


def test_not_agreeing_is_thanked_for_and_may_be_changed(client):
    _conversation, (rosa, _daniel) = invite_two()
    declined = answer(client, rosa, answer="no")
    assert declined.status_code == 200
    assert "Thank you" in declined.text
    assert standing_of(rosa.participant_id) == "declined"
    assert answer(client, rosa, answer="yes", name="Rosa").status_code == 302


def test_a_no_that_is_said_again_is_written_once(client):
    _conversation, (rosa, _daniel) = invite_two()
    for _ in range(5):
        assert "Thank you" in answer(client, rosa, answer="no").text
    entries = LedgerEntry.objects.filter(subject=rosa.participant_id)
    assert [one.kind for one in entries] == ["link.issued", "agreement.declined"]
    publish_text("New\nWords.")
    answer(client, rosa, answer="no")
    assert [one.kind for one in entries.all()][1:] == ["agreement.declined"] * 2


def test_a_no_that_comes_after_a_signature_leaves_it(client):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    assert decline(rosa.participant_id, load_first_text()).kind == "agreement.signed"
    assert standing_of(rosa.participant_id) == "signed"


def test_a_form_without_an_answer_is_no_yes(client):
    _conversation, (rosa, _daniel) = invite_two()
    assert "Before you talk" in answer(client, rosa, name="Rosa").text
    assert standing_of(rosa.participant_id) == "open"


def test_who_has_signed_in_another_window_is_not_told_that_nothing_was_recorded(client):
    _conversation, (rosa, _daniel) = invite_two()
    page = client.get(f"{rosa.path}agreement/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer(client, rosa, answer="yes", name="Rosa")
    late = client.post(f"{rosa.path}agreement/", data=hidden | {"answer": "no"})
    assert late.headers["location"] == f"{rosa.path}call/"
    assert standing_of(rosa.participant_id) == "signed"


def test_without_a_name_nothing_is_signed(client):
    _conversation, (rosa, _daniel) = invite_two()
    unsigned = answer(client, rosa, answer="yes", name="   ")
    assert unsigned.status_code == 422
    assert "Nothing is signed yet" in unsigned.text
    assert standing_of(rosa.participant_id) == "open"


def test_a_text_that_changed_while_it_was_read_is_not_signed(client):
    _conversation, (rosa, _daniel) = invite_two()
    page = client.get(f"{rosa.path}agreement/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    publish_text("New\nWords.")
    data = hidden | {"answer": "yes", "name": "Rosa"}
    assert client.post(f"{rosa.path}agreement/", data=data).status_code == 422
    assert standing_of(rosa.participant_id) == "open"


def test_a_form_without_its_csrf_token_is_refused(client):
    _conversation, (rosa, _daniel) = invite_two()
    refused = client.post(f"{rosa.path}agreement/", data={"answer": "yes", "name": "Rosa"})
    assert refused.status_code == 403
    assert standing_of(rosa.participant_id) == "open"


def test_a_copy_is_sent_when_asked_for_and_holds_what_proves_it(client, settings):
    _conversation, (rosa, _daniel) = invite_two()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answer(client, rosa, answer="yes", name="Rosa Field", copy="1")
    [copy] = mail.outbox
    entry = LedgerEntry.objects.get(subject=rosa.participant_id, kind="agreement.signed")
    assert copy.to == ["rosa@example.org"]
    assert entry.sha256 in copy.body
    assert load_first_text().body in copy.body


def test_a_form_that_is_sent_again_sends_one_copy(client, settings):
    _conversation, (rosa, _daniel) = invite_two()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = client.get(f"{rosa.path}agreement/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields = hidden | {"answer": "yes", "name": "Rosa Field", "copy": "1"}
    for _ in range(3):
        sent = client.post(f"{rosa.path}agreement/", data=fields)
        assert sent.headers["location"] == f"{rosa.path}call/"
    assert len(mail.outbox) == 1


def ask_again(client, participant):
    page = client.get(f"{participant.path}copy/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return client.post(f"{participant.path}copy/", data=hidden)


def test_a_copy_that_cannot_be_sent_is_said_and_shown_and_can_be_sent_again(client, settings):
    _conversation, (rosa, _daniel) = invite_two()
    send_nowhere(settings)
    signed = answer(client, rosa, answer="yes", name="Rosa Field", copy="1")
    entry = LedgerEntry.objects.get(subject=rosa.participant_id, kind="agreement.signed")
    assert "The copy could not be sent to rosa@example.org" in signed.text
    assert "Your signature is kept" in signed.text
    assert entry.sha256 in signed.text
    assert f"{rosa.path}call/" in signed.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sent = ask_again(client, rosa)
    assert sent.headers["location"] == f"{rosa.path}call/"
    assert [copy.to for copy in mail.outbox] == [["rosa@example.org"]]


def test_copies_are_not_sent_without_end(client, settings):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answers = [ask_again(client, rosa) for _ in range(4)]
    assert [one.status_code for one in answers] == [302, 302, 302, 200]
    assert "In ten minutes" in answers[3].text
    assert len(mail.outbox) == 3


def test_a_copy_has_the_words_that_were_signed_however_many_came_after(client, settings):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    publish_text("New\nWords that came later.")
    ask_again(client, rosa)
    [copy] = mail.outbox
    assert "Words that came later" not in copy.body + client.get(f"{rosa.path}copy/").text


def test_who_has_signed_nothing_has_no_copy(client):
    _conversation, (rosa, _daniel) = invite_two()
    assert client.get(f"{rosa.path}copy/").headers["location"] == f"{rosa.path}agreement/"


@pytest.mark.parametrize("page", ["", "agreement/", "copy/", "call/"])
def test_a_link_that_never_was_is_not_found_and_a_revoked_one_is_gone(client, page):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    forged = f"/with/{rosa.participant_id}.{'A' * 43}/{page}"
    assert client.get(forged).status_code == 404
    assert client.get(f"/with/{links.link_of('Q' * 16, 1)}/{page}").status_code == 404
    old = rosa.path
    actions.revoke_link(rosa)
    gone = client.get(old + page)
    assert gone.status_code == 410
    assert "Ask the person who invited you" in gone.text
    assert client.get(rosa.path + page).status_code == 410


def test_a_reissued_link_opens_and_the_one_before_it_does_not(client):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    old = rosa.path
    actions.reissue_link(rosa)
    assert client.get(f"{rosa.path}call/").status_code == 200
    assert client.get(f"{old}call/").status_code == 410
    assert link_version_of(rosa.participant_id) == 2


def test_a_revoked_participant_has_no_version_but_still_a_call(client):
    conversation, (rosa, _daniel) = invite_two()
    actions.revoke_link(rosa)
    assert link_version_of(rosa.participant_id) is None
    assert call_id_of(rosa.participant_id) == conversation.call_id


def test_the_call_page_is_given_what_the_contract_lists(client):
    conversation, (rosa, daniel) = invite_two_who_agreed()
    page = client.get(f"{rosa.path}call/").text
    block = re.search(r'<script id="call" type="application/json">(.*?)</script>', page)
    given = json.loads(block[1])
    assert given["call_id"] == conversation.call_id
    assert re.fullmatch(rf"{rosa.path}live\?page=\d+", given["live"])
    assert [one["name"] for one in given["people"]] == ["Rosa", "Daniel"]
    claims = links.read_upload_token(given["upload"]["token"], 0)
    assert claims.participant_id == rosa.participant_id
    assert given["is_erased"] is False
    assert daniel.link not in page


@pytest.mark.parametrize("page", ["/", "/help/", "/nowhere", "/desk/login/"])
def test_every_page_forbids_what_is_inline_or_from_elsewhere(client, page):
    headers = client.get(page).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("page", ["/", "/help/", "/nowhere"])
def test_every_page_has_signposts_and_a_quick_exit(client, page):
    shown = client.get(page).text
    assert 'href="/help/"' in shown
    assert "data-quick-exit" in shown


def test_pages_under_a_link_are_kept_nowhere_and_tell_nobody_where_one_was(client):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    page = client.get(f"{rosa.path}call/")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["candid.css", "quick-exit.js", "fonts/figtree-latin-wght-normal.woff2"]
)
def test_styles_scripts_and_fonts_are_served_by_us(client, path):
    served = client.get(f"/static/{path}")
    assert served.status_code == 200
    again = client.get(f"/static/{path}", headers={"If-None-Match": served.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["nothing.css", "../settings.py", "%2e%2e/settings.py"])
def test_nothing_but_static_files_is_served_as_such(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_no_link_is_written_into_a_log(client, caplog):
    from candid.site.discretion import Discreet, mask

    _conversation, (rosa, _daniel) = invite_two()
    code = rosa.link.split(".")[1]
    token = links.make_upload_token(rosa.participant_id, 1, 0)
    assert code not in mask(f"Not Found: {rosa.path}call/")
    assert token.rsplit(".", 1)[1] not in mask(f"bad token {token}")
    client.get(f"{rosa.path}nothing-here/")
    lines = [Discreet().format(record) for record in caplog.records]
    assert lines
    assert not [line for line in lines if code in line]


def test_who_knocks_at_an_address_that_is_not_ours_is_refused_and_fills_no_log(client, capfd):
    assert client.get("/", headers={"Host": "elsewhere.example.org"}).status_code == 400
    assert capfd.readouterr().err == ""
