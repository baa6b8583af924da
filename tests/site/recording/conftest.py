"""A studio that is served over the network, for as long as one test runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.site.recording.bucket import BucketServer, serving_bucket
from tests.site.recording.material import Studio, serving


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.fixture
def client(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as served:
        yield served


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """A real S3 server. Tests of it are in the xdist group `bucket`, so that one is enough."""
    with serving_bucket(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.xdist_group("bucket"))])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Studio:
    """A studio whose recordings lie in a folder, and one whose lie in a bucket."""
    if request.param == "folder":
        return Studio(tmp_path)
    return studio_in_bucket(request.getfixturevalue("bucket_server"), tmp_path)


def studio_in_bucket(server: BucketServer, folder: Path) -> Studio:
    address = server.fresh_address()
    return Studio(folder, open_store=lambda local: server.open(address, local))
