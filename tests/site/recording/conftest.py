"""A studio that is served over the network, for as long as one test runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.site.recording.material import Studio, serving


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.fixture
def client(studio: Studio) -> Iterator[httpx.Client]:
    with serving(studio) as served:
        yield served
