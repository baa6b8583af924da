"""A form of a conversation that is saved while others change the same conversation."""

import pytest

from candid.site.conversations.actions import (
    end_conversation,
    open_link,
    reissue_link,
    remove_participant,
    revoke_link,
)
from candid.site.conversations.forms import ConversationForm
from candid.site.conversations.guests import find_guest
from candid.site.conversations.models import Conversation, Participant
from tests.site.conversations.planning import PLAN, change


@pytest.fixture
def rosa(planned):
    return Participant.objects.get(name="Rosa")


@pytest.fixture
def form(planned):
    """The form as it was read from a browser, and not written yet."""
    known = " ".join(one.participant_id for one in planned.participants.order_by("sort_order"))
    form = ConversationForm(
        PLAN | {"known": known, "title": "Garden"}, instance=Conversation.objects.get()
    )
    assert form.is_valid()
    return form


def test_a_link_that_is_revoked_while_a_form_is_saved_stays_revoked(form, rosa):
    link = rosa.link
    revoke_link(rosa)
    form.save()
    assert find_guest(link).standing == "revoked"
    assert find_guest(Participant.objects.get(pk=rosa.pk).link).standing == "revoked"


def test_a_link_that_is_replaced_while_a_form_is_saved_is_the_new_one(form, rosa):
    before = rosa.link
    reissue_link(rosa)
    form.save()
    assert find_guest(before).standing == "revoked"
    assert find_guest(rosa.link).may_enter


def test_a_conversation_that_ends_while_a_form_is_saved_stays_ended(form, planned):
    open_link(Participant.objects.get(name="Daniel"))
    end_conversation(Conversation.objects.get())
    form.save()
    saved = Conversation.objects.get()
    assert saved.title == "Garden"
    assert saved.ended_at is not None
    assert saved.held_questions == []
    assert Participant.objects.get(name="Daniel").opened_at is not None


def test_somebody_who_is_taken_out_while_a_form_is_saved_stays_out(desk, planned):
    change(desk, planned, name_2="Amina")
    people = planned.participants.order_by("sort_order")
    fields = PLAN | {"name_2": "Amina", "known": " ".join(one.participant_id for one in people)}
    form = ConversationForm(fields, instance=Conversation.objects.get())
    assert form.is_valid()
    remove_participant(Participant.objects.get(name="Amina"))
    form.save()
    assert [one.name for one in people.all()] == ["Rosa", "Daniel"]
