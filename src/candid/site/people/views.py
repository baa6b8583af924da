"""Pages that belong to nobody in particular, and those that say what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from candid.site.people.models import HelpCountry


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Say what this place is to somebody who comes without a link."""
    return render(request, "people/welcome.html")


@require_safe
def find_help(request: HttpRequest) -> HttpResponse:
    """Show where help is to be found. The reader opens their own country; nobody is told which."""
    countries = HelpCountry.objects.prefetch_related("helplines")
    return render(request, "people/help.html", {"countries": countries})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say plainly that there is nothing here."""
    return render(request, "people/not_found.html", status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that a request made no sense."""
    return render(request, "people/bad_request.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this is for others."""
    return render(request, "people/forbidden.html", status=403)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form did not come from here, or was open for too long (CSRF)."""
    return render(request, "people/form_too_old.html", status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Say that something broke here. The page asks nothing of the database: that may be it."""
    return render(request, "people/failed.html", status=500)
