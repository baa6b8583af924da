from pathlib import Path

import pytest

from tests.engine.recording.material import Given, make_take


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """A whole take of four seconds. Copy it before spoiling it."""
    return make_take(tmp_path_factory.mktemp("takes") / "ada-1")


@pytest.fixture
def folder(given: Given, tmp_path: Path) -> Path:
    """A copy of the whole take, to be spoilt."""
    return given.copy(tmp_path / "take")
