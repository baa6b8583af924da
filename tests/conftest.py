"""Settings of every test, and where those that want real speech find it."""

import os
from pathlib import Path

from hypothesis import settings

# In CI the same examples each time, elsewhere new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

_SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def shared_speech() -> tuple[Path, ...]:
    """Return the recordings of real speech that lie beside this checkout; elsewhere, none.

    A test that uses them has something else to hear where there are none.
    """
    names = ("address.flac", "interview.mp3")
    return tuple(path for name in names if (path := _SHARED_DATA / name).is_file())


def shared_address() -> Path | None:
    """Return the shared recording of an address, if it is there."""
    return next((path for path in shared_speech() if path.stem == "address"), None)
