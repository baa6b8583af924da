"""What the database knows of recordings: when they go, and what went. The files are the truth."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

ID_LENGTH = 16


class Keeping(models.Model):
    """For how long the recordings of one call have been kept.

    `since` is when the first of them was found; `announced_at` is when everybody was first told
    that they will be erased.
    """

    call_id = models.CharField(max_length=ID_LENGTH, primary_key=True)
    since = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)


class Notice(models.Model):
    """A letter about an erasure that went out; to nobody twice for the same day."""

    call_id = models.CharField(max_length=ID_LENGTH)
    recipient = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    due_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call_id", "recipient", "kind", "due_on"], name="notice_once"
            )
        ]


class Erasure(models.Model):
    """All recordings of one participant, on their way out or gone; the receipts stay.

    Written before anything is removed, so that one that was cut short is ended later.
    """

    REASONS = {
        "desk": _("at the desk"),
        "time": _("when its time was over"),
        "asked": _("by the participant"),
        "removed": _("when they were taken out of the conversation"),
    }

    call_id = models.CharField(max_length=ID_LENGTH, db_index=True)
    participant_id = models.CharField(max_length=ID_LENGTH, unique=True)
    reason = models.CharField(max_length=16, choices=REASONS)
    by = models.CharField(max_length=200, blank=True)
    receipts = models.JSONField(default=list)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        permissions = [
            ("view_receipts", _("Can see the receipts of recordings")),
            ("download_originals", _("Can download recordings")),
            ("erase_recordings", _("Can erase recordings")),
        ]
