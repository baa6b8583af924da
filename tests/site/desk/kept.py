"""Recordings in a whole studio, as browsers leave them there."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
from django.conf import settings

from candid.site.conversations import links
from candid.site.conversations.models import Participant
from tests.site.recording.material import headers_for, manifest_for, some_parts

PARTS = some_parts(3)


def take_of(participant: Participant, number: int = 1) -> str:
    return f"{participant.participant_id}-{number:08d}"


def send_take(
    studio: str,
    participant: Participant,
    *,
    number: int = 1,
    without: tuple[int, ...] = (),
    state: str = "complete",
    gaps: tuple[dict[str, Any], ...] = (),
) -> str:
    """Send a take of three seconds of voice, but for some of its fragments; return its name."""
    take_id = take_of(participant, number)
    token = token_of(participant)
    base = f"{studio}/ingest/takes/{take_id}"
    for name, data in zip(("init", 0, 1, 2), PARTS, strict=True):
        if name not in without:
            put(f"{base}/microphone/{name}", data, token)
    call_id = participant.conversation.call_id
    told: dict[str, Any] = {"call_id": call_id, "state": state, "gaps": list(gaps)}
    manifest = manifest_for({"microphone": PARTS}, take_id=take_id, **told)
    put(f"{base}/manifest", json.dumps(manifest).encode(), token)
    return take_id


def token_of(participant: Participant) -> str:
    participant.refresh_from_db()
    return links.make_upload_token(
        participant.participant_id, participant.link_version, time.time()
    )


def put(address: str, data: bytes, token: str) -> httpx.Response:
    answer = httpx.put(address, content=data, headers=headers_for(data, token), timeout=60)
    return answer.raise_for_status()


def files_of(call_id: str) -> list[str]:
    """Return every file of a call that is media, wherever it lies."""
    folder = settings.MEDIA_ROOT / "calls" / call_id
    return sorted(
        path.name for path in folder.rglob("*") if path.is_file() and path.name != "struck.json"
    )
