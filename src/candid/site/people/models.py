"""Who may be written to, where help is to be found, and who may enter the desk."""

from __future__ import annotations

import datetime as dt
import hashlib
import time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from candid.site.people.sealing import SealError, unseal

LONGEST_VERIFIED = dt.timedelta(days=366)
CODE_DIGITS, CODE_LIFE_S = 6, 30


class Contact(models.Model):
    """How somebody who was asked to talk is called and reached; a participant has these fields."""

    name = models.CharField(_("name"), max_length=120, help_text=_("As the other will see it."))
    email = models.EmailField(_("e-mail"), blank=True)
    # Of the agreement and of letters; where none is said, the studio's own.
    language = models.CharField(_("language"), max_length=12, default="", blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def read_language(self) -> str:
        """The language that is written to them: their own, or that of the studio."""
        return self.language or str(settings.LANGUAGE_CODE)


class SignIn(models.Model):
    """A link that lets somebody into the desk once. Only the hash of its token is stored."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class HelpCountry(models.Model):
    """A country that helplines are listed for; the reader chooses it."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    emergency_number = models.CharField(
        _("emergency number"), max_length=20, help_text=_("As one dials it there.")
    )

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Helpline(models.Model):
    """A service that somebody can call, and who vouches for what is said of it, until when.

    Where nobody does, the public is told the website and the emergency number alone.
    """

    country = models.ForeignKey(
        HelpCountry, on_delete=models.PROTECT, related_name="helplines", verbose_name=_("country")
    )
    service = models.CharField(_("service"), max_length=120)
    for_whom = models.CharField(_("for whom"), max_length=200, blank=True)
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    languages = models.CharField(_("languages"), max_length=120, blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    text = models.CharField(
        _("text message"), max_length=120, blank=True, help_text=_("Number, and what to send.")
    )
    website = models.URLField(_("website"), help_text=_("Shown also when nobody vouches for it."))
    source = models.URLField(
        _("source"), blank=True, help_text=_("Where you read it, at best the service's own page.")
    )
    verified_by = models.CharField(_("verified by"), max_length=120, blank=True)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)
    expires_on = models.DateField(
        _("holds until"), null=True, blank=True, help_text=_("At most a year after.")
    )

    class Meta:
        verbose_name = _("helpline")
        verbose_name_plural = _("helplines")
        ordering = ["country__name", "service"]

    def __str__(self) -> str:
        return self.service

    def clean(self) -> None:
        """Ask for all of who, when, from where and until when, or for none of it."""
        told = [self.verified_by, self.verified_on, self.source, self.expires_on]
        if any(told[:2]) and not all(told):
            raise ValidationError(
                _("To verify it, give who did, when, from which source, and until when it holds.")
            )
        if self.verified_on and self.expires_on:
            if self.verified_on > timezone.localdate():
                raise ValidationError({"verified_on": _("This day has not come yet.")})
            if not dt.timedelta(0) < self.expires_on - self.verified_on <= LONGEST_VERIFIED:
                raise ValidationError({"expires_on": _("Give a day within a year after that.")})

    @property
    def is_vouched_for(self) -> bool:
        """Whether somebody verified it, and that still holds today."""
        is_verified = self.verified_by and self.verified_on and self.expires_on
        return bool(is_verified and timezone.localdate() <= self.expires_on)

    @property
    def standing(self) -> str:
        """Say at the desk how far it can be relied on."""
        if self.is_vouched_for:
            return gettext("Holds until %(day)s") % {"day": self.expires_on.isoformat()}
        if self.verified_on and self.expires_on:
            return gettext("Expired on %(day)s: verify it again") % {
                "day": self.expires_on.isoformat()
            }
        return gettext("Verify before launch")


class Authenticator(ThrottlingMixin, Device):
    """The second factor of somebody at the desk: an app that shows a new code every 30 seconds.

    Each code counts once. After every wrong one the wait until the next is twice as long, which
    only somebody who knows the password can bring about. `key` is sealed.
    """

    sealed_key = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)

    @property
    def whose(self) -> str:
        """For whom the key is sealed."""
        return f"staff:{self.user_id}"

    def get_throttle_factor(self) -> int:
        """Return the seconds to wait after the first wrong code."""
        return 1

    def verify_token(self, token: str) -> bool:
        """Tell whether a code of the app, or one of the codes for a lost device, is right."""
        if not self.verify_is_allowed()[0]:
            return False
        is_right = self._takes_code(token) or self._takes_recovery(token)
        if is_right:
            self.throttle_reset(commit=False)
            self.save()
        else:
            self.throttle_increment(commit=True)
        return is_right

    def _takes_code(self, token: str) -> bool:
        digits = token.replace(" ", "")
        if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
            return False
        try:
            key = unseal(bytes(self.sealed_key), self.whose)
        except SealError:
            return False
        codes = TOTP(key, CODE_LIFE_S, digits=CODE_DIGITS)
        codes.time = time.time()
        if not codes.verify(int(digits), tolerance=1, min_t=self.last_step + 1):
            return False
        self.last_step = codes.t()
        return True

    def _takes_recovery(self, token: str) -> bool:
        unused = self.recovery_codes.filter(code_sha256=hash_recovery_code(token), used_at=None)
        return bool(unused.update(used_at=timezone.now()))


class RecoveryCode(models.Model):
    """Lets somebody in once who has lost the device; only its hash is stored."""

    authenticator = models.ForeignKey(
        Authenticator, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_sha256 = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)


def hash_recovery_code(code: str) -> str:
    """Return the hash of a code as it was typed, with or without dashes."""
    plain = "".join(one for one in code.casefold() if one.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
