"""What is planned: conversations, who takes part, the guide they may lean on."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable

from candid.site.conversations import links
from candid.site.environment import time_zones
from candid.site.people.models import Contact

MOST_PARTICIPANTS = 4
FEWEST_PARTICIPANTS = 2
# For how long recordings are kept where no campaign says anything.
DEFAULT_KEEP_DAYS = 365
FEWEST_KEEP_DAYS = 1
MOST_KEEP_DAYS = 3650


class Campaign(models.Model):
    """What conversations are held for; one conversation may belong to several.

    `keep_days` is a promise to each participant: no recording made for this campaign is kept
    longer.
    """

    name = models.CharField(_("name"), max_length=200)
    keep_days = models.PositiveSmallIntegerField(
        _("days that recordings are kept"),
        default=DEFAULT_KEEP_DAYS,
        validators=[MinValueValidator(FEWEST_KEEP_DAYS), MaxValueValidator(MOST_KEEP_DAYS)],
        help_text=_(
            "Counted from the day of the recording. Then they are erased; everybody is told a "
            "week before. In several campaigns the shortest time counts, and never a longer one "
            "than a participant has signed for."
        ),
    )

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Guide(ClusterableModel):
    """Questions to lean on, to be used in any number of conversations."""

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Question(Orderable):
    """One question of a guide."""

    guide = ParentalKey(Guide, on_delete=models.CASCADE, related_name="questions")
    text = models.CharField(_("question"), max_length=400)

    class Meta(Orderable.Meta):
        verbose_name = _("question")

    def __str__(self) -> str:
        return self.text


def check_time_zone(name: str) -> None:
    """Raise ValidationError where no time zone has this name."""
    if name not in time_zones():
        raise ValidationError(_("Give a time zone such as Europe/London."))


def default_time_zone() -> str:
    """Return the time zone of dates where a conversation names none."""
    return str(settings.TIME_ZONE)


class Conversation(ClusterableModel):
    """Two to four people, asked to talk at a time."""

    call_id = models.CharField(
        max_length=links.ID_LENGTH, unique=True, default=links.make_id, editable=False
    )
    title = models.CharField(_("title"), max_length=200)
    starts_on = models.DateField(_("day"), null=True, blank=True)
    starts_at = models.TimeField(
        _("time"), null=True, blank=True, help_text=_("On the clocks of the time zone below.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[check_time_zone]
    )
    minutes = models.PositiveSmallIntegerField(_("length in minutes"), default=40)
    guide = models.ForeignKey(
        Guide, verbose_name=_("guide"), null=True, blank=True, on_delete=models.SET_NULL
    )
    campaigns = ParentalManyToManyField(
        Campaign, verbose_name=_("campaigns"), blank=True, related_name="conversations"
    )
    ended_at = models.DateTimeField(null=True, editable=False)
    # Counts up with every change that calendars must hear of.
    calendar_sequence = models.PositiveIntegerField(default=0, editable=False)
    is_called_off = models.BooleanField(default=False, editable=False)
    # The questions as they were when the recording began: a guide may be changed later.
    held_questions = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse a time without a day."""
        if self.starts_at and not self.starts_on:
            raise ValidationError({"starts_on": _("Give the day too.")})

    @property
    def start(self) -> dt.datetime | None:
        """When it begins, aware of its time zone; None where no time is set."""
        if self.starts_on is None or self.starts_at is None:
            return None
        zone = zoneinfo.ZoneInfo(self.time_zone)
        return dt.datetime.combine(self.starts_on, self.starts_at, zone)

    @property
    def start_words(self) -> str:
        """When it begins, on the clocks of its own time zone, in the reader's language."""
        start = self.start
        return formats.date_format(start, "l j F, H:i") if start else ""

    @property
    def people_words(self) -> str:
        """The names of the participants."""
        return ", ".join(participant.name for participant in self.participants.all())

    @property
    def is_to_come(self) -> bool:
        """Whether people may still look forward to it: it was neither held nor ended."""
        return self.ended_at is None and self.held_questions is None

    def question_texts(self) -> list[str]:
        """Return the questions in order: those it was held with, or those of its guide now."""
        if self.held_questions is not None:
            return list(self.held_questions)
        return [question.text for question in self.guide.questions.all()] if self.guide else []

    @property
    def keep_days(self) -> int:
        """For how many days its recordings may be kept: no campaign's promise is broken."""
        days = [campaign.keep_days for campaign in self.campaigns.all()]
        return min(days, default=DEFAULT_KEEP_DAYS)


class Participant(Orderable, Contact):
    """Somebody's part in one conversation. The link derives from `link_version`."""

    conversation = ParentalKey(Conversation, on_delete=models.CASCADE, related_name="participants")
    participant_id = models.CharField(
        max_length=links.ID_LENGTH, unique=True, default=links.make_id, editable=False
    )
    link_version = models.PositiveIntegerField(default=1, editable=False)
    is_revoked = models.BooleanField(default=False, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    invited_at = models.DateTimeField(null=True, editable=False)
    # What they were sent last: which state of the calendar entry, which link, and where to.
    invited_sequence = models.PositiveIntegerField(null=True, editable=False)
    # When it begins in the entry that is in their calendar; null where none is.
    invited_start = models.DateTimeField(null=True, editable=False)
    # When a letter reached them that the conversation was called off.
    apologised_at = models.DateTimeField(null=True, editable=False)
    n_entries_cancelled = models.PositiveSmallIntegerField(default=0, editable=False)
    invited_version = models.PositiveIntegerField(null=True, editable=False)
    invited_email = models.EmailField(blank=True, default="", editable=False)

    class Meta(Orderable.Meta):
        verbose_name = _("participant")
        verbose_name_plural = _("participants")

    @property
    def has_old_time(self) -> bool:
        """Whether the invitation they were sent tells a time or a title that was changed since."""
        sequence = self.conversation.calendar_sequence
        return self.invited_at is not None and self.invited_sequence != sequence

    @property
    def has_old_link(self) -> bool:
        """Whether the link they were sent last has been replaced since."""
        return self.invited_at is not None and self.invited_version != self.link_version

    @property
    def is_known_elsewhere(self) -> bool:
        """Whether the link that holds now was sent to an address that is no longer theirs."""
        is_sent = self.invited_at is not None and self.invited_version == self.link_version
        is_elsewhere = self.invited_email.casefold() != self.email.casefold()
        return is_sent and is_elsewhere and not self.is_revoked

    @property
    def link(self) -> str:
        """What stands in the address of this participant's link now."""
        return links.link_of(self.participant_id, self.link_version)

    @property
    def path(self) -> str:
        """The address of the personal link, without the site's origin."""
        return f"/with/{self.link}/"


class RoleGrant(models.Model):
    """That a role was given a permission once: what an administrator took away stays away."""

    role = models.CharField(max_length=150)
    room = models.CharField(max_length=100)
    codename = models.CharField(max_length=100)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["role", "room", "codename"], name="role_granted_once")
        ]


def link_version_of(participant_id: str) -> int | None:
    """Return the version whose link and upload tokens hold now; None where none does."""
    found = Participant.objects.filter(participant_id=participant_id, is_revoked=False)
    return found.values_list("link_version", flat=True).first()


def call_id_of(participant_id: str) -> str | None:
    """Return the call that a participant takes part in, whether or not the link holds."""
    found = Participant.objects.filter(participant_id=participant_id)
    return found.values_list("conversation__call_id", flat=True).first()
