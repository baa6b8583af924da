"""A link that went to a wrong address: it stops, or the desk says that it still opens."""

import pytest
from django.core import mail

from candid.site.agreements.actions import load_first_text, sign, verify_ledger
from candid.site.agreements.models import LedgerEntry
from candid.site.conversations.actions import revoke_link
from candid.site.conversations.models import Participant
from tests.site.conversations.planning import change, send
from tests.site.people_who_talk import live

RIGHT = {"email_0": "rosa.field@example.org"}


@pytest.fixture
def rosa(planned):
    """Who was sent a link to an address that somebody else may read."""
    return Participant.objects.get(name="Rosa")


def read_page(desk, conversation):
    return desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/").text


def test_a_link_that_went_to_a_wrong_address_stops_when_the_address_is_corrected(
    desk, planned, rosa
):
    change(desk, planned, **RIGHT)
    assert desk.client.get(rosa.path).status_code == 410
    page = read_page(desk, planned)
    assert "was sent to rosa@example.org no longer opens anything" in page
    assert "Send the new link to rosa.field@example.org" in page
    assert LedgerEntry.objects.filter(kind="link.issued", subject=rosa.participant_id).count() == 2
    assert verify_ledger() == []


@pytest.mark.parametrize("way", ["one by one", "all at once"])
def test_the_new_link_is_sent_with_one_press_and_then_nothing_is_left_to_say(
    desk, planned, rosa, way
):
    change(desk, planned, **RIGHT)
    if way == "one by one":
        send(desk, planned)
    else:
        desk.send(f"/desk/conversations/tell/{planned.pk}/")
    rosa.refresh_from_db()
    assert mail.outbox[-1].to == ["rosa.field@example.org"]
    assert rosa.path in mail.outbox[-1].body
    assert "no longer opens" not in read_page(desk, planned)


@pytest.mark.parametrize(
    "changed",
    [
        {"name_0": "Rosa F."},
        {"starts_at": "19:00"},
        {"email_0": "Rosa@Example.org"},
        {"email_1": "daniel@example.org"},
    ],
    ids=str,
)
def test_what_leaves_the_address_as_it_was_leaves_the_link(desk, planned, rosa, changed):
    change(desk, planned, **changed)
    assert desk.client.get(rosa.path).status_code == 302


def test_a_link_that_was_never_sent_stays_when_an_address_is_added_or_corrected(desk, planned):
    daniel = Participant.objects.get(name="Daniel")
    change(desk, planned, email_1="daniel@example.com")
    change(desk, planned, email_1="daniel@example.org")
    assert desk.client.get(daniel.path).status_code == 302


def test_an_address_that_is_taken_away_takes_the_link_with_it(desk, planned, rosa):
    change(desk, planned, email_0="")
    assert desk.client.get(rosa.path).status_code == 410
    assert "That link no longer opens anything" in read_page(desk, planned)


def test_a_revoked_link_stays_revoked_when_the_address_is_corrected(desk, planned, rosa):
    revoke_link(rosa)
    change(desk, planned, **RIGHT)
    rosa.refresh_from_db()
    assert rosa.is_revoked
    assert desk.client.get(rosa.path).status_code == 410
    assert "Send the new link" not in read_page(desk, planned)


def test_whoever_has_agreed_keeps_their_link_and_the_desk_says_where_it_went(
    desk, studio, planned, rosa
):
    sign(rosa.participant_id, "Rosa", load_first_text())
    with live(studio, rosa) as browser:
        change(desk, planned, **RIGHT)
        # Whoever talks goes on: what is said is answered.
        browser.say(type="ping", t1_us=1)
        browser.hear("pong")
    page = read_page(desk, planned)
    assert "was sent to rosa@example.org, and opens for whoever reads that address" in page
    desk.send(f"/desk/conversations/link/{rosa.pk}/reissue/")
    assert desk.client.get(rosa.path).status_code == 410
    page = read_page(desk, planned)
    assert "opens for whoever reads" not in page
    assert "Send the new link to rosa.field@example.org" in page


def test_a_link_that_was_replaced_by_hand_is_not_said_to_be_sent(desk, planned, rosa):
    desk.send(f"/desk/conversations/link/{rosa.pk}/reissue/")
    assert "The new one has not been sent." in read_page(desk, planned)


OTHER = {"name_0": "Nora", "email_0": "nora@example.org"}


def test_nobody_comes_in_under_the_agreement_of_another(desk, planned, rosa):
    sign(rosa.participant_id, "Rosa", load_first_text())
    change(desk, planned, **OTHER)
    rosa.refresh_from_db()
    assert (rosa.name, rosa.email) == ("Rosa", "rosa@example.org")
    change(desk, planned, name_0="Rosa F.")
    rosa.refresh_from_db()
    assert rosa.name == "Rosa F."


def test_a_row_is_given_to_another_as_long_as_nobody_has_agreed_in_it(desk, planned, rosa):
    change(desk, planned, **OTHER)
    rosa.refresh_from_db()
    assert (rosa.name, rosa.email) == ("Nora", "nora@example.org")
