"""What the room `recording` does when something happens in a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from candid.site.call.signals import stretch_struck
from candid.site.recording.places import CALLS
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike


def on_stretch_struck(
    *, call_id: str, clock_id: str, start_us: int, end_us: int, **_rest: Any
) -> None:
    """Remove a stretch from all takes of the call, those included that are still to come."""
    folder = Path(settings.MEDIA_ROOT) / CALLS / call_id
    folder.mkdir(parents=True, exist_ok=True)
    strike(folder, Stretch(clock_id, start_us, end_us))


def connect() -> None:
    """Begin to listen."""
    stretch_struck.connect(on_stretch_struck, dispatch_uid="recording.stretch_struck")
