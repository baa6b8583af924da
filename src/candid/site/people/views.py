"""Pages that belong to nobody in particular, and the way into the desk."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from candid.site.people.actions import is_sign_in_open, use_sign_in
from candid.site.people.signposts import SIGNPOSTS

BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Say what this place is to somebody who comes without a link."""
    return render(request, "people/welcome.html")


@require_safe
def find_help(request: HttpRequest) -> HttpResponse:
    """Show where help is to be found; the reader looks for their own country."""
    return render(request, "people/help.html", {"signposts": SIGNPOSTS})


@require_http_methods(["GET", "HEAD", "POST"])
def enter_desk(request: HttpRequest, token: str) -> HttpResponse:
    """Sign somebody in with a one-time link. It is used up by the button, not by a preview."""
    if request.method == "POST":
        staff = use_sign_in(token)
        if staff is not None:
            login(request, staff, backend=BACKEND)
            return redirect("conversations:index")
    elif is_sign_in_open(token):
        return render(request, "people/enter.html")
    return render(request, "people/enter_closed.html", status=410)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say plainly that there is nothing here."""
    return render(request, "people/not_found.html", status=404)
