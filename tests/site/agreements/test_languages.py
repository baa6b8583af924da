"""In which language somebody reads what they agree to, and what is written to them."""

import httpx
import pytest
from django.core import mail

from candid.site.agreements.actions import publish_text, signature_of
from candid.site.agreements.models import AgreementText, text_of
from candid.site.conversations.invitations import send_invitation
from candid.site.conversations.models import Conversation, Participant
from tests.site.conversations.planning import PLAN, change
from tests.site.people_who_talk import answer, invite_two

GERMAN = "Was aufgenommen wird\nIhre Stimme."


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield client


def read(client, participant):
    return client.get(f"{participant.path}agreement/").text


def test_whoever_has_a_language_reads_and_signs_the_agreement_in_it(desk, client):
    desk.send("/desk/agreements/new/", language="de", body=GERMAN)
    desk.send("/desk/conversations/new/", **PLAN, language_0="de", language_1="en")
    rosa, daniel = Conversation.objects.get().participants.order_by("sort_order")
    page = read(client, rosa)
    assert "Ihre Stimme." in page
    assert 'lang="de"' in page
    assert "What is recorded" in read(client, daniel)
    answer(client, rosa, answer="yes", name="Rosa")
    assert text_of(signature_of(rosa.participant_id)).body == GERMAN


def test_who_has_none_reads_the_language_of_the_studio(client, settings):
    settings.LANGUAGE_CODE = "de"
    publish_text(GERMAN, "de")
    _conversation, (rosa, _daniel) = invite_two()
    assert "Ihre Stimme." in read(client, rosa)


def test_the_dates_of_letters_are_in_the_language_of_who_reads_them(studio, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.LANGUAGE_CODE = "de"
    conversation, (rosa, daniel) = invite_two()
    conversation.starts_on, conversation.starts_at = "2026-03-12", "18:30"
    conversation.save()
    Participant.objects.filter(pk=daniel.pk).update(language="fr")
    for one in (rosa, daniel):
        send_invitation(Participant.objects.get(pk=one.pk))
    days = ["Donnerstag" in mail.outbox[0].body, "jeudi" in mail.outbox[1].body.casefold()]
    assert days == [True, True]


def test_a_language_is_asked_for_only_where_there_is_a_choice(desk):
    assert 'name="language_0"' not in desk.client.get("/desk/conversations/new/").text
    publish_text(GERMAN, "de")
    page = desk.client.get("/desk/conversations/new/").text
    assert 'name="language_0"' in page
    assert "German" in page


def test_a_form_keeps_the_language_that_somebody_has(desk):
    desk.send("/desk/agreements/new/", language="de", body=GERMAN)
    desk.send("/desk/conversations/new/", **PLAN, language_0="de")
    conversation = Conversation.objects.get()
    change(desk, conversation, title="Garden")
    assert conversation.participants.get(name="Rosa").language == "de"
    page = desk.client.get(f"/desk/conversations/edit/{conversation.pk}/").text
    assert '<option value="de" selected>' in page


def test_an_agreement_is_published_in_a_language_that_there_is(desk):
    desk.send("/desk/agreements/new/", language="Deutsch", body=GERMAN)
    assert AgreementText.objects.count() == 1


def test_a_preview_has_the_number_that_its_language_will_give_it(desk):
    publish_text(GERMAN, "de")
    for language, number in (("de", 2), ("en", 2), ("fr", 1)):
        page = desk.send("/desk/agreements/preview/", language=language, body=GERMAN).text
        assert f"This is version {number} of" in page, language
