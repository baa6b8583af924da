"""The house's relay: coturn, with the file that docs/deploy.md installs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.pages import ROOT

TURNSERVER = Path("/usr/bin/turnserver")
SECRET = "what the relay and the studio share"
STOPPING_S = 20
_LISTENS = f":{3478:04X} 00000000:0000 0A"


@contextmanager
def running_relay(folder: Path, address: str, within: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Start coturn at an address; yield the settings by which a studio tells of it."""
    (folder / "turnserver.conf").write_text(_configuration())
    process = subprocess.Popen(
        (
            *within,
            TURNSERVER,
            *("-c", str(folder / "turnserver.conf")),
            *("--listening-ip", address, "--relay-ip", address),
            *("--userdb", str(folder / "turn.sqlite"), "--pidfile", str(folder / "turn.pid")),
            *("--log-file", str(folder / "turn.log"), "--no-tls", "--no-dtls"),
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_listening(process)
        urls = (f"turn:{address}:3478", f"turn:{address}:3478?transport=tcp")
        yield {"CANDID_TURN_URLS": " ".join(urls), "CANDID_TURN_SECRET": SECRET}
    finally:
        process.terminate()
        process.wait(STOPPING_S)


def _configuration() -> str:
    """Return the file of deploy/ with a secret, and without the certificate it has nowhere."""
    lines = (ROOT / "deploy" / "turnserver.conf").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("cert=", "pkey=", "tls-listening"))]
    return "\n".join(kept).replace("REPLACE-WITH-THE-SECRET", SECRET) + "\n"


def _await_listening(process: subprocess.Popen[bytes]) -> None:
    """Wait until its port is open in the namespace that it runs in."""
    for _ in range(STOPPING_S * 10):
        assert process.poll() is None, "coturn did not start"
        if _LISTENS in Path(f"/proc/{process.pid}/net/tcp").read_text():
            return
        time.sleep(0.1)
    raise AssertionError("coturn does not listen")
