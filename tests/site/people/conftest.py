"""What tests of the doors share."""

import pytest


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Fewer rounds: that guessing is expensive is not what these tests are about."""
    settings.PASSWORD_HASHERS = ["tests.site.people.staff.FewRounds"]
