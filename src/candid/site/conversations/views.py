"""Where a personal link leads: to the agreement, and on to the conversation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from candid.site.agreements.actions import SIGNED, decline, sign_once, signature_of, standing_of
from candid.site.agreements.models import LedgerEntry, current_text, text_of
from candid.site.conversations.actions import open_link
from candid.site.conversations.copies import send_copy, write_proof
from candid.site.conversations.guests import find_guest, refuse
from candid.site.conversations.models import Participant

LONGEST_NAME = 120


@require_safe
def arrive(request: HttpRequest, link: str) -> HttpResponse:
    """Lead a participant to where they stand."""
    guest = find_guest(link)
    if guest.participant is None:
        return refuse(request, guest)
    is_signed = standing_of(guest.participant.participant_id) == "signed"
    answer = redirect("call" if is_signed else "agreement", link=link)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: HttpRequest, link: str) -> HttpResponse:
    """Show the agreement, and take the answer; not agreeing is an answer too."""
    guest = find_guest(link)
    if guest.participant is None:
        return refuse(request, guest)
    open_link(guest.participant)
    if request.method == "POST":
        return _take_answer(request, guest.participant)
    if signature_of(guest.participant.participant_id):
        return redirect("call", link=link)
    return _show(request, guest.participant)


def _show(request: HttpRequest, participant: Participant, problem: str = "") -> HttpResponse:
    context = {
        "participant": participant,
        "conversation": participant.conversation,
        "others": [
            other.name
            for other in participant.conversation.participants.all()
            if other.participant_id != participant.participant_id
        ],
        "text": current_text(participant.read_language),
        "keep_days": participant.conversation.keep_days,
        "problem": problem,
    }
    return render(request, "agreements/agreement.html", context, status=422 if problem else 200)


def _take_answer(request: HttpRequest, participant: Participant) -> HttpResponse:
    text = current_text(participant.read_language)
    keep_days = participant.conversation.keep_days
    shown = (request.POST.get("sha256"), request.POST.get("keep_days"))
    if text is None or shown != (text.sha256, str(keep_days)):
        return _show(request, participant, "changed")
    said = request.POST.get("answer")
    if said == "no":
        if decline(participant.participant_id, text).kind == SIGNED:
            # In another window. To say here that nothing was recorded could be untrue.
            return redirect("call", link=participant.link)
        return render(request, "agreements/declined.html", {"participant": participant})
    if said != "yes":
        return _show(request, participant)
    typed_name = " ".join(request.POST.get("name", "").split())[:LONGEST_NAME]
    if not typed_name:
        return _show(request, participant, "name")
    entry, is_new = sign_once(participant.participant_id, typed_name, text, keep_days)
    # The same form sent twice sends one letter; another copy is asked for on its own page.
    if is_new and request.POST.get("copy") and participant.email:
        return _send_copy(request, participant, entry)
    return redirect("call", link=participant.link)


@require_http_methods(["GET", "HEAD", "POST"])
def agreement_copy(request: HttpRequest, link: str) -> HttpResponse:
    """Show participants what they signed, and send it once more."""
    guest = find_guest(link)
    if guest.participant is None:
        return refuse(request, guest)
    entry = signature_of(guest.participant.participant_id)
    if entry is None:
        return redirect("agreement", link=link)
    if request.method == "POST" and guest.participant.email:
        return _send_copy(request, guest.participant, entry)
    return _show_copy(request, guest.participant, entry)


def _send_copy(request: HttpRequest, participant: Participant, entry: LedgerEntry) -> HttpResponse:
    """Send a copy and go on; where it cannot be sent, say so and show it."""
    sent = send_copy(participant, entry)
    if sent == "sent":
        return redirect("call", link=participant.link)
    return _show_copy(request, participant, entry, sent)


def _show_copy(
    request: HttpRequest, participant: Participant, entry: LedgerEntry, problem: str = ""
) -> HttpResponse:
    context = {
        "participant": participant,
        "text": text_of(entry),
        "proof": write_proof(participant, entry),
        "problem": problem,
    }
    return render(request, "agreements/copy.html", context)
