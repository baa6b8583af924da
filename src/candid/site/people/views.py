"""Pages that belong to nobody in particular, and those that say what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from candid.site.people.signposts import SIGNPOSTS


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Say what this place is to somebody who comes without a link."""
    return render(request, "people/welcome.html")


@require_safe
def find_help(request: HttpRequest) -> HttpResponse:
    """Show where help is to be found; the reader looks for their own country."""
    return render(request, "people/help.html", {"signposts": SIGNPOSTS})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say plainly that there is nothing here."""
    return render(request, "people/not_found.html", status=404)
