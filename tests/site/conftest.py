"""The site for tests: a home folder of its own, a database file, one real server."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_HOME = tempfile.mkdtemp(prefix="candid-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["CANDID_HOME"] = _HOME
os.environ["CANDID_TURN_URLS"] = "turn:relay.example.org:3478"
os.environ["CANDID_TURN_SECRET"] = "shared with the relay"
os.environ["DJANGO_SETTINGS_MODULE"] = "candid.site.settings"

import django  # noqa: E402

django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give each worker a home folder of its own, where nobody else makes a round."""
    # With this in its environment it would read the settings before it reads this file.
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_use_migrations() -> bool:
    """Tables are made from the models; that the migrations make the same, test_serve tells."""
    return False


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A file, as in a real studio: the server's threads have connections of their own."""
    from django.conf import settings

    worker = os.environ.get("PYTEST_XDIST_WORKER", "one")
    settings.DATABASES["default"]["TEST"]["NAME"] = str(Path(_HOME) / f"{worker}.sqlite3")


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    """The address of a studio that answers for as long as the tests run."""
    import uvicorn

    from candid.site.asgi import application

    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            application,
            log_config=None,
            lifespan="off",
            proxy_headers=False,
            ws="websockets-sansio",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def studio(transactional_db: None, origin: str) -> str:
    """The address of a studio with an agreement and a guide, and nobody in it."""
    from candid.site.agreements.actions import load_first_text
    from candid.site.conversations.actions import load_first_guide
    from candid.site.people.limits import forget_all

    forget_all()
    load_first_text()
    load_first_guide()
    return origin


@pytest.fixture
def desk(studio: str) -> Iterator[Any]:
    """The desk of a studio, as its first organiser has it."""
    import httpx

    from candid.site.people.actions import make_first_organiser
    from tests.site.at_the_desk import enter_as

    with httpx.Client(base_url=studio, timeout=60) as client:
        yield enter_as(client, make_first_organiser())
