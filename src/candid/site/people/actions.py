"""Every write of the room `people`: who may enter the desk."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from candid.site.people.models import SignIn

SIGN_IN_LIFE = dt.timedelta(hours=24)
FIRST_ORGANISER = "organiser"


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
