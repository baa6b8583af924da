"""Every write of the room `conversations`."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from candid.site.agreements.actions import append_entry
from candid.site.conversations.models import (
    FEWEST_PARTICIPANTS,
    MOST_PARTICIPANTS,
    Conversation,
    Guide,
    Participant,
    Question,
)
from candid.site.conversations.signals import conversation_ended, link_revoked

LINK_REVOKED, LINK_ISSUED, ENDED = "link.revoked", "link.issued", "conversation.ended"

FIRST_GUIDE = "Something hard to say"
FIRST_QUESTIONS = (
    "What made you say yes to this conversation?",
    "When did you first tell somebody, and what did they say?",
    "What did you wish people had asked you?",
    "What helped, even a little?",
    "What would you say to somebody who is where you were?",
)


SAMPLE_TITLE = "A conversation to try out"
SAMPLE_NAMES = ("Rosa", "Daniel")


class ConversationError(ValueError):
    """A conversation cannot be planned this way; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversation as somebody plans it. Each of `people` is (name, e-mail or "")."""

    title: str
    people: Sequence[tuple[str, str]]
    guide: Guide | None = None
    starts_on: dt.date | None = None
    starts_at: dt.time | None = None
    time_zone: str = "UTC"


def plan_conversation(plan: Plan) -> Conversation:
    """Write a conversation and its participants. Raises ConversationError for a wrong number."""
    if not FEWEST_PARTICIPANTS <= len(plan.people) <= MOST_PARTICIPANTS:
        raise ConversationError("a conversation has two to four participants")
    conversation = Conversation(
        title=plan.title,
        guide=plan.guide,
        starts_on=plan.starts_on,
        starts_at=plan.starts_at,
        time_zone=plan.time_zone,
    )
    conversation.participants = [
        Participant(name=name, email=email, sort_order=order)
        for order, (name, email) in enumerate(plan.people)
    ]
    save_conversation(conversation)
    return conversation


def save_conversation(conversation: Conversation) -> None:
    """Write a conversation with its participants, and each new link into the ledger."""
    with transaction.atomic():
        known = set(Participant.objects.filter(conversation_id=conversation.pk).values_list("pk"))
        conversation.save()
        for participant in Participant.objects.filter(conversation=conversation):
            if (participant.pk,) not in known:
                _note_link(LINK_ISSUED, participant)


def open_link(participant: Participant) -> None:
    """Note when a participant first opened their link."""
    if participant.opened_at is None:
        participant.opened_at = timezone.now()
        participant.save(update_fields=["opened_at"])


def revoke_link(participant: Participant) -> None:
    """Make a link and all its tokens void; what was recorded stays."""
    with transaction.atomic():
        _change_link(participant, is_revoked=True)
        _note_link(LINK_REVOKED, participant)


def reissue_link(participant: Participant) -> None:
    """Give a participant a new link; the one before it no longer holds."""
    with transaction.atomic():
        _change_link(participant, is_revoked=False)
        _note_link(LINK_ISSUED, participant)


def _change_link(participant: Participant, *, is_revoked: bool) -> None:
    # A revoked link moves on too, so that no later slip can bring the old one back.
    Participant.objects.filter(pk=participant.pk).update(
        link_version=F("link_version") + 1, is_revoked=is_revoked, opened_at=None
    )
    participant.refresh_from_db()
    call_id = participant.conversation.call_id
    tell = functools.partial(
        link_revoked.send,
        sender=Participant,
        call_id=call_id,
        participant_id=participant.participant_id,
    )
    transaction.on_commit(tell)


def _note_link(kind: str, participant: Participant) -> None:
    append_entry(kind, participant.participant_id, {"link_version": participant.link_version})


def end_conversation(conversation: Conversation) -> None:
    """Close a conversation for good; uploads of what was recorded go on."""
    if conversation.ended_at is not None:
        return
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(ended_at=timezone.now())
        append_entry(ENDED, conversation.call_id, {})
        call_id = conversation.call_id
        transaction.on_commit(lambda: conversation_ended.send(sender=Conversation, call_id=call_id))
    conversation.refresh_from_db()


def load_first_guide() -> Guide:
    """Return the guide that a fresh studio begins with."""
    existing = Guide.objects.filter(name=FIRST_GUIDE).first()
    if existing is not None:
        return existing
    guide = Guide(name=FIRST_GUIDE)
    save_guide(guide, FIRST_QUESTIONS)
    return guide


def save_guide(guide: Guide, texts: Sequence[str]) -> None:
    """Write a guide with these questions, in this order."""
    guide.questions = [Question(text=text, sort_order=order) for order, text in enumerate(texts)]
    guide.save()


def load_sample() -> Conversation | None:
    """Return the conversation to try out; made where there is none at all yet."""
    if not Conversation.objects.exists():
        people = [(name, "") for name in SAMPLE_NAMES]
        plan_conversation(Plan(SAMPLE_TITLE, people, load_first_guide()))
    return Conversation.objects.filter(title=SAMPLE_TITLE, ended_at=None).order_by("pk").first()
