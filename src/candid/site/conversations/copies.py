"""A participant's copy of what they signed."""

from __future__ import annotations

import json

from django.core.mail import send_mail
from django.utils.translation import gettext as _

from candid.site.agreements.models import AgreementText, LedgerEntry
from candid.site.conversations.models import Participant


def send_copy(participant: Participant, text: AgreementText, entry: LedgerEntry) -> None:
    """Send the text with what the ledger holds of the signature: with it, it can be proved."""
    promised = json.loads(entry.facts).get("keep_days", participant.conversation.keep_days)
    lines = [
        text.body,
        "",
        _("Signed on %(at)s, version %(version)s.") % {"at": entry.at, "version": text.version},
        _("Recordings are kept for at most %(days)s days.") % {"days": promised},
        _("SHA-256 of the text: %(hash)s") % {"hash": text.sha256},
        _("Entry %(number)s of the ledger: %(hash)s")
        % {"number": entry.sequence, "hash": entry.sha256},
    ]
    subject = _("Your copy: %(title)s") % {"title": participant.conversation.title}
    send_mail(subject, "\n".join(lines), None, [participant.email], fail_silently=True)
