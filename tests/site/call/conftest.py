"""What tests of a call share."""

import pytest

from candid.site.call.signals import stretch_struck


@pytest.fixture
def strikes():
    """The stretches that were struck, as they come."""
    places = []

    def note(start_us, end_us, **_more):
        places.append((start_us, end_us))

    stretch_struck.connect(note)
    yield places
    stretch_struck.disconnect(note)
