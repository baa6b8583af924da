"""Who may be written to, and who may enter the desk."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """How somebody who was asked to talk is called and reached; a participant has these fields."""

    name = models.CharField(_("name"), max_length=120, help_text=_("As the other will see it."))
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=12, default="en", blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class SignIn(models.Model):
    """A link that lets somebody into the desk once. Only the hash of its token is stored."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
