"""Headers of every page: nothing inline, nothing from elsewhere, nothing kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], Any]

# `ws:` of the own host is named beside 'self' for browsers that do not count it in.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; media-src 'self' blob:; connect-src 'self' {socket}; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DEVICES = "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=()"
# Django's own middleware adds some of these too, but not to what is refused before it is reached.
_ALWAYS = {
    "Permissions-Policy": _DEVICES,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def policy_for(host: str, *, is_secure: bool) -> str:
    """Return the Content-Security-Policy of a page of this host."""
    return _POLICY.format(socket=f"{'wss' if is_secure else 'ws'}://{host}")


def _host_of(request: HttpRequest) -> str:
    """Return the own host, never what a stranger wrote into the header."""
    try:
        return str(request.get_host())
    except DisallowedHost:
        return str(settings.ENVIRONMENT.hosts[0])


def safe_headers(get_response: Respond) -> Respond:
    """Add the headers to every response of Django."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        _add(request, response)
        return response

    return respond


def _add(request: HttpRequest, response: HttpResponse) -> None:
    policy = policy_for(_host_of(request), is_secure=request.is_secure())
    response.setdefault("Content-Security-Policy", policy)
    for name, value in _ALWAYS.items():
        response.setdefault(name, value)
    if request.path.startswith(("/with/", "/desk/")):
        response["Cache-Control"] = "no-store"
