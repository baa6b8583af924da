"""Every address there is: without a token, with a stranger's, with one that was taken back."""

import re
import time

import httpx
import pytest
from django.urls import URLPattern, get_resolver
from websockets.exceptions import InvalidStatus

from candid.site.call.routing import websocket_urlpatterns
from candid.site.conversations import links
from candid.site.conversations.actions import revoke_link
from candid.site.people import limits
from tests.site.people_who_talk import invite_two_who_agreed, live

# What may be seen by anybody. Whoever adds an address that opens without a token says so here.
PUBLIC = {
    "/",
    "/help/",
    "/desk/login/",
    "/desk/password_reset/",
    "/desk/password_reset/done/",
    "/desk/password_reset/complete/",
    "/desk/password_reset/confirm/x/x/",  # where it says that this link opens nothing
    "/desk/jsi18n/",  # words for Wagtail's scripts
    "/desk/sprite/",  # Wagtail's icons
}
LOGIN = "/desk/login/"


def addresses():
    """Every address of the map, with something put in for what it takes; `{link}` stays."""

    def walk(patterns, before):
        for one in patterns:
            here = before + str(one.pattern)
            if isinstance(one, URLPattern):
                yield here
            else:
                yield from walk(one.url_patterns, here)

    for pattern in walk(get_resolver().url_patterns, "/"):
        address = re.sub(r"<(?:\w+:)?link>", "{link}", pattern)
        address = re.sub(r"<int:\w+>|\(\?P<\w*(?:pk|id)>[^)]*\)", "1", address)
        address = re.sub(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)", "x", address)
        yield address.replace("^", "").replace("$", "").replace("\\", "").replace(".*/", "x/")


ALL = sorted(set(addresses()))
WITH_LINK = [address for address in ALL if "{link}" in address]
OTHERS = [address for address in ALL if "{link}" not in address]


@pytest.fixture
def client(studio):
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield client


def is_refused(answer):
    to_login = answer.headers.get("location", "").startswith(LOGIN)
    return answer.status_code in (400, 401, 403, 404, 405, 410, 429) or (
        answer.status_code == 302 and to_login
    )


def opened(client, paths, method):
    """Return what does not refuse, with its status."""
    answers = {path: client.request(method, path) for path in paths}
    return {path: one.status_code for path, one in answers.items() if not is_refused(one)}


def test_the_whole_map_is_walked():
    assert len(WITH_LINK) >= 3
    assert len(OTHERS) > 180
    assert {"/desk/staff/", "/desk/helplines/", "/desk/api/main/pages/"} <= set(OTHERS)


def test_without_a_token_only_what_is_public_opens(client):
    found = opened(client, OTHERS, "GET")
    assert {path for path, status in found.items() if status == 200} == PUBLIC
    # The rest leads to another address of this map, which is walked as well.
    assert {status for path, status in found.items() if path not in PUBLIC} <= {301, 302}
    for path in set(found) - PUBLIC:
        assert client.get(path).headers["location"].startswith("/desk/")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_written_without_a_token_of_the_form(client, method):
    found = opened(client, [*OTHERS, *(path.format(link="x") for path in WITH_LINK)], method)
    assert {path for path, status in found.items() if status not in (301, 302)} == set()


def standing(rosa, daniel):
    """Links that open nothing, by why, and whether they once held."""
    code = daniel.link.split(".")[1]
    revoked = rosa.link
    revoke_link(rosa)
    return {
        "none": ("x", 404),
        "guessed": (f"{rosa.participant_id}.{'x' * 43}", 404),
        "of a stranger": (f"{rosa.participant_id}.{code}", 404),
        "with more": (f"{daniel.link}x", 404),
        "taken back": (revoked, 410),
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_page_of_a_participant_opens_with_another_link(client, method):
    _, (rosa, daniel) = invite_two_who_agreed()
    assert client.get(f"{daniel.path}call/").status_code == 200
    for link, status in standing(rosa, daniel).values():
        limits.forget_all()
        for path in WITH_LINK:
            assert client.request(method, path.format(link=link)).status_code == status


def test_the_live_channel_opens_with_no_other_link(studio):
    _, (rosa, daniel) = invite_two_who_agreed()
    for link, _status in standing(rosa, daniel).values():
        for path in websocket_urlpatterns:
            address = str(path.pattern).replace("<str:link>", link)
            with pytest.raises(InvalidStatus) as refused, live(studio, At(f"/{address}")):
                pass
            assert refused.value.response.status_code == 403


class At:
    """Stands for a participant whose live channel is at an address."""

    def __init__(self, address):
        self.path = address.removesuffix("live")


INGEST = [
    ("PUT", "/ingest/takes/{take}/microphone/0"),
    ("PUT", "/ingest/takes/{take}/microphone/init"),
    ("PUT", "/ingest/takes/{take}/manifest"),
    ("GET", "/ingest/takes/{take}"),
    ("GET", "/ingest/takes/{take}/receipt"),
    ("DELETE", "/ingest/takes/"),
]


def test_the_ingest_takes_no_other_token(client):
    _, (rosa, daniel) = invite_two_who_agreed()
    take = f"{rosa.participant_id}-abcdefgh"
    now_s = time.time()
    own = links.make_upload_token(rosa.participant_id, rosa.link_version, now_s)
    whose, version, expires, code = own.split(".")
    revoke_link(rosa)
    refused = {
        "none": "",
        "forged": f"{whose}.{version}.{expires}.{'x' * 43}",
        "longer": f"{whose}.{version}.{int(expires) + 1}.{code}",
        "of a stranger": f"{daniel.participant_id}.{version}.{expires}.{code}",
        "a link": daniel.link,
        "expired": links.make_upload_token(
            daniel.participant_id, daniel.link_version, now_s - links.UPLOAD_TOKEN_LIFE_S - 1
        ),
        "taken back": own,
    }
    for token in refused.values():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for method, path in INGEST:
            answer = client.request(method, path.format(take=take), headers=headers)
            assert answer.status_code == 401
    theirs = links.make_upload_token(daniel.participant_id, daniel.link_version, now_s)
    for method, path in INGEST[:-1]:
        answer = client.request(
            method, path.format(take=take), headers={"Authorization": f"Bearer {theirs}"}
        )
        assert answer.status_code == 403
