"""The rooms that write, on PostgreSQL: their own tests once more, and the migrations."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.xdist_group("postgresql"), pytest.mark.timeout(600)]

WRITERS = [
    "agreements/test_ledger.py",
    "conversations/test_desk.py",
    "conversations/test_meanwhile.py",
    "desk/test_retention.py",
    "people/test_limits.py",
    "people/test_second_factor.py",
    "people/test_sign_in.py",
    "recording/test_tokens.py",
]


def binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.fail("PostgreSQL is needed; on Debian: apt-get install postgresql")
    return found[-1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of a database server of the test's own. It refuses to run as root."""
    as_its_owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="candid-postgresql-"))
    if as_its_owner:
        shutil.chown(folder, "postgres")

    def run(command: str, *arguments: str) -> None:
        subprocess.run(
            [*as_its_owner, str(binaries() / command), *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )

    cluster, port = str(folder / "cluster"), free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("initdb", "-D", cluster, "-A", "trust", "-U", "candid", "--no-sync")
    run("pg_ctl", "-D", cluster, "-o", options, "-l", str(folder / "log"), "-w", "start")
    run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "candid", "candid")
    yield f"postgresql://candid:none@127.0.0.1:{port}/candid"
    run("pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def run_with(database: str, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    own = {"CANDID_DATABASE": database, "CANDID_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=500,
    )


def test_a_studio_is_prepared_twice_and_is_the_same(database: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = run_with(database, tmp_path, "candid", "serve", "--prepare")
        assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("*.sqlite3"))


def test_what_writes_keeps_its_word_there_too(database: str, tmp_path: Path) -> None:
    tests = [str(Path(__file__).parent / name) for name in WRITERS]
    done = run_with(database, tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 0, done.stdout
