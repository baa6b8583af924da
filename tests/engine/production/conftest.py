from pathlib import Path

import pytest

from candid.engine.production.workspace import Workspace
from tests.engine.recording.material import Given, make_take


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """A whole take of four seconds."""
    return make_take(tmp_path_factory.mktemp("takes") / "ada-1")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The empty work folder of a film folder."""
    return Workspace(tmp_path / "film" / ".candid")
