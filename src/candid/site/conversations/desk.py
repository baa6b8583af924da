"""The desk's section "Conversations", in Wagtail's admin."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from candid.site.agreements.models import AgreementText
from candid.site.conversations import desk_pages, previews
from candid.site.conversations.forms import AgreementForm, ConversationForm, GuideForm
from candid.site.conversations.models import Campaign, Conversation, Guide


class ConversationViewSet(ModelViewSet):
    """Conversations: plan, share the links, watch how far everybody is."""

    model = Conversation
    name = "conversations"
    icon = "comment"
    add_to_settings_menu = False
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = desk_pages.ConversationIndexView
    add_view_class = desk_pages.ConversationCreateView
    edit_view_class = desk_pages.ConversationEditView
    inspect_view_class = desk_pages.ConversationPage
    delete_view_class = desk_pages.ConversationDeleteView
    inspect_template_name = "desk/conversation.html"
    search_fields = ["title"]
    search_backend_name = None
    list_display = [
        TitleColumn("title", label=gettext_lazy("Title"), get_url=desk_pages.page_of),
        Column("start_words", label=gettext_lazy("Begins")),
        Column("people_words", label=gettext_lazy("Participants")),
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        """Return our own form."""
        return ConversationForm

    def get_urlpatterns(self) -> list[URLPattern]:
        """Add what can be done with a link."""
        return [
            *super().get_urlpatterns(),
            path("link/<int:pk>/<slug:what>/", desk_pages.change_link, name="change_link"),
            path("end/<int:pk>/", desk_pages.end, name="end"),
            path("call-off/<int:pk>/", desk_pages.cancel, name="call_off"),
            path("tell/<int:pk>/", desk_pages.tell_again, name="tell_again"),
            path("remove/<int:pk>/", desk_pages.remove, name="remove"),
        ]


class GuideViewSet(ModelViewSet):
    """Guides: questions to lean on."""

    model = Guide
    name = "guides"
    icon = "help"
    add_to_reference_index = False
    copy_view_enabled = False
    search_backend_name = None
    search_fields = ["name"]

    def get_form_class(self, for_update: bool = False) -> type:
        """Return our own form."""
        return GuideForm


class CampaignViewSet(ModelViewSet):
    """Campaigns: what conversations are held for."""

    model = Campaign
    name = "campaigns"
    icon = "group"
    form_fields = ["name", "keep_days"]
    list_display = ["name", "keep_days"]
    add_to_reference_index = False
    copy_view_enabled = False
    search_backend_name = None
    search_fields = ["name"]


class _NeverChanged:
    """A version of the agreement has no page that changes or removes it, and no way to one."""

    def get_edit_url(self, *_instance: AgreementText) -> None:
        """Lead nowhere."""

    def get_delete_url(self, *_instance: AgreementText) -> None:
        """Lead nowhere."""

    def get_success_buttons(self) -> list[Any]:
        """Offer nothing after a version was added."""
        return []


class AgreementIndexView(_NeverChanged, generic.IndexView):
    """Versions of the agreement."""


class AgreementPage(_NeverChanged, generic.InspectView):
    """One version of the agreement."""

    page_title = gettext_lazy("Agreement")
    template_name = "desk/agreement.html"


class AgreementCreateView(_NeverChanged, generic.CreateView):
    """The next version of the agreement."""

    template_name = "desk/new_agreement.html"
    submit_button_label = gettext_lazy("Publish")
    submit_button_active_label = gettext_lazy("Publishing…")


class AgreementViewSet(ModelViewSet):
    """Recording agreements: each version stays; the next one is added."""

    model = AgreementText
    name = "agreements"
    icon = "doc-full"
    index_view_class = AgreementIndexView
    add_view_class = AgreementCreateView
    inspect_view_class = AgreementPage
    create_template_name = "desk/new_agreement.html"
    inspect_template_name = "desk/agreement.html"
    inspect_view_enabled = True
    inspect_view_fields = ["version", "language", "body", "sha256", "created_at"]
    add_to_reference_index = False
    copy_view_enabled = False
    search_backend_name = None
    list_display = [
        TitleColumn(
            "version",
            label=gettext_lazy("Version"),
            get_url=lambda text: reverse("agreements:inspect", args=[text.pk]),
        ),
        "language",
        "sha256",
    ]

    def get_form_class(self, for_update: bool = False) -> type:
        """Return our own form."""
        return AgreementForm

    def get_urlpatterns(self) -> list[URLPattern]:
        """Leave out what would change or remove a version; add what shows one."""
        gone = ("edit", "delete", "usage")
        kept = [pattern for pattern in super().get_urlpatterns() if pattern.name not in gone]
        return [
            *kept,
            path("preview/", previews.preview_draft, name="preview"),
            path("preview/<int:pk>/", previews.preview_version, name="preview_version"),
        ]


class ConversationsSection(ModelViewSetGroup):
    """All of it under one word in the menu."""

    menu_label = gettext_lazy("Conversations")
    menu_icon = "comment"
    menu_order = 100
    items = (ConversationViewSet, GuideViewSet, CampaignViewSet, AgreementViewSet)
