"""Whom a personal link lets in, and what others are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from candid.site.conversations import links
from candid.site.conversations.models import Participant
from candid.site.people import limits
from candid.site.people.limits import too_often


@dataclass(frozen=True, slots=True)
class Guest:
    """What a link leads to: a participant, or the reason why there is none."""

    standing: Literal["valid", "revoked", "unknown"]
    participant: Participant | None = None

    @property
    def may_enter(self) -> bool:
        """Whether the link holds."""
        return self.standing == "valid"


def find_guest(link: str) -> Guest:
    """Return whom a link belongs to. `revoked` is told only to who holds a link that once held."""
    participant_id = links.participant_of(link)
    found = Participant.objects.select_related("conversation__guide")
    participant = found.filter(participant_id=participant_id).first() if participant_id else None
    if participant is None:
        return Guest("unknown")
    current = participant.link_version
    if links.is_link_of(link, participant.participant_id, current):
        return Guest("revoked") if participant.is_revoked else Guest("valid", participant)
    return Guest("revoked" if _once_held(link, participant) else "unknown")


def refuse(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Say that a link no longer holds (410), or never did (404). Guesses are slowed (429)."""
    if guest.standing == "unknown":
        wait_s = limits.GUESSES.take(limits.address_of(request))
        if wait_s:
            return too_often(request, wait_s)
    status = 410 if guest.standing == "revoked" else 404
    page = render(request, "conversations/no_link.html", {"guest": guest}, status=status)
    page["Referrer-Policy"] = "no-referrer"
    return page


def _once_held(link: str, participant: Participant) -> bool:
    versions = range(max(1, participant.link_version - 20), participant.link_version)
    checks = [links.is_link_of(link, participant.participant_id, version) for version in versions]
    return any(checks)
