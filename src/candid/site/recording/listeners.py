"""What the room `recording` does when something happens in a call."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from candid.site.call.signals import erasure_sought, stretch_struck
from candid.site.conversations.actions import StillHeldError
from candid.site.conversations.signals import removal_asked, removal_begun
from candid.site.recording.actions import erase_recordings
from candid.site.recording.places import call_folder
from candid.site.recording.shelf import erased_of, holders_of
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike
from candid.site.recording.wiring import site_storage


def on_stretch_struck(
    *, call_id: str, clock_id: str, start_us: int, end_us: int, **_rest: Any
) -> None:
    """Remove a stretch from all takes of the call, those included that are still to come."""
    strike(site_storage().store, call_folder(call_id), Stretch(clock_id, start_us, end_us))


def on_erasure_sought(*, call_id: str, participant_id: str, **_rest: Any) -> bool:
    """Tell whether whatever comes of this participant is refused as erased. Raises OSError."""
    return participant_id in erased_of(call_id)


def on_removal_asked(*, call_id: str, participant_ids: list[str], **_rest: Any) -> None:
    """Refuse to let anybody go whose recordings are kept: nothing is lost or left unseen."""
    if holders_of(call_id) & set(participant_ids):
        raise StillHeldError(_("Recordings are kept. Erase the recordings first."))


def on_removal_begun(*, call_id: str, participant_ids: list[str], **_rest: Any) -> None:
    """Refuse from now on whatever is still on its way."""
    erase_recordings(call_id, participant_ids, "removed")


def connect() -> None:
    """Begin to listen."""
    removal_asked.connect(on_removal_asked, dispatch_uid="recording.removal_asked")
    removal_begun.connect(on_removal_begun, dispatch_uid="recording.removal_begun")
    erasure_sought.connect(on_erasure_sought, dispatch_uid="recording.erasure_sought")
    stretch_struck.connect(on_stretch_struck, dispatch_uid="recording.stretch_struck")
