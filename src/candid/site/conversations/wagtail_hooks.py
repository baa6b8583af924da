"""What the desk shows: conversations, and nothing of a website that Candid does not have."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks

from candid.site.conversations.desk import ConversationsSection

_NOT_OURS = {"explorer", "images", "documents", "reports", "help"}


@hooks.register("register_admin_viewset")
def register_conversations() -> ConversationsSection:
    """Add the section to the desk."""
    return ConversationsSection()


@hooks.register("insert_global_admin_css")
def add_styles() -> str:
    """Add our own few styles to every page of the desk."""
    return format_html('<link rel="stylesheet" href="{}">', static("desk/desk.css"))


@hooks.register("construct_main_menu")
def hide_pages(request: HttpRequest, menu_items: list[Any]) -> None:
    """Leave out Wagtail's pages and images: there is nothing in them yet."""
    menu_items[:] = [item for item in menu_items if item.name not in _NOT_OURS]


@hooks.register("construct_homepage_summary_items")
def hide_summary(request: HttpRequest, summary_items: list[Any]) -> None:
    """Leave out the numbers of pages and images."""
    summary_items.clear()
