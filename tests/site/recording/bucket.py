"""A bucket of a real S3 server, SeaweedFS, for as long as the tests of one worker run."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unittest import mock
from urllib.parse import urlsplit

from candid.site.recording.bucket_store import BucketStore, open_bucket

# It takes a second port, by 10,000 higher, for each: all below those that the system hands out.
_PORTS = range(12_000, 22_000)
_OWN_HEADERS = ("content-length", "transfer-encoding", "connection")
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


class FullBucket(http.server.ThreadingHTTPServer):
    """What stands before a real server and lets nothing more in, while `says` holds an answer.

    `says` is a status and a code, as servers have them that are full; all else passes, and how
    often each method was `asked` for is counted.
    """

    daemon_threads = True

    def __init__(self, behind: BucketServer) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.behind = urlsplit(behind.endpoint)
        self.server = BucketServer(f"http://127.0.0.1:{self.server_port}")
        self.says: tuple[int, str] | None = None
        self.asked: Counter[str] = Counter()


class _Door(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FullBucket

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked[self.command] += 1
        if self.command == "PUT" and self.server.says:
            status, code = self.server.says
            told = f"<?xml version='1.0'?>\n<Error><Code>{code}</Code></Error>".encode()
            self._answer(status, [], told if code else b"")
            return
        address = self.server.behind
        assert address.hostname
        with closing(http.client.HTTPConnection(address.hostname, address.port)) as behind:
            # The signature holds the name of the host as the client has it.
            behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                behind.putheader(name, value)
            behind.endheaders(body)
            answer = behind.getresponse()
            kept = [each for each in answer.getheaders() if each[0].lower() not in _OWN_HEADERS]
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self._answer(answer.status, kept, answer.read(), length)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - http.server's names

    def _answer(
        self, status: int, headers: list[tuple[str, str]], body: bytes, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def filling(server: BucketServer) -> Iterator[FullBucket]:
    """Yield a server that can be full."""
    with FullBucket(server) as full:
        thread = threading.Thread(target=full.serve_forever)
        thread.start()
        try:
            yield full
        finally:
            full.shutdown()
            thread.join()


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
