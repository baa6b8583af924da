"""The description of the ingest against the ingest itself: whatever is sent, it keeps its word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import settings
from schemathesis import checks

from candid.site.recording import refusals
from candid.site.recording.manifests import FEWER
from candid.site.recording.refusals import Refusal
from tests.site.recording.material import (
    ADAS_TAKE,
    AS_ADA,
    ROOT,
    address,
    digest_of,
    headers_for,
    manifest_for,
    serving,
    some_parts,
    with_limits,
)

PAGE = ROOT / "docs" / "openapi.yaml"
KEEPS_ITS_WORD = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
schema = schemathesis.openapi.from_path(PAGE)


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with no limit on the rate, and one take of Ada's."""
    root: Path = tmp_path_factory.mktemp("openapi")
    with serving(with_limits(root, request_burst=1e9, byte_burst=1e15)) as client:
        for number, part in zip(("init", 0, 1), some_parts(2), strict=True):
            client.put(address(f"camera/{number}"), content=part, headers=headers_for(part))
        client.put(
            address("manifest"), json=manifest_for({"camera": some_parts(3)}), headers=AS_ADA
        )
        yield f"{client.base_url}/ingest/takes".replace("//ingest", "/ingest")


@schema.parametrize()
@settings(max_examples=30)
def test_whatever_is_sent_is_answered_as_described(case, base_url):
    case.call_and_validate(base_url=base_url, checks=KEEPS_ITS_WORD)


@schema.parametrize()
@settings(max_examples=50)
def test_whatever_a_participant_sends_is_answered_as_described(case, base_url):
    """With a valid token, the own take, and the hash of what is sent."""
    if "take_id" in case.path_parameters:
        case.path_parameters = {**case.path_parameters, "take_id": ADAS_TAKE}
    headers = dict(AS_ADA)
    if isinstance(case.body, str):
        case.body = case.body.encode()
        headers["Content-Digest"] = digest_of(case.body)
    case.call_and_validate(base_url=base_url, headers=headers, checks=KEEPS_ITS_WORD)


def test_every_refusal_is_described_where_it_can_happen():
    known = {each.status for each in vars(refusals).values() if isinstance(each, Refusal)}
    known |= {FEWER.status, refusals.too_fast(1).status, 507, 405}
    writes = schema.raw_schema["paths"]["/{take_id}/{track}/{number}"]["put"]["responses"]
    assert {int(status) for status in writes} == known | {200, 201}


def test_the_page_on_the_studio_leads_to_the_description():
    page = (ROOT / "docs" / "studio.md").read_text(encoding="utf-8")
    assert re.search(r"\]\(openapi\.yaml\)", page)
