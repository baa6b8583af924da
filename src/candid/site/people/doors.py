"""The doors of the desk: password, one-time link, second factor, forgotten password."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as mark_passed
from wagtail.admin.views import account

from candid.site.people import limits
from candid.site.people.actions import (
    begin_second_factor,
    is_sign_in_open,
    make_recovery_codes,
    pass_second_factor,
    prove_second_factor,
    set_first_password,
    use_sign_in,
)
from candid.site.people.limits import too_often
from candid.site.people.second_factor import (
    authenticator_of,
    draw_for_app,
    is_demanded_of,
    key_in_words,
)

BACKEND = "django.contrib.auth.backends.ModelBackend"
LONGEST_CODE = 40
# Which key this session was shown last, by its number.
_BEGUN = "second_factor_begun"
_KNOWN, _KNOWN_FOR_S = "known", 180 * 24 * 3600


class LoginView(account.LoginView):
    """Name and password. Too many wrong ones are slowed; see `limits`."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or lead on who has given a password already."""
        if not self.request.user.is_authenticated and self.request.entrant.is_authenticated:
            return redirect(f"{reverse('second_factor')}?{urlencode({'next': self._next()})}")
        return super().get(*args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take a name and a password."""
        tries = _tries_of(request, request.POST.get("username", ""))
        wait_s = max([counter.take(key) for counter, key in tries])
        if wait_s:
            return too_often(request, wait_s)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Let in whoever the password belongs to; this try does not count."""
        name = form.get_user().get_username()
        tries = _tries_of(self.request, self.request.POST.get("username", ""))
        answer = super().form_valid(form)
        for counter, key in tries:
            counter.give_back(key)
        _remember_browser(self.request, answer, name)
        return answer

    def _next(self) -> str:
        return self.get_redirect_url() or reverse("wagtailadmin_home")


def _tries_of(request: HttpRequest, name: str) -> list[tuple[limits.Tries, str]]:
    """Return what a try of this account counts for."""
    account_key = limits.account_key(name)
    browser = _known_browser(request, account_key)
    if browser:
        return [(limits.BROWSERS, browser)]
    return [(limits.ADDRESSES, limits.address_of(request)), (limits.ACCOUNTS, account_key)]


def _known_browser(request: HttpRequest, account_key: str) -> str | None:
    """Return the key of a browser that has signed in to this account before."""
    try:
        value = signing.loads(
            request.COOKIES.get(_KNOWN, ""), salt="candid.known", max_age=_KNOWN_FOR_S
        )
    except signing.BadSignature:
        return None
    return str(value) if str(value).startswith(account_key) else None


def _remember_browser(request: HttpRequest, answer: HttpResponse, name: str) -> None:
    """Tell this browser apart from strangers, who may use up the tries of an account."""
    value = f"{limits.account_key(name)}.{secrets.token_urlsafe(12)}"
    answer.set_cookie(
        _KNOWN,
        signing.dumps(value, salt="candid.known"),
        max_age=_KNOWN_FOR_S,
        path="/desk/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def enter_desk(request: HttpRequest, token: str) -> HttpResponse:
    """Sign somebody in with a one-time link. It is used up by the button, not by a preview."""
    if request.method == "POST":
        staff = use_sign_in(token)
        if staff is not None:
            login(request, staff, backend=BACKEND)
            answer = redirect(_after_link(staff))
            _remember_browser(request, answer, staff.get_username())
            return answer
    elif is_sign_in_open(token):
        return render(request, "people/enter.html")
    wait_s = limits.GUESSES.take(limits.address_of(request))
    if wait_s:
        return too_often(request, wait_s)
    return render(request, "people/enter_closed.html", status=410)


def _after_link(staff: Any) -> str:
    needs_password = settings.ENVIRONMENT.is_production and not staff.has_usable_password()
    return "set_password" if needs_password else "wagtailadmin_home"


@require_POST
def leave_desk(request: HttpRequest) -> HttpResponse:
    """Sign out, also who has only come as far as the second factor."""
    logout(request)
    return redirect("wagtailadmin_login")


class CodeForm(forms.Form):
    """A code of the app, or one for a lost device."""

    code = forms.CharField(max_length=LONGEST_CODE)


def _for_entrants(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever has given the first factor, and nobody else."""

    def checked(request: HttpRequest) -> HttpResponse:
        if not request.entrant.is_authenticated:
            return redirect("wagtailadmin_login")
        return view(request)

    return checked


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@_for_entrants
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor."""
    following = _safe_next(request)
    if request.user.is_authenticated:
        return redirect(following)
    if authenticator_of(request.entrant) is None:
        return redirect("set_up_second_factor")
    if request.method != "POST":
        return render(request, "people/second_factor.html", {"next": following})
    passed, wait_s = _try_code(request, pass_second_factor)
    if wait_s:
        return too_often(request, wait_s)
    if passed is None:
        context = {"next": following, "problem": _("This code is not right, or was used already.")}
        return render(request, "people/second_factor.html", context, status=422)
    _mark_passed(request, passed)
    return redirect(following)


def _try_code(request: HttpRequest, check: Callable[..., Any]) -> tuple[Any, float]:
    """Return what `check` makes of the code, and the seconds to wait where it was not asked."""
    address = limits.address_of(request)
    wait_s = limits.ADDRESSES.take(address)
    if wait_s:
        return None, wait_s
    form = CodeForm(request.POST)
    passed = check(request.entrant, form.cleaned_data["code"]) if form.is_valid() else None
    if passed is not None:
        limits.ADDRESSES.give_back(address)
    return passed, 0.0


def _mark_passed(request: HttpRequest, authenticator: Any) -> None:
    request.user = request.entrant
    # What was seen of this cookie before the second factor is worth nothing after it.
    request.session.cycle_key()
    mark_passed(request, authenticator)


def _safe_next(request: HttpRequest) -> str:
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    own = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, own, require_https=request.is_secure()):
        return wanted
    return reverse("wagtailadmin_home")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@_for_entrants
def set_up_second_factor(request: HttpRequest) -> HttpResponse:
    """Set the second factor up: show the key to an app, and ask for its first code."""
    has_one = authenticator_of(request.entrant) is not None
    if has_one and not request.user.is_authenticated:
        return redirect("second_factor")
    if request.method != "POST":
        # Whoever sat at a desk that was left open may have seen the one before, in this session.
        return _show_set_up(request, known=None)
    code_now = request.POST.get("code_now", "")[:LONGEST_CODE]
    known = request.session.get(_BEGUN)
    proven, wait_s = _try_code(
        request, partial(prove_second_factor, code_now=code_now, known=known)
    )
    if wait_s:
        return too_often(request, wait_s)
    if proven is None and has_one:
        words = _("One of the codes is not right, or was used already. Wait for the next ones.")
        return _show_set_up(request, words, known=known)
    if proven is None:
        words = _("This code is not right. Wait for the next one.")
        return _show_set_up(request, words, known=known)
    _mark_passed(request, proven)
    return render(request, "people/recovery_codes.html", {"codes": make_recovery_codes(proven)})


def _show_set_up(request: HttpRequest, problem: str = "", *, known: int | None) -> HttpResponse:
    begun = begin_second_factor(request.entrant, known)
    request.session[_BEGUN] = begun.pk
    context = {
        "picture": draw_for_app(begun),
        "key": key_in_words(begun),
        "problem": problem,
        "has_one": authenticator_of(request.entrant) is not None,
        "is_demanded": is_demanded_of(request.entrant),
    }
    status = 422 if problem else 200
    return render(request, "people/second_factor_set_up.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def set_password(request: HttpRequest) -> HttpResponse:
    """Set the first password, after a one-time link. Who has one changes it in the account."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('wagtailadmin_login')}?{urlencode({'next': request.path})}")
    if request.user.has_usable_password():
        return redirect("wagtailadmin_account")
    form = SetPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_first_password(request.user, form)
        update_session_auth_hash(request, form.user)
        return redirect("wagtailadmin_home")
    context = {"form": form, "name": request.user.get_username()}
    return render(request, "people/set_password.html", context, status=422 if form.errors else 200)


class PasswordResetView(account.PasswordResetView):
    """Send a link to who forgot the password. What is shown is the same for any address."""

    token_generator = default_token_generator

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take an e-mail address."""
        wait_s = limits.ADDRESSES.take(limits.address_of(request))
        if wait_s:
            return too_often(request, wait_s)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Send three to one address, then one in ten minutes; what is shown does not tell."""
        if limits.MAILS.take(limits.account_key(form.cleaned_data["email"])):
            return redirect(self.get_success_url())
        return super().form_valid(form)


class PasswordResetConfirmView(account.PasswordResetConfirmView):
    """Set a new password with the link of an e-mail; then all else of this person is signed out."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save it; from now on this browser is no stranger's."""
        answer = super().form_valid(form)
        _remember_browser(self.request, answer, form.user.get_username())
        return answer
