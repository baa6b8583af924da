"""The page of a conversation, and what the desk may know of a running one."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from candid.site.agreements.actions import standing_of
from candid.site.agreements.deeds import deeds_of
from candid.site.call.consumers import INGEST_BASE
from candid.site.call.progress import tell_progress
from candid.site.call.signals import erasure_sought
from candid.site.conversations import links
from candid.site.conversations.guests import find_guest, refuse
from candid.site.conversations.models import Conversation, Participant


@require_safe
def call_page(request: HttpRequest, link: str) -> HttpResponse:
    """Show the page that holds check, lobby, call and what comes after."""
    guest = find_guest(link)
    if guest.participant is None:
        return refuse(request, guest)
    if standing_of(guest.participant.participant_id) != "signed":
        return redirect("agreement", link=link)
    deeds = deeds_of([guest.participant.participant_id])
    context = {"call": _describe(guest.participant, link), "deeds": deeds}
    page = render(request, "call/call.html", context)
    page["Referrer-Policy"] = "no-referrer"
    return page


def _describe(participant: Participant, link: str) -> dict[str, Any]:
    """Return what the page is given; docs/studio.md lists it."""
    conversation = participant.conversation
    token = links.make_upload_token(
        participant.participant_id, participant.link_version, time.time()
    )
    return {
        "live": f"/with/{link}/live?page={time.time_ns() // 1000}",
        "upload": {"base": INGEST_BASE, "token": token},
        "call_id": conversation.call_id,
        "participant_id": participant.participant_id,
        "name": participant.name,
        "title": conversation.title,
        "people": [
            {"id": one.participant_id, "name": one.name} for one in conversation.participants.all()
        ],
        "is_erased": _is_erased(conversation, participant),
    }


def _is_erased(conversation: Conversation, participant: Participant) -> bool:
    """Tell whether nothing of this participant would be kept; in doubt the page is as ever."""
    ids = {"call_id": conversation.call_id, "participant_id": participant.participant_id}
    answers = erasure_sought.send_robust(Conversation, **ids)
    return any(answer is True for _room, answer in answers)


@require_safe
@login_required
@permission_required("candid_conversations.view_conversation", raise_exception=True)
def live_state(request: HttpRequest, call_id: str) -> HttpResponse:
    """Tell the desk how far each participant is, in words; nothing of what is said or shown."""
    conversation = Conversation.objects.filter(call_id=call_id).first()
    if conversation is None:
        return JsonResponse({}, status=404)
    return JsonResponse({"people": tell_progress(conversation)})
