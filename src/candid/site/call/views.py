"""The page of a conversation, and what the desk may know of a running one."""

from __future__ import annotations

import logging
import math
import time
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from candid.site.agreements.actions import standing_of
from candid.site.agreements.deeds import deeds_of
from candid.site.call.clocks import now_us
from candid.site.call.consumers import INGEST_BASE
from candid.site.call.limits import STRIKE_AGAIN_S
from candid.site.call.listeners import tell_of_strike
from candid.site.call.messages import MessageError, Strike, read_message, read_strike
from candid.site.call.progress import takes_of, tell_progress
from candid.site.call.signals import erasure_sought
from candid.site.call.striking import TooManyStrikesError
from candid.site.call.struck import TooOftenError, strike_once
from candid.site.conversations import links
from candid.site.conversations.guests import find_guest, refuse
from candid.site.conversations.models import Conversation, Participant
from candid.site.people.limits import too_often

logger = logging.getLogger(__name__)


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
        "strikes": reverse("strikes", kwargs={"link": link}),
        "upload": {"base": INGEST_BASE, "token": token},
        "call_id": conversation.call_id,
        "participant_id": participant.participant_id,
        "name": participant.name,
        "title": conversation.title,
        "people": [
            {"id": one.participant_id, "name": one.name} for one in conversation.participants.all()
        ],
        "is_ended": conversation.ended_at is not None,
        **_tell_arrival(participant),
        "is_erased": _is_erased(conversation, participant),
    }


def _is_erased(conversation: Conversation, participant: Participant) -> bool:
    """Tell whether nothing of this participant would be kept; in doubt the page is as ever."""
    ids = {"call_id": conversation.call_id, "participant_id": participant.participant_id}
    answers = erasure_sought.send_robust(Conversation, **ids)
    return any(answer is True for _room, answer in answers)


def _tell_arrival(participant: Participant) -> dict[str, Any]:
    """Tell how much of a recording is here. The page opens also where the disk cannot be read."""
    try:
        takes = takes_of(participant)
    except OSError:
        logger.exception("what has arrived cannot be told")
        return {"arrived": "unknown", "takes": []}
    share = "all" if all(takes.values()) else "part"
    return {"arrived": share if takes else "nothing", "takes": list(takes)}


# Whoever knows the link may; a page of another site does not know it, and is refused all the same.
@csrf_exempt
def strikes(request: HttpRequest, link: str) -> HttpResponse:
    """Take a strike of a page whose live channel is closed for good, as when all has ended."""
    received_us = now_us()
    guest = find_guest(link)
    if guest.participant is None:
        return refuse(request, guest)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    origin = request.headers.get("Origin")
    is_own = origin is None or settings.ENVIRONMENT.is_own(origin)
    if not is_own or standing_of(guest.participant.participant_id) != "signed":
        return JsonResponse({}, status=403)
    try:
        strike = read_strike(read_message(request.body))
    except MessageError:
        return JsonResponse({}, status=422)
    return _strike(request, guest.participant, strike, received_us)


def _strike(
    request: HttpRequest, participant: Participant, strike: Strike, received_us: int
) -> HttpResponse:
    call_id, who = participant.conversation.call_id, participant.participant_id
    try:
        end_us, is_new = strike_once(who, call_id, strike, received_us)
    except TooOftenError as error:
        return too_often(request, error.wait_s)
    except TooManyStrikesError:
        return JsonResponse({}, status=403)
    except (OSError, DatabaseError):
        logger.exception("a strike could not be kept; the page says it again")
        return JsonResponse({}, status=503, headers={"Retry-After": math.ceil(STRIKE_AGAIN_S)})
    if is_new:
        tell_of_strike(call_id, who, strike, end_us)
    return JsonResponse({"id": strike.id, "ago": (now_us() - end_us) / 1e6})


@require_safe
@login_required
@permission_required("candid_conversations.view_conversation", raise_exception=True)
def live_state(request: HttpRequest, call_id: str) -> HttpResponse:
    """Tell the desk how far each participant is, in words; nothing of what is said or shown."""
    conversation = Conversation.objects.filter(call_id=call_id).first()
    if conversation is None:
        return JsonResponse({}, status=404)
    return JsonResponse({"people": tell_progress(conversation)})
