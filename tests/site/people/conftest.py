"""What tests of the doors share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.site.people.staff import Visitor, hire


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Fewer rounds: that guessing is expensive is not what these tests are about."""
    settings.PASSWORD_HASHERS = ["tests.site.people.staff.FewRounds"]


@pytest.fixture
def visitor(studio: str) -> Iterator[Visitor]:
    """Somebody who comes to the studio with a browser."""
    visitor = Visitor(studio)
    yield visitor
    visitor.client.close()


@pytest.fixture
def another(studio: str) -> Iterator[Visitor]:
    """Somebody else, with another browser."""
    another = Visitor(studio)
    yield another
    another.client.close()


@pytest.fixture
def nora(studio: str) -> Any:
    """An organiser with a password."""
    return hire("nora", "Organiser")
