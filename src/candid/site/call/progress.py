"""How far each participant is, in words for the desk."""

from __future__ import annotations

import logging

from django.utils.translation import gettext as _
from wagtail import hooks

from candid.site.agreements.actions import standing_of
from candid.site.call.rooms import ROOMS, Seat
from candid.site.conversations.models import Conversation, Participant

# A later room that knows what arrived registers a function under this name: given a participant,
# it returns their takes by name, and of each whether all of it is here.
ARRIVAL_HOOK = "register_arrival"
logger = logging.getLogger(__name__)


def tell_progress(conversation: Conversation) -> list[dict[str, str]]:
    """Return a line for each participant: `{id, words}`."""
    room = ROOMS.find(conversation.call_id)
    seats = room.seats if room else {}
    return [
        {"id": one.participant_id, "words": tell_one(one, seats.get(one.participant_id))}
        for one in conversation.participants.all()
    ]


def tell_one(participant: Participant, seat: Seat | None) -> str:
    """Return where one participant stands, the latest step alone."""
    try:
        return _tell_latest(participant, seat)
    except OSError:
        logger.exception("what has arrived cannot be told")
        return _("What has arrived cannot be read at present")


def _tell_latest(participant: Participant, seat: Seat | None) -> str:
    if participant.is_revoked:
        return _("Link revoked")
    if seat is not None and seat.socket is not None:
        has_hung_up = seat.state.get("stage") == "after"
        return _here(seat, is_complete=has_hung_up and bool(has_arrived(participant)))
    if (arrived := has_arrived(participant)) is not None:
        return _tell_arrival(seat, is_complete=arrived)
    standing = standing_of(participant.participant_id)
    if standing == "signed":
        return _("Agreed")
    if standing == "declined":
        return _("Would rather not")
    return _("Link opened") if participant.opened_at else _("Link not opened yet")


def has_arrived(participant: Participant) -> bool | None:
    """Tell whether all of somebody's recording is here; None where none is. Raises OSError."""
    takes = takes_of(participant)
    return all(takes.values()) if takes else None


def takes_of(participant: Participant) -> dict[str, bool]:
    """Return the takes of somebody by name, and whether all of each is here. Raises OSError."""
    takes: dict[str, bool] = {}
    for ask in hooks.get_hooks(ARRIVAL_HOOK):
        takes.update(ask(participant))
    return takes


def _tell_arrival(seat: Seat | None, *, is_complete: bool) -> str:
    if is_complete:
        return _("Recording complete")
    if seat is not None and seat.percent is not None:
        return _("Away, %(percent)s %% of the recording sent") % {"percent": seat.percent}
    return _("Away, the recording is not complete yet")


def _here(seat: Seat, *, is_complete: bool) -> str:
    if is_complete:
        return _("Has hung up, recording complete")
    if seat.state.get("recording"):
        words = _("In the call, recording")
    elif seat.state.get("paused"):
        words = _("In the call, recording paused")
    else:
        stages = {"lobby": _("In the lobby"), "call": _("In the call"), "after": _("Has hung up")}
        words = stages.get(seat.state.get("stage", ""), _("Checking camera and microphone"))
    if seat.percent is None:
        return words
    return _("%(words)s, %(percent)s %% sent") % {"words": words, "percent": seat.percent}


def is_running(call_id: str) -> bool:
    """Tell whether anybody is in a call now."""
    room = ROOMS.find(call_id)
    return any(seat.is_in_call for seat in room.seats.values()) if room else False
