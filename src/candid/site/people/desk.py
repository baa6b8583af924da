"""The desk's page "Who may enter": one-time links for staff, and lost devices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.models import ModelLogEntry

from candid.site.people.actions import invite_staff, reset_second_factor
from candid.site.people.models import Authenticator
from candid.site.people.second_factor import is_demanded_of

N_LOGGED = 50


def _check_administrator(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied


class StaffPage(WagtailAdminTemplateMixin, TemplateView):
    """Everybody at the desk: whether they have a password and a second factor."""

    template_name = "desk/staff.html"
    page_title = gettext_lazy("Who may enter")
    header_icon = "key"
    breadcrumbs_items = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Let administrators in alone."""
        _check_administrator(request)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add everybody, and what was done to the ways in lately."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        proven = set(Authenticator.objects.filter(confirmed=True).values_list("user_id", flat=True))
        accounts = get_user_model().objects.filter(is_active=True).order_by("username")
        context["staff"] = [
            {
                "account": one,
                "has_second_factor": one.pk in proven,
                "is_demanded": is_demanded_of(one),
                "has_password": one.has_usable_password(),
            }
            for one in accounts.prefetch_related("groups")
        ]
        context["log"] = _latest_entries()
        return context


def _latest_entries() -> Any:
    kind = ContentType.objects.get_for_model(get_user_model())
    entries = ModelLogEntry.objects.filter(content_type=kind).select_related("user")
    return entries.order_by("-timestamp", "-pk")[:N_LOGGED]


@require_POST
def change_way_in(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Make a one-time link for somebody, or turn the second factor of a lost device off."""
    _check_administrator(request)
    staff = get_object_or_404(get_user_model(), pk=pk, is_active=True)
    if what == "link":
        address = f"{settings.ENVIRONMENT.origin}/desk/enter/{invite_staff(staff, request.user)}/"
        context = {"account": staff, "address": address}
        return StaffPage(extra_context={"made": context}, request=request).get(request)
    if what == "reset":
        reset_second_factor(staff, request.user)
        messages.success(
            request,
            _("The second step of %(name)s is off, and they are signed out everywhere.")
            % {"name": staff.get_username()},
        )
    return redirect("staff")
