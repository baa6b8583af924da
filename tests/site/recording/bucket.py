"""A bucket of a real S3 server, SeaweedFS, for as long as the tests of one worker run."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unittest import mock

from candid.site.recording.bucket_store import BucketStore, open_bucket

# It takes a second port, by 10,000 higher, for each: all below those that the system hands out.
_PORTS = range(12_000, 22_000)
_KEY = {"accessKey": "candid-tests", "secretKey": "known to these tests alone"}


@dataclass(frozen=True)
class BucketServer:
    """An S3 server with one bucket."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What a program must find in its environment to reach it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": _KEY["accessKey"],
            "AWS_SECRET_ACCESS_KEY": _KEY["secretKey"],
            "AWS_REGION": "us-east-1",
        }

    def fresh_address(self) -> str:
        """Return an address below which nothing lies yet."""
        return f"s3://recordings/{secrets.token_hex(6)}"

    def open(self, address: str, local: Path) -> BucketStore:
        """Open what lies below an address, as the studio would."""
        with mock.patch.dict(os.environ, self.environment):
            return open_bucket(address, local, may_be_plain=True)


@contextmanager
def serving_bucket(folder: Path) -> Iterator[BucketServer]:
    master, volume, filer, s3 = (str(port) for port in _free_ports(4))
    identities = [{"name": "candid", "credentials": [_KEY], "actions": ["Admin"]}]
    (folder / "identities.json").write_text(json.dumps({"identities": identities}))
    options = {
        "dir": str(folder),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": master,
        "master.volumeSizeLimitMB": "64",
        "master.telemetry": "false",
        "volume.port": volume,
        "volume.max": "20",
        "filer.port": filer,
        "s3.port": s3,
        # Two more services, at ports of everybody's: none of ours.
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.config": str(folder / "identities.json"),
    }
    weed = Path(sys.executable).with_name("weed")
    command = [str(weed), "server", "-filer", "-s3", *(f"-{k}={v}" for k, v in options.items())]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        server = BucketServer(f"http://127.0.0.1:{s3}")
        _wait_until_it_keeps(server, process, folder)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_until_it_keeps(
    server: BucketServer, process: subprocess.Popen[bytes], folder: Path
) -> None:
    """Return once it has kept something; the bucket is made by that."""
    ends_s = time.monotonic() + 60
    first = server.open(server.fresh_address(), folder)
    while True:
        try:
            first.replace(PurePosixPath("calls/first"), b"1")
        except OSError:
            told = (folder / "log").read_text(errors="replace")[-2000:]
            assert process.poll() is None, told
            assert time.monotonic() < ends_s, told
            time.sleep(0.1)
        else:
            return


def _free_ports(count: int) -> list[int]:
    chance = random.Random(os.getpid())
    found: list[int] = []
    while len(found) < count:
        port = chance.choice(_PORTS)
        if port not in found and all(_is_free(one) for one in (port, port + 10_000)):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
