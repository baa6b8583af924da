"""Headers of every page: nothing inline, nothing from elsewhere, nothing kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], Any]

# `ws:` of the own host is named beside 'self' for browsers that do not count it in.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; media-src 'self' blob:; connect-src 'self' {socket}; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DEVICES = "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=()"


def policy_for(host: str, *, is_secure: bool) -> str:
    """Return the Content-Security-Policy of a page of this host."""
    return _POLICY.format(socket=f"{'wss' if is_secure else 'ws'}://{host}")


def safe_headers(get_response: Respond) -> Respond:
    """Add the headers to every response of Django."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        _add(request, response)
        return response

    return respond


def _add(request: HttpRequest, response: HttpResponse) -> None:
    policy = policy_for(request.META.get("HTTP_HOST", ""), is_secure=request.is_secure())
    response.setdefault("Content-Security-Policy", policy)
    response.setdefault("Permissions-Policy", _DEVICES)
    response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.path.startswith(("/with/", "/desk/")):
        response["Cache-Control"] = "no-store"
