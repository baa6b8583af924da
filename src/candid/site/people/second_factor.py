"""The second factor: who has one, of whom it is demanded, and who has not passed it yet."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import segno
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, SimpleLazyObject

from candid.site.people.models import CODE_DIGITS, CODE_LIFE_S, Authenticator
from candid.site.people.sealing import unseal

ADMINISTRATOR = "administrator"
EVERYBODY = "all"


def authenticator_of(staff: Any) -> Authenticator | None:
    """Return somebody's second factor; None where it is not set up, or not yet proven."""
    return Authenticator.objects.filter(user_id=staff.pk, confirmed=True).first()


def is_demanded_of(staff: Any) -> bool:
    """Tell whether somebody may not enter without one (CANDID_SECOND_FACTOR)."""
    demanded = set(settings.ENVIRONMENT.second_factor_of)
    if not demanded:
        return False
    if EVERYBODY in demanded or (ADMINISTRATOR in demanded and staff.is_superuser):
        return True
    # As a whole: where many are looked at, their groups were asked for together.
    return any(group.name.casefold() in demanded for group in staff.groups.all())


def has_passed(staff: Any) -> bool:
    """Tell whether whoever gave a password has done all that the desk asks of them."""
    if not staff.is_authenticated:
        return False
    if staff.is_verified():
        return True
    return not is_demanded_of(staff) and authenticator_of(staff) is None


def nobody_half_signed_in(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Keep whoever has given the first factor alone a stranger to every view.

    `request.user` is anonymous until the second factor is passed too, so that no view can forget
    to ask. The views of the second factor itself find the person as `request.entrant`.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        entrant = SimpleLazyObject(partial(_plain, request.user))
        request.entrant = entrant
        request.user = SimpleLazyObject(partial(_passed_or_nobody, entrant))

        request.auser = sync_to_async(partial(_passed_or_nobody, entrant))
        return get_response(request)

    return respond


def _passed_or_nobody(entrant: Any) -> Any:
    return _plain(entrant) if has_passed(entrant) else AnonymousUser()


def _plain(staff: Any) -> Any:
    """Return the account without what is lazy around it: Wagtail's log looks through one alone."""
    while isinstance(staff, LazyObject):
        assert staff.__class__ is not None  # which makes it look itself up
        staff = staff._wrapped
    return staff


def address_for_app(authenticator: Authenticator) -> str:
    """Return what an app reads from the picture: `otpauth://`, as all of them know it."""
    issuer = f"Candid {settings.ENVIRONMENT.hosts[0]}"
    label = quote(f"{issuer}:{authenticator.user.get_username()}", safe=":")
    about = {
        "secret": key_in_words(authenticator, group=0),
        "issuer": issuer,
        "digits": CODE_DIGITS,
        "period": CODE_LIFE_S,
    }
    return f"otpauth://totp/{label}?{urlencode(about, quote_via=quote)}"


def key_in_words(authenticator: Authenticator, group: int = 4) -> str:
    """Return the key as one types it, in groups of four letters; `group` 0 leaves no space."""
    key = base64.b32encode(unseal(bytes(authenticator.sealed_key), authenticator.whose)).decode()
    if not group:
        return key
    return " ".join(key[at : at + group] for at in range(0, len(key), group))


def draw_for_app(authenticator: Authenticator) -> str:
    """Return the picture as SVG to stand in the page: made here, with neither style nor script."""
    code = segno.make(address_for_app(authenticator), error="m")
    return str(code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False))
