"""What the room adds to the desk: who may enter, the own second factor, the log's words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from candid.site.people.desk import StaffPage, change_way_in
from candid.site.people.helplines import HelpSection


@hooks.register("register_admin_urls")
def register_staff() -> list[URLPattern]:
    """Add the pages; Wagtail asks for access to the desk before each."""
    return [
        path("staff/", StaffPage.as_view(), name="staff"),
        path("staff/<int:pk>/<slug:what>/", change_way_in, name="change_way_in"),
    ]


@hooks.register("register_admin_viewset")
def register_help() -> HelpSection:
    """Add the tables of helplines."""
    return HelpSection()


class _ForAdministrators(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


@hooks.register("register_settings_menu_item")
def register_staff_item() -> MenuItem:
    """Lead administrators to the page."""
    return _ForAdministrators(_("Who may enter"), reverse("staff"), icon_name="key", order=600)


@hooks.register("register_settings_menu_item")
def register_second_factor_item() -> MenuItem:
    """Lead everybody to their own second factor."""
    address = reverse("set_up_second_factor")
    return MenuItem(_("My second step"), address, icon_name="lock", order=601)


@hooks.register("register_log_actions")
def register_log_words(actions: Any) -> None:
    """Say in the desk's log what was done."""
    for name, label in (
        ("second_factor.on", _("Second step set up")),
        ("second_factor.reset", _("Second step turned off")),
        ("second_factor.recovered", _("Entered with a code for a lost device")),
        ("sign_in.made", _("One-time link made")),
        ("password.set", _("First password set")),
    ):
        actions.register_action(f"candid.{name}", label, label)
