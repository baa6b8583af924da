"""Letters about an erasure: a week before it, and when it is done."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from candid.site.conversations.models import Conversation, Participant

Kind = Literal["announced", "erased"]
_ORGANISES = "candid_conversations.change_conversation"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter on its way. `recipient` names them in the database; the address does not stay."""

    recipient: str
    email: str
    subject: str
    words: str

    def send(self) -> None:
        """Send it. Raises OSError where no mail can be sent."""
        send_mail(self.subject, self.words, None, [self.email])


def write_letters(conversation: Conversation, kind: Kind, due: dt.datetime) -> list[Letter]:
    """Return letters to all participants who left an address and all organisers who have one."""
    people = [one for one in conversation.participants.all() if one.email]
    return [
        *(_to_participant(one, kind, due) for one in people),
        *(_to_organiser(one, conversation, kind, due) for one in _organisers()),
    ]


def _to_participant(one: Participant, kind: Kind, due: dt.datetime) -> Letter:
    with override(one.read_language):
        words = {
            "announced": _(
                "Hello %(name)s,\n\nwhat was recorded of your conversation will be erased on "
                "%(day)s: that is as long as we keep it. You need not do anything."
            ),
            "erased": _(
                "Hello %(name)s,\n\nwhat was recorded of your conversation is erased: its time was "
                "over on %(day)s. You need not do anything."
            ),
        }[kind]
        words %= {"name": one.name, "day": _day(due)}
        return Letter(one.participant_id, one.email, one.conversation.title, words)


def _to_organiser(staff: Any, conversation: Conversation, kind: Kind, due: dt.datetime) -> Letter:
    path = reverse("conversations:inspect", args=[conversation.pk])
    words = {
        "announced": _(
            "The recordings of “%(title)s” will be erased on %(day)s. Download before that what "
            "is still needed:\n\n%(address)s"
        ),
        "erased": _(
            "The recordings of “%(title)s” are erased: their time was over on %(day)s. The "
            "receipts stay:\n\n%(address)s"
        ),
    }[kind]
    address = f"{settings.ENVIRONMENT.origin}{path}"
    words %= {"title": conversation.title, "day": _day(due), "address": address}
    return Letter(f"desk:{staff.pk}", staff.email, conversation.title, words)


def _day(due: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(due), "j F Y")


def _organisers() -> list[Any]:
    backend = "django.contrib.auth.backends.ModelBackend"
    staff = get_user_model().objects.with_perm(_ORGANISES, backend=backend)
    return [one for one in staff.order_by("pk") if one.email]
