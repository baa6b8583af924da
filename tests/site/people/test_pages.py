"""Every page for the public and for participants: signposts, a way out, headers, errors."""

import re
from pathlib import Path

import httpx
import pytest
from django.db import OperationalError

from candid.site.conversations.actions import revoke_link
from candid.site.people import views
from tests.site.people_who_talk import answer, invite_two, invite_two_who_agreed

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "src" / "candid" / "site" / "static"


def check_page(response, status):
    """The page has its status, signposts, the quick exit with its honest word, and the headers."""
    assert response.status_code == status
    assert 'href="/help/"' in response.text
    assert "data-quick-exit" in response.text
    assert "history may still list this visit" in response.text
    check_headers(response)


def check_headers(response):
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert "camera=(self)" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/help/",
        "/desk/login/",
        "/desk/password_reset/",
        "/desk/password_reset/done/",
        "/desk/password_reset/complete/",
        "/desk/password_reset/confirm/x/x/",
    ],
)
def test_a_page_for_everybody(visitor, path):
    check_page(visitor.get(path), 200)


def test_pages_that_are_not(visitor):
    check_page(visitor.get("/nowhere/"), 404)
    check_page(visitor.get("/with/not-a-link/"), 404)
    check_page(visitor.get("/desk/enter/x/"), 410)


def test_every_page_of_a_participant(visitor):
    _, (rosa, daniel) = invite_two()
    check_page(visitor.get(f"{rosa.path}agreement/"), 200)
    check_page(answer(visitor.client, rosa, answer="yes", name=""), 422)
    check_page(answer(visitor.client, rosa, answer="no"), 200)
    answer(visitor.client, rosa, answer="yes", name="Rosa")
    check_page(visitor.get(f"{rosa.path}call/"), 200)
    revoke_link(daniel)
    for page in ("", "agreement/", "call/"):
        link = f"/with/{daniel.participant_id}.{'x' * 43}/{page}"
        check_page(visitor.get(link), 404)


def test_a_link_that_was_taken_back(visitor):
    _, (rosa, _) = invite_two_who_agreed()
    path = rosa.path
    revoke_link(rosa)
    for page in ("", "agreement/", "call/"):
        check_page(visitor.get(f"{path}{page}"), 410)


def test_a_form_from_elsewhere_is_refused_with_a_page(visitor):
    _, (rosa, _) = invite_two()
    refused = visitor.client.post(f"{rosa.path}agreement/", data={"answer": "yes", "name": "R"})
    check_page(refused, 403)
    assert "open for too long" in refused.text


def test_a_host_that_is_not_ours_is_refused_with_a_page(visitor):
    check_page(visitor.client.get("/", headers={"Host": "elsewhere.example"}), 400)


def test_when_something_breaks_the_page_needs_no_database(visitor, monkeypatch):
    def fail(*_):
        raise OperationalError("the database is away")

    monkeypatch.setattr(views.HelpCountry.objects, "prefetch_related", fail)
    broken = visitor.get("/help/")
    check_page(broken, 500)
    assert "emergency number: 112 in Europe" in broken.text
    assert "away" not in broken.text


def test_what_is_not_a_page_has_its_headers_too(studio):
    with httpx.Client(base_url=studio) as client:
        script = client.get("/static/quick-exit.js")
        missing = client.get("/static/nothing.js")
        refused = client.get("/ingest/takes/x")
    assert script.status_code == 200
    assert missing.status_code == 404
    assert refused.status_code in (401, 404)
    for response in (script, missing, refused):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    for response in (script, missing):
        assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_the_page_of_a_studio_that_is_away_stands_by_itself():
    page = (ROOT / "deploy" / "away.html").read_text(encoding="utf-8")
    assert "emergency number: 112 in Europe" in page
    assert "data-quick-exit" in page
    assert "history may still list this visit" in page
    assert "style=" not in page
    assert "<style" not in page
    own = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert own
    for address in own:
        assert (STATIC / address.removeprefix("/away/")).is_file()
