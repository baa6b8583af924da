"""Every write of the room `people`: who may enter the desk, and what is said of helplines."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django_otp import verify_token
from wagtail.log_actions import log

from candid.site.people.models import (
    Authenticator,
    HelpCountry,
    Helpline,
    RecoveryCode,
    SignIn,
    hash_recovery_code,
)
from candid.site.people.sealing import SealError, seal, unseal
from candid.site.people.second_factor import authenticator_of

# Country, its emergency number, service, telephone, text message, website. Nobody vouches for
# them yet: whoever runs a studio verifies each before the launch.
FIRST_HELPLINES = (
    ("Germany", "112", "TelefonSeelsorge", "0800 111 0 111", "", "https://www.telefonseelsorge.de/"),
    ("Ireland", "112 or 999", "Samaritans", "116 123", "", "https://www.samaritans.org/ireland/"),
    ("United Kingdom", "999", "Samaritans", "116 123", "", "https://www.samaritans.org/"),
    ("United States", "911", "988 Suicide & Crisis Lifeline", "988", "988", "https://988lifeline.org/"),
)  # fmt: skip
SIGN_IN_LIFE = dt.timedelta(hours=24)
FIRST_ORGANISER = "organiser"
KEY_BYTES = 20
N_RECOVERY_CODES = 10
# Letters and digits that are not taken for each other: sixteen of them are 78 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def make_first_organiser() -> Any:
    """Return the account that a fresh studio begins with; it has no password until it sets one."""
    accounts = get_user_model().objects
    existing = accounts.filter(username=FIRST_ORGANISER).first()
    if existing is not None:
        return existing
    return accounts.create_superuser(username=FIRST_ORGANISER, email="", password=None)


def make_sign_in(staff: Any) -> str:
    """Return the token of a new one-time sign-in; older ones of this person stop working."""
    SignIn.objects.filter(staff=staff, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    SignIn.objects.create(
        staff=staff, token_sha256=_hash(token), expires_at=timezone.now() + SIGN_IN_LIFE
    )
    return token


def is_sign_in_open(token: str) -> bool:
    """Tell whether a token would still let somebody in, without using it up."""
    return _open_sign_ins(token).exists()


def use_sign_in(token: str) -> Any | None:
    """Use a token up and return whose it is; None where it is unknown, used or expired."""
    # One conditional update: of two that come at once, one finds the row unused.
    if not _open_sign_ins(token).update(used_at=timezone.now()):
        return None
    return SignIn.objects.get(token_sha256=_hash(token)).staff


def _open_sign_ins(token: str) -> Any:
    return SignIn.objects.filter(
        token_sha256=_hash(token),
        used_at=None,
        expires_at__gt=timezone.now(),
        staff__is_active=True,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def end_stale_sign_ins() -> None:
    """Forget what no longer lets anybody in: sign-ins that are too old, ended sessions."""
    now = timezone.now()
    SignIn.objects.filter(expires_at__lt=now).delete()
    Session.objects.filter(expire_date__lt=now).delete()


def begin_second_factor(staff: Any, known: int | None = None) -> Authenticator:
    """Return the second factor that somebody is about to set up.

    It has a key of its own each time, for somebody may have seen the one before; but for the answer
    to a wrong code it is the same, `known` by its number.
    """
    begun = Authenticator.objects.filter(pk=known, user_id=staff.pk, confirmed=False).first()
    if begun is not None and _opens(begun):
        return begun
    Authenticator.objects.filter(user_id=staff.pk, confirmed=False).delete()
    made = Authenticator(user_id=staff.pk, name="app", confirmed=False)
    made.sealed_key = seal(secrets.token_bytes(KEY_BYTES), made.whose)
    made.save()
    return made


def _opens(authenticator: Authenticator) -> bool:
    try:
        unseal(bytes(authenticator.sealed_key), authenticator.whose)
    except SealError:
        return False
    return True


def prove_second_factor(
    staff: Any, code: str, code_now: str = "", known: int | None = None
) -> Authenticator | None:
    """Turn a second factor on by a first right code, in the place of any other; None if wrong.

    Who has one already gives a code of that too, as `code_now`: a desk that was left open lets
    nobody put a device of their own in its place. `known` is as of `begin_second_factor`.
    """
    begun = begin_second_factor(staff, known)
    proven = verify_token(staff, begun.persistent_id, code)
    if proven is None:
        return None
    if authenticator_of(staff) is not None and pass_second_factor(staff, code_now) is None:
        return None
    with transaction.atomic():
        Authenticator.objects.filter(user_id=staff.pk, confirmed=True).delete()
        proven.confirmed = True
        proven.save(update_fields=["confirmed"])
        _note("second_factor.on", staff, staff)
    return proven


def pass_second_factor(staff: Any, code: str) -> Authenticator | None:
    """Return the second factor of somebody if the code is right; None if it is not."""
    authenticator = authenticator_of(staff)
    if authenticator is None:
        return None
    n_before = authenticator.recovery_codes.filter(used_at=None).count()
    passed = verify_token(staff, authenticator.persistent_id, code)
    if passed is not None and passed.recovery_codes.filter(used_at=None).count() < n_before:
        _note("second_factor.recovered", staff, staff)
    return passed


def make_recovery_codes(authenticator: Authenticator) -> list[str]:
    """Return new codes for a lost device, which hold once each; those before no longer do."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(N_RECOVERY_CODES)]
    with transaction.atomic():
        authenticator.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(authenticator=authenticator, code_sha256=hash_recovery_code(code))
            for code in codes
        )
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def reset_second_factor(staff: Any, by: Any) -> None:
    """Turn somebody's second factor off, as after a lost device, and end what they have open.

    `by` is who does it, None from the command line.
    """
    with transaction.atomic():
        Authenticator.objects.filter(user_id=staff.pk).delete()
        _sign_out_everywhere(staff)
        _note("second_factor.reset", staff, by)


def _sign_out_everywhere(staff: Any) -> None:
    # Whose a session is stands inside it. There are few: each is somebody of the staff.
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        if session.get_decoded().get(SESSION_KEY) == str(staff.pk):
            session.delete()


def invite_staff(staff: Any, by: Any) -> str:
    """Return the token of a one-time sign-in that somebody made for another at the desk."""
    with transaction.atomic():
        _note("sign_in.made", staff, by)
        return make_sign_in(staff)


def set_first_password(staff: Any, form: Any) -> None:
    """Save a password that was set after a one-time sign-in."""
    with transaction.atomic():
        form.save()
        _note("password.set", staff, staff)


def _note(what: str, staff: Any, by: Any) -> None:
    """Write into the desk's log what was done to the way in of somebody, never a secret."""
    log(instance=staff, action=f"candid.{what}", user=by)


def load_first_helplines() -> None:
    """Put the few rows into a fresh studio that it begins with, each to be verified."""
    if HelpCountry.objects.exists():
        return
    with transaction.atomic():
        for name, emergency, service, telephone, text, website in FIRST_HELPLINES:
            country = HelpCountry.objects.create(name=name, emergency_number=emergency)
            Helpline.objects.create(
                country=country,
                service=service,
                hours="24 hours a day",
                telephone=telephone,
                text=text,
                website=website,
                source=website,
            )


def find_staff(name: str) -> Any | None:
    """Return who signs in with this name and still may; None where there is nobody."""
    return get_user_model().objects.filter(username=name, is_active=True).first()
