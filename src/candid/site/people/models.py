"""Who may be written to, and who may enter the desk."""

from __future__ import annotations

import hashlib
import time

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from candid.site.people.sealing import SealError, unseal

CODE_DIGITS, CODE_LIFE_S = 6, 30


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
