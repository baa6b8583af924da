"""What the desk sees and does of recordings: receipts, originals, erasing. Nothing is played."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from candid.site.call.progress import is_running
from candid.site.conversations.models import Conversation, Participant
from candid.site.recording import shelf
from candid.site.recording.actions import erase_recordings, note_download
from candid.site.recording.originals import Package
from candid.site.recording.refusals import RefusedError

VIEW = "candid_recording.view_receipts"
DOWNLOAD = "candid_recording.download_originals"
ERASE = "candid_recording.erase_recordings"


def name_of(request: HttpRequest) -> str:
    """Return how whoever asks is called, as the ledger and the participants are told it."""
    return str(request.user.get_full_name() or request.user.get_username())


def may_be_had(call_id: str, receipt: dict[str, Any], *, is_ended: bool) -> bool:
    """Tell whether a take may leave the studio.

    Never one of a call that goes on, nor one that may hold what was struck and is not found in it.
    """
    if is_running(call_id) or receipt["unplaced_strikes"]:
        return False
    return is_ended or receipt["state"] != "recording"


def _find(call_id: str, take_id: str) -> tuple[Conversation, shelf.ShelvedTake]:
    conversation = get_object_or_404(Conversation, call_id=call_id)
    take = shelf.find_take(call_id, take_id)
    if take is None:
        raise Http404
    return conversation, take


def _receipt_of(take: shelf.ShelvedTake) -> dict[str, Any]:
    try:
        return shelf.receipt_of(take)
    except RefusedError as refused:  # erased since it was found
        raise Http404 from refused


def _back_to(conversation: Conversation) -> HttpResponse:
    return redirect(reverse("conversations:inspect", args=[conversation.pk]))


@require_safe
@permission_required(VIEW, raise_exception=True)
def show_receipt(_request: HttpRequest, call_id: str, take_id: str) -> HttpResponse:
    """Hand out a receipt with every hash, as JSON."""
    _conversation, take = _find(call_id, take_id)
    answer = JsonResponse(_receipt_of(take), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="receipt-{take_id}.json"'
    return answer


def _files_of(
    conversation: Conversation, take: shelf.ShelvedTake
) -> tuple[list[shelf.ShelvedFile], str]:
    """Return the files of a take, or none and why it cannot be had."""
    # Asked first, for whatever is struck in it is removed by this; and once that is done.
    if refusal := _refusal_of(conversation, take):
        return [], refusal
    try:
        files = shelf.files_to_give(take)
    except RefusedError as refused:  # erased since it was found
        raise Http404 from refused
    return files, _refusal_of(conversation, take)


def _refusal_of(conversation: Conversation, take: shelf.ShelvedTake) -> str:
    receipt = _receipt_of(take)
    is_ended = conversation.ended_at is not None
    if may_be_had(conversation.call_id, receipt, is_ended=is_ended):
        return ""
    if receipt["unplaced_strikes"]:
        return str(_("Something that was struck is not found in this recording yet."))
    return str(_("This recording is not over yet. End the conversation first."))


@require_POST
@permission_required(DOWNLOAD, raise_exception=True)
def download(request: HttpRequest, call_id: str, take_id: str) -> HttpResponse:
    """Send the originals of a take; who takes them is written down before the first byte."""
    conversation, take = _find(call_id, take_id)
    files, refusal = _files_of(conversation, take)
    if refusal:
        messages.error(request, refusal)
        return _back_to(conversation)
    package = Package(take.take_id, files)
    note_download(take, name_of(request))
    answer = StreamingHttpResponse(package, content_type="application/zip")
    answer["Content-Length"] = str(len(package))
    whose = Participant.objects.filter(participant_id=take.participant_id).first()
    name = slugify(whose.name if whose else "") or "take"
    answer["Content-Disposition"] = f'attachment; filename="{name}-{take_id[-8:]}.zip"'
    return answer


def _describe_erasing(conversation: Conversation) -> dict[str, Any]:
    title = _("Erase the recordings")
    above = reverse("conversations:inspect", args=[conversation.pk])
    return {
        "conversation": conversation,
        "count": len(shelf.takes_of(conversation.call_id)),
        "header_title": title,
        "header_icon": "bin",
        "breadcrumbs_items": [
            {"url": above, "label": conversation.title},
            {"url": "", "label": title},
        ],
    }


@permission_required(ERASE, raise_exception=True)
def erase(request: HttpRequest, call_id: str) -> HttpResponse:
    """Erase all recordings of a conversation, once it was asked whether it is meant."""
    conversation = get_object_or_404(Conversation, call_id=call_id)
    if is_running(call_id):
        messages.error(request, _("Somebody is in the conversation. End it first."))
        return _back_to(conversation)
    if request.method != "POST":
        return render(request, "desk/erase.html", _describe_erasing(conversation))
    ids = [one.participant_id for one in conversation.participants.all()]
    count = erase_recordings(call_id, ids, "desk", name_of(request))
    messages.success(request, _("Erased: %(count)s takes. The receipts stay.") % {"count": count})
    return _back_to(conversation)
