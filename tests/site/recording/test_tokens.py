"""Whom a token belongs to, asked of the real conversations, and the receiver beside Django."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from django.conf import settings

from candid.site.conversations.actions import reissue_link, revoke_link
from candid.site.conversations.links import UPLOAD_TOKEN_LIFE_S, make_upload_token
from candid.site.conversations.models import Participant
from candid.site.recording.places import Uploader
from candid.site.recording.tokens import KNOWN_FOR_S, LinkTokens
from tests.site.people_who_talk import invite_two
from tests.site.recording.material import headers_for


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def ada(transactional_db: None) -> Participant:
    return invite_two()[1][0]


def token_of(participant: Participant) -> str:
    return make_upload_token(participant.participant_id, participant.link_version, time.time())


def ask(tokens: LinkTokens, token: str) -> Uploader | None:
    return asyncio.run(tokens(token))


def test_a_token_tells_its_participant_and_their_call(ada):
    expected = Uploader(ada.participant_id, ada.conversation.call_id)
    assert ask(LinkTokens(), token_of(ada)) == expected


@pytest.mark.parametrize("spoil", [lambda token: token[:-1] + "?", lambda _: "", lambda _: "a.b.c"])
def test_a_forged_token_tells_nothing(ada, spoil):
    assert ask(LinkTokens(), spoil(token_of(ada))) is None


def test_a_token_ends_after_its_days(ada):
    tokens = LinkTokens(wall_s=lambda: time.time() + UPLOAD_TOKEN_LIFE_S + 1)
    assert ask(tokens, token_of(ada)) is None


def test_a_token_of_nobody_tells_nothing(ada):
    assert ask(LinkTokens(), make_upload_token("n" * 16, 1, time.time())) is None


def test_revoking_the_link_ends_its_token_within_a_second(ada):
    clock, token = Clock(), token_of(ada)
    tokens = LinkTokens(now_s=clock)
    assert ask(tokens, token) is not None
    revoke_link(ada)
    clock.at_s += KNOWN_FOR_S
    assert ask(tokens, token) is None


def test_a_new_link_has_a_new_token(ada):
    old = token_of(ada)
    reissue_link(ada)
    ada.refresh_from_db()
    tokens = LinkTokens()
    assert ask(tokens, old) is None
    assert ask(tokens, token_of(ada)) is not None


def test_the_studio_keeps_a_fragment_in_the_folder_of_its_call(ada, origin):
    data = b"what Ada said"
    take_id = f"{ada.participant_id}-00000001"
    with httpx.Client(base_url=origin, timeout=60) as client:
        headers = headers_for(data, token_of(ada))
        answer = client.put(f"/ingest/takes/{take_id}/camera/0", content=data, headers=headers)
        refused = client.put(f"/ingest/takes/{take_id}/camera/0", content=data)
    assert (answer.status_code, refused.status_code) == (201, 401)
    call = settings.MEDIA_ROOT / "calls" / ada.conversation.call_id
    assert (call / ada.participant_id / take_id / "camera/000000.m4s").read_bytes() == data
