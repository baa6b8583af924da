"""The desk's section "Conversations", in Wagtail's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from candid.site.agreements.models import AgreementText
from candid.site.conversations.actions import end_conversation, reissue_link, revoke_link
from candid.site.conversations.forms import AgreementForm, ConversationForm, GuideForm
from candid.site.conversations.invitations import address_of, send_invitation
from candid.site.conversations.models import Campaign, Conversation, Guide, Participant
from candid.site.conversations.panels import panels_of

_CHANGE = "candid_conversations.change_conversation"


def _page_of(conversation: Conversation) -> str:
    return reverse("conversations:inspect", args=[conversation.pk])


class _ConversationSaved:
    """After a conversation is written, its links are what one needs next."""

    object: Conversation

    def get_success_url(self) -> str:
        return _page_of(self.object)


class ConversationCreateView(_ConversationSaved, generic.CreateView):
    """Plan a conversation."""


class ConversationEditView(_ConversationSaved, generic.EditView):
    """Change a conversation."""


class ConversationPage(generic.InspectView):
    """One conversation: its links, and what other rooms know of it."""

    template_name = "desk/conversation.html"
    page_title = gettext_lazy("Links")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the participants with their addresses, and the panels of other rooms."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        participants = self.object.participants.all()
        context["people"] = [(one, address_of(one)) for one in participants]
        context["may_change"] = self.request.user.has_perm(_CHANGE)
        context["panels"] = panels_of(self.request, self.object)
        context["panel_media"] = context["panels"].media
        return context


def _check_may_change(request: HttpRequest) -> None:
    if not request.user.has_perm(_CHANGE):
        raise PermissionDenied


@require_POST
def change_link(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Revoke, reissue or send the link of one participant."""
    _check_may_change(request)
    participant = get_object_or_404(Participant.objects.select_related("conversation"), pk=pk)
    if what == "revoke":
        revoke_link(participant)
        messages.success(request, _("The link no longer opens anything."))
    elif what == "reissue":
        reissue_link(participant)
        messages.success(request, _("There is a new link. The one before it no longer opens."))
    elif what == "send" and participant.email and not participant.is_revoked:
        _send(request, participant)
    return redirect(_page_of(participant.conversation))


def _send(request: HttpRequest, participant: Participant) -> None:
    try:
        send_invitation(participant)
    except OSError:  # what the mail server says may hold addresses
        messages.error(request, _("The mail server did not take it. Copy the link instead."))
    else:
        messages.success(request, _("Sent to %(email)s.") % {"email": participant.email})


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a conversation: nobody can join any more."""
    _check_may_change(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    end_conversation(conversation)
    messages.success(request, _("Ended. What was recorded goes on being sent."))
    return redirect(_page_of(conversation))


class ConversationViewSet(ModelViewSet):
    """Conversations: plan, share the links, watch how far everybody is."""

    model = Conversation
    name = "conversations"
    icon = "comment"
    add_to_settings_menu = False
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    add_view_class = ConversationCreateView
    edit_view_class = ConversationEditView
    inspect_view_class = ConversationPage
    inspect_template_name = "desk/conversation.html"
    search_fields = ["title"]
    search_backend_name = None
    list_display = [
        TitleColumn("title", label=gettext_lazy("Title"), get_url=_page_of),
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
            path("link/<int:pk>/<slug:what>/", change_link, name="change_link"),
            path("end/<int:pk>/", end, name="end"),
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
    form_fields = ["name"]
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


class AgreementCreateView(_NeverChanged, generic.CreateView):
    """The next version of the agreement."""


class AgreementViewSet(ModelViewSet):
    """Recording agreements: each version stays; the next one is added."""

    model = AgreementText
    name = "agreements"
    icon = "doc-full"
    index_view_class = AgreementIndexView
    add_view_class = AgreementCreateView
    inspect_view_class = AgreementPage
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
        """Leave out what would change or remove a version."""
        gone = ("edit", "delete", "usage")
        return [pattern for pattern in super().get_urlpatterns() if pattern.name not in gone]


class ConversationsSection(ModelViewSetGroup):
    """All of it under one word in the menu."""

    menu_label = gettext_lazy("Conversations")
    menu_icon = "comment"
    menu_order = 100
    items = (ConversationViewSet, GuideViewSet, CampaignViewSet, AgreementViewSet)
