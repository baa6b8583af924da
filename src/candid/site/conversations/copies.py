"""A participant's copy of what they signed."""

from __future__ import annotations

import json
from typing import Literal

from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.utils.translation import override

from candid.site.agreements.models import LedgerEntry, text_of
from candid.site.conversations.models import Participant
from candid.site.people import limits

Sent = Literal["sent", "failed", "too often"]


def send_copy(participant: Participant, entry: LedgerEntry) -> Sent:
    """Send the text with what the ledger holds of the signature: with it, it can be proved."""
    if limits.MAILS.take(f"copy:{participant.participant_id}"):
        return "too often"
    with override(participant.read_language):
        words = "\n".join([text_of(entry).body, "", *write_proof(participant, entry)])
        subject = _("Your copy: %(title)s") % {"title": participant.conversation.title}
    try:
        send_mail(subject, words, None, [participant.email])
    except OSError:  # what the mail server says may hold the address
        return "failed"
    return "sent"


def write_proof(participant: Participant, entry: LedgerEntry) -> list[str]:
    """Return what the ledger holds of a signature, a line each."""
    text = text_of(entry)
    promised = json.loads(entry.facts).get("keep_days", participant.conversation.keep_days)
    return [
        _("Signed on %(at)s, version %(version)s.") % {"at": entry.at, "version": text.version},
        _("Recordings are kept for at most %(days)s days.") % {"days": promised},
        _("SHA-256 of the text: %(hash)s") % {"hash": text.sha256},
        _("Entry %(number)s of the ledger: %(hash)s")
        % {"number": entry.sequence, "hash": entry.sha256},
    ]
