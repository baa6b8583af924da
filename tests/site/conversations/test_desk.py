"""The organiser's desk: plan a conversation, share its links, take them back."""

import re

import httpx
import pytest
from django.core import mail

from candid.site.agreements.actions import verify_ledger
from candid.site.agreements.models import AgreementText, LedgerEntry
from candid.site.conversations.models import Conversation, Guide, Participant
from candid.site.conversations.roles import ROLES
from tests.site.conversations.planning import PLAN
from tests.site.people_who_talk import invite_two, invite_two_who_agreed, live


def test_a_conversation_is_planned_and_its_links_are_shown(desk):
    assert desk.client.get("/desk/conversations/new/").status_code == 200
    guide = Guide.objects.get()
    made = desk.send("/desk/conversations/new/", **PLAN, guide=str(guide.pk))
    conversation = Conversation.objects.get()
    assert made.headers["location"] == f"/desk/conversations/inspect/{conversation.pk}/"
    page = desk.client.get(made.headers["location"]).text
    people = list(conversation.participants.all())
    assert [(one.name, one.email) for one in people] == [
        ("Rosa", "rosa@example.org"),
        ("Daniel", ""),
    ]
    for one in people:
        assert one.path in page
    assert conversation.start.isoformat() == "2026-03-12T18:30:00+00:00"
    assert LedgerEntry.objects.filter(kind="link.issued").count() == 2
    assert "Kitchen table" in desk.client.get("/desk/conversations/").text


@pytest.mark.parametrize(
    "mistake",
    [{"name_1": ""}, {"email_2": "amina@example.org"}, {"starts_on": ""}, {"time_zone": "Leeds"}],
    ids=str,
)
def test_a_plan_with_a_mistake_is_shown_again_and_nothing_is_written(desk, mistake):
    shown = desk.send("/desk/conversations/new/", **(PLAN | mistake))
    assert shown.status_code == 200
    assert not Conversation.objects.exists()


def known_to(desk, conversation):
    """Return what the form to change a conversation holds of who was in it."""
    form = desk.client.get(f"/desk/conversations/edit/{conversation.pk}/").text
    return {"known": re.search(r'name="known" value="([^"]*)"', form)[1]}


def test_a_form_from_before_somebody_was_taken_out_gives_no_link_another_name(desk):
    conversation, (_rosa, daniel, amina) = invite_two("Rosa", "Daniel", "Amina")
    before = known_to(desk, conversation)
    desk.send(f"/desk/conversations/remove/{daniel.pk}/")
    shown = desk.send(
        f"/desk/conversations/edit/{conversation.pk}/", **PLAN | {"name_2": "Amina"} | before
    )
    assert "Open the page once more." in shown.text
    assert [one.name for one in Participant.objects.order_by("sort_order")] == ["Rosa", "Amina"]
    assert Participant.objects.get(pk=amina.pk).name == "Amina"


def test_a_changed_conversation_keeps_its_participants_and_their_links(desk):
    conversation, (rosa, daniel) = invite_two()
    desk.send(
        f"/desk/conversations/edit/{conversation.pk}/",
        **PLAN | {"name_0": "Rosa F.", "name_2": "Amina"} | known_to(desk, conversation),
    )
    people = list(Participant.objects.order_by("sort_order"))
    assert [one.name for one in people] == ["Rosa F.", "Daniel", "Amina"]
    assert [one.participant_id for one in people[:2]] == [
        rosa.participant_id,
        daniel.participant_id,
    ]


def test_a_link_is_revoked_and_another_is_made(desk):
    conversation, (rosa, _daniel) = invite_two()
    desk.send(f"/desk/conversations/link/{rosa.pk}/revoke/")
    assert desk.client.get(rosa.path).status_code == 410
    page = desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/").text
    assert rosa.link not in page
    desk.send(f"/desk/conversations/link/{rosa.pk}/reissue/")
    rosa.refresh_from_db()
    assert desk.client.get(rosa.path).status_code == 302
    assert verify_ledger() == []


def test_an_invitation_goes_out_with_the_link_and_a_calendar_entry_without_it(desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    desk.send("/desk/conversations/new/", **PLAN)
    rosa = Participant.objects.get(name="Rosa")
    desk.send(f"/desk/conversations/link/{rosa.pk}/send/")
    [sent] = mail.outbox
    assert rosa.path in sent.body
    [part] = sent.attachments
    calendar = part.get_payload(decode=True).decode()
    assert part.get_filename() == "conversation.ics"
    assert "DTSTART:20260312T183000Z" in calendar
    assert rosa.link not in calendar


def test_the_desk_ends_a_conversation(desk):
    conversation, _people = invite_two_who_agreed()
    desk.send(f"/desk/conversations/end/{conversation.pk}/")
    conversation.refresh_from_db()
    assert conversation.ended_at is not None


def test_the_desk_sees_how_far_everybody_is_and_nothing_else(desk, studio):
    conversation, (rosa, daniel) = invite_two_who_agreed()
    with live(studio, rosa) as browser:
        browser.say(type="state", stage="call", recording=True)
        browser.say(type="uploads", percent=41)
        browser.say(type="chat", text="between us")
        browser.hear("chat")
        told = desk.client.get(f"/desk/live/{conversation.call_id}/")
    assert told.json() == {
        "people": [
            {"id": rosa.participant_id, "words": "In the call, recording, 41 % sent"},
            {"id": daniel.participant_id, "words": "Agreed"},
        ]
    }


def test_a_guide_is_a_question_a_line(desk):
    desk.send("/desk/guides/new/", name="Short", questions="First?\n\n  Second? \n")
    guide = Guide.objects.get(name="Short")
    assert [question.text for question in guide.questions.all()] == ["First?", "Second?"]


def test_an_agreement_is_only_ever_added(desk):
    desk.send("/desk/agreements/new/", language="en", body="New\nIn new words.")
    assert [text.version for text in AgreementText.objects.order_by("version")] == [1, 2]
    first = AgreementText.objects.get(version=1)
    assert desk.client.get(f"/desk/agreements/inspect/{first.pk}/").status_code == 200
    for what in ("edit", "delete"):
        assert desk.client.get(f"/desk/agreements/{what}/{first.pk}/").status_code == 404


def test_an_agreement_is_seen_as_a_participant_sees_it_before_it_is_published(desk):
    form = desk.client.get("/desk/agreements/new/").text
    assert "What is recorded" in form
    drafted = desk.send(
        "/desk/agreements/preview/", language="en", body="New\r\nIn <b>new</b> words."
    )
    assert "Nothing can be signed here" in drafted.text
    assert "In &lt;b&gt;new&lt;/b&gt; words." in drafted.text
    assert "This is version 2" in drafted.text
    assert AgreementText.objects.count() == 1
    published = desk.client.get(f"/desk/agreements/preview/{AgreementText.objects.get().pk}/")
    assert "This is version 1" in published.text
    assert "csrfmiddlewaretoken" not in published.text


def test_every_page_of_the_section_opens_without_a_script_inside_its_text(desk):
    conversation, _people = invite_two()
    guide = Guide.objects.get()
    pages = [
        "/desk/conversations/",
        "/desk/conversations/new/",
        f"/desk/conversations/edit/{conversation.pk}/",
        f"/desk/conversations/inspect/{conversation.pk}/",
        "/desk/guides/",
        f"/desk/guides/edit/{guide.pk}/",
        "/desk/campaigns/",
        "/desk/campaigns/new/",
        "/desk/agreements/",
        "/desk/agreements/new/",
        "/desk/users/",
        "/desk/users/new/",
        "/desk/groups/",
        "/desk/account/",
        "/desk/login/",
    ]
    for page in pages:
        shown = desk.client.get(page, follow_redirects=True)
        assert shown.status_code == 200, page
        assert not re.findall(r"<script>|<script type=\"text/javascript\">", shown.text), page


@pytest.mark.parametrize("page", ["conversations/", "guides/", "conversations/link/1/revoke/"])
def test_nobody_sees_or_does_anything_without_having_entered(studio, page):
    with httpx.Client(base_url=studio, timeout=60) as client:
        for answered in (client.get(f"/desk/{page}"), client.post(f"/desk/{page}")):
            assert answered.status_code in (302, 403)


def test_no_role_removes_a_conversation_with_what_was_signed_in_it():
    for wanted in ROLES.values():
        assert ("candid_conversations", "delete_conversation") not in wanted
