"""The page of one conversation at the desk, and what can be done on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views import generic
from wagtail.permission_policies import ModelPermissionPolicy

from candid.site.conversations.actions import (
    ConversationError,
    call_off,
    end_conversation,
    reissue_link,
    remove_conversation,
    remove_participant,
    revoke_link,
)
from candid.site.conversations.invitations import (
    address_of,
    send_apology,
    send_invitation,
    still_hopeful,
    to_be_told,
)
from candid.site.conversations.models import FEWEST_PARTICIPANTS, Conversation, Participant
from candid.site.conversations.panels import panels_of

CHANGE = "candid_conversations.change_conversation"


@require_admin_access
def lead_in(request: HttpRequest) -> HttpResponse:
    """Lead somebody to the conversations, or to their own account where those are not for them.

    Whoever may not open a page is led here, so this must never lead to such a page.
    """
    conversations = ModelPermissionPolicy(Conversation)
    may_open = generic.IndexView.any_permission_required
    if conversations.user_has_any_permission(request.user, may_open):
        return redirect("conversations:index")
    return redirect("wagtailadmin_account")


def page_of(conversation: Conversation) -> str:
    """Return where a conversation's page is."""
    return reverse("conversations:inspect", args=[conversation.pk])


class _ConversationSaved:
    """After a conversation is written, its links are what one needs next."""

    object: Conversation

    def get_success_url(self) -> str:
        return page_of(self.object)


class ConversationIndexView(generic.IndexView):
    """All conversations, with who takes part in each."""

    def get_base_queryset(self) -> Any:
        """Ask for the participants of all rows at once."""
        return super().get_base_queryset().prefetch_related("participants")


class ConversationCreateView(_ConversationSaved, generic.CreateView):
    """Plan a conversation."""


class ConversationEditView(_ConversationSaved, generic.EditView):
    """Change a conversation."""


class ConversationDeleteView(generic.DeleteView):
    """Remove a conversation; refused while anything that was recorded in it is kept."""

    confirmation_message = gettext_lazy(
        "Its links stop working, and what is still on somebody’s device can no longer be sent. "
        "What was signed stays in the ledger. Whoever was invited is told, if it is still to come."
    )

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Remove it, or say why not."""
        title = self.object.title
        people = _who_looks_forward(self.object, self.object.participants.all())
        try:
            remove_conversation(self.object)
        except ConversationError as error:
            messages.error(request, str(error))
            return redirect(page_of(self.object))
        _write_to(request, people, send_apology)
        messages.success(request, _("Removed: %(title)s") % {"title": title})
        return redirect(self.get_success_url())


class ConversationPage(generic.InspectView):
    """One conversation: its links, and what other rooms know of it."""

    template_name = "desk/conversation.html"
    page_title = gettext_lazy("Conversation")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        """Name the conversation itself as where one is."""
        *above, here = super().get_breadcrumbs_items()
        return [*above[:-1], {**here, "label": self.object.title, "sublabel": ""}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the participants with their addresses, and the panels of other rooms."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        participants = list(self.object.participants.all())
        context["people"] = [(one, address_of(one)) for one in participants]
        context["may_change"] = self.request.user.has_perm(CHANGE)
        context["may_remove"] = len(participants) > FEWEST_PARTICIPANTS
        told = to_be_told(participants)
        context["were_told"] = any(one.has_old_time for one in told)
        context["hopeful"] = still_hopeful(participants) if self.object.is_called_off else []
        context["lost_links"] = [one for one in told if one.has_old_link and not one.is_revoked]
        context["known_elsewhere"] = [one for one in participants if one.is_known_elsewhere]
        context["panels"] = panels_of(self.request, self.object)
        context["panel_media"] = context["panels"].media
        return context


def _check_may_change(request: HttpRequest) -> None:
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied


def _find_participant(pk: int) -> Participant:
    return get_object_or_404(Participant.objects.select_related("conversation"), pk=pk)


@require_POST
def change_link(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Revoke, reissue or send the link of one participant."""
    _check_may_change(request)
    participant = _find_participant(pk)
    if what == "revoke":
        revoke_link(participant)
        messages.success(request, _("The link no longer opens anything."))
    elif what == "reissue":
        reissue_link(participant)
        messages.success(request, _("There is a new link. The one before it no longer opens."))
    elif what == "send" and _may_be_invited(participant):
        _write_to(request, [participant], send_invitation)
    return redirect(page_of(participant.conversation))


def _may_be_invited(participant: Participant) -> bool:
    # A page that was open since before the end still has its buttons.
    is_over = participant.conversation.ended_at is not None
    return bool(participant.email) and not participant.is_revoked and not is_over


def _who_looks_forward(
    conversation: Conversation, participants: Iterable[Participant]
) -> list[Participant]:
    """Return whom to tell that a conversation will not be: nobody, once it was held or ended."""
    return to_be_told(participants) if conversation.is_to_come else []


def _write_to(
    request: HttpRequest, people: list[Participant], send: Callable[[Participant], None]
) -> None:
    """Send each a letter, and tell the desk who was reached and who was not."""
    for one in people:
        try:
            send(one)
        except OSError:  # what the mail server says may hold addresses
            messages.error(request, _not_sent(send) % {"name": one.name})
        else:
            messages.success(request, _("Sent to %(email)s.") % {"email": one.email})


def _not_sent(send: Callable[[Participant], None]) -> str:
    if send is send_apology:
        return _(
            "The mail server did not take the letter to %(name)s. Tell them another way that the "
            "conversation will not be; it still stands in their calendar."
        )
    return _("The mail server did not take the letter to %(name)s. Copy the link instead.")


@require_POST
def tell_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send everybody whose invitation tells an old time, or a link of old, what holds now."""
    _check_may_change(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    told = to_be_told(conversation.participants.all())
    people = [one for one in told if one.has_old_time or one.has_old_link]
    _write_to(request, [one for one in people if _may_be_invited(one)], send_invitation)
    return redirect(page_of(conversation))


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a conversation: nobody can join any more."""
    _check_may_change(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    end_conversation(conversation)
    messages.success(request, _("Ended. What was recorded goes on being sent."))
    return redirect(page_of(conversation))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a conversation off, and tell everybody who was invited and has not heard it."""
    _check_may_change(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    if call_off(conversation):
        messages.success(request, _("Called off. Nobody can join any more."))
    if conversation.is_called_off:
        # Also pressed again, for those whom the mail server did not take a letter to.
        _write_to(request, still_hopeful(conversation.participants.all()), send_apology)
    else:
        # A page that was open since before it was held still has its button.
        messages.error(request, _("It was held or ended meanwhile, so it was not called off."))
    return redirect(page_of(conversation))


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody out of a conversation; they are told if it is still to come."""
    _check_may_change(request)
    participant = _find_participant(pk)
    conversation = participant.conversation
    people = _who_looks_forward(conversation, [participant])
    try:
        remove_participant(participant)
    except ConversationError as error:
        messages.error(request, str(error))
    else:
        _write_to(request, people, send_apology)
        messages.success(request, _("%(name)s is taken out.") % {"name": participant.name})
    return redirect(page_of(conversation))
