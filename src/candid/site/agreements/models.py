"""What participants agree to, and the ledger of who agreed, when, to which words."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(TypeError):
    """A row that is only ever written once was to be changed or removed."""


class AppendOnly(models.Model):
    """A row that is written once; to correct it, write another."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row. Raises AppendOnlyError where it exists."""
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.label}: rows are never changed")
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse, with AppendOnlyError."""
        raise AppendOnlyError(f"{self._meta.label}: rows are never removed")


class AgreementText(AppendOnly):
    """One version of what a participant is asked to agree to, in one language.

    `body` holds points with an empty line between them; the first line of each is its heading.
    """

    version = models.PositiveIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=12, default="en")
    body = models.TextField(_("text"))
    sha256 = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("recording agreement")
        verbose_name_plural = _("recording agreements")
        ordering = ["-version", "language"]
        constraints = [
            models.UniqueConstraint(fields=["version", "language"], name="agreement_version_once")
        ]

    def __str__(self) -> str:
        return _("Agreement, version %(version)s (%(language)s)") % {
            "version": self.version,
            "language": self.language,
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the text with the hash of its bytes in UTF-8."""
        self.sha256 = hashlib.sha256(self.body.encode()).hexdigest()
        super().save(*args, **kwargs)

    @property
    def points(self) -> list[tuple[str, str]]:
        """The points as (heading, text)."""
        blocks = [block.strip() for block in self.body.split("\n\n") if block.strip()]
        return [(head, text.strip()) for head, _line, text in (b.partition("\n") for b in blocks)]


def current_text(language: str) -> AgreementText | None:
    """Return the newest text in a language; else in the studio's own, in English, in any."""
    texts = AgreementText.objects.order_by("-version")
    short = language.split("-")[0]
    return (
        texts.filter(language=language).first()
        or texts.filter(language=short).first()
        or texts.filter(language=settings.LANGUAGE_CODE).first()
        or texts.filter(language="en").first()
        or texts.first()
    )


def languages_offered() -> list[str]:
    """Return the languages that somebody may be given: the studio's own, and each with a text."""
    written = AgreementText.objects.order_by("language").values_list("language", flat=True)
    return list(dict.fromkeys([settings.LANGUAGE_CODE, *written]))


def next_version(language: str) -> int:
    """Return the number that the next text in a language gets."""
    newest = AgreementText.objects.filter(language=language).order_by("-version").first()
    return newest.version + 1 if newest else 1


class LedgerEntry(AppendOnly):
    """One signed or dated step. Each entry carries the hash of the one before it."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.CharField(max_length=32)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=64, db_index=True)
    facts = models.TextField()
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


def text_of(entry: LedgerEntry) -> AgreementText:
    """Return the text that an entry says was signed."""
    facts = json.loads(entry.facts)
    return AgreementText.objects.get(version=facts["version"], language=facts["language"])
