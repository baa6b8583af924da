"""Ingest: durable uploads of 500 kB from 64 clients, against tuspyserver and a bare program.

`python -m bench.ingest [--quick]` prints Markdown tables. The peer lives in an environment of
its own under build/, made on first use. All take turns, for the disk is never the same twice.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.load import describe_load, load_now
from bench.peers import peers_python

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "bench-ingest"
SERVER = ROOT / "bench" / "ingest_peers" / "server.py"
PINS = ("tuspyserver==4.4.3", "uvicorn==0.54.0", "httptools==0.9.0", "uvloop==0.23.0")
N_BYTES = 500_000
_CREATE = "POST /files/"
_TUS = {"content-type": "application/offset+octet-stream", "content-length": str(N_BYTES)}
N_CLIENTS = 64
LEAST_RATIO = 4
ONE_REQUEST = "tuspyserver, in one request"
NAMES = ("bare", "candid", "tuspyserver", ONE_REQUEST)
_SETTING = """\
{clients} clients, {kb} kB an upload, {run} uploads a run; the median of {n} run(s), in which all
take turns. Clients and server share the machine; a client works its hash out once. Every server is
one process of uvicorn with httptools and uvloop, and answers once the data is synced (fsync):

- bare: read, write, fsync of the file, rename. No hash, no token, no sync of the folder.
- candid: the token, the SHA-256 of what arrived, fsync of the file, a link that never replaces
  another file, fsync of the folder, what was struck, limits and rates.
- tuspyserver: with its `LocalFileStorage`, which syncs the data once and the JSON beside it at each
  step; without that storage it syncs no data. No hash, no token, no sync of the folder. Creation
  and PATCH are two requests, as its clients send them unless told otherwise; the other row is
  creation with the upload in it.
"""


@dataclass(frozen=True)
class Run:
    """What one server did: uploads a second, median answer, CPU of an upload, memory."""

    per_s: float
    median_ms: float
    cpu_ms: float


def main() -> None:
    """Measure and print."""
    is_quick = "--quick" in sys.argv
    n_rounds, n_each = (1, 5) if is_quick else (5, 20)
    peers_python("ingest", PINS)
    loads = [load_now()]
    rounds = []
    for _ in range(n_rounds):
        rounds.append({name: _run(name, n_each) for name in NAMES})
        loads.append(load_now())
    print(
        _SETTING.format(clients=N_CLIENTS, kb=N_BYTES // 1000, run=N_CLIENTS * n_each, n=n_rounds)
    )
    print("| server | uploads/s | median answer | CPU an upload |\n| --- | --- | --- | --- |")
    for name in NAMES:
        per_s, answer_ms, cpu_ms = (
            statistics.median(getattr(each[name], field) for each in rounds)
            for field in ("per_s", "median_ms", "cpu_ms")
        )
        print(f"| {name} | {per_s:.0f} | {answer_ms:.0f} ms | {cpu_ms:.1f} ms |")
    print("\n| Candid against it | bar | measured, uploads/s | CPU |\n| --- | --- | --- | --- |")
    bars = {
        "tuspyserver": f">= {LEAST_RATIO}",
        ONE_REQUEST: "",
        "bare": ">= 0.4 (0.6 is the stretch)",
    }
    for name, bar in bars.items():
        ratios = [each["candid"].per_s / each[name].per_s for each in rounds]
        cpu = statistics.median(each["candid"].cpu_ms / each[name].cpu_ms for each in rounds)
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"| {name} | {bar} | {statistics.median(ratios):.2f} ({spread}) | {cpu:.2f} |")
    n_below = sum(each["candid"].per_s < LEAST_RATIO * each["tuspyserver"].per_s for each in rounds)
    print(f"\n{describe_load(loads)} Of {n_rounds} run(s), {n_below} stayed below {LEAST_RATIO}.")


def _run(name: str, n_each: int) -> Run:
    """Start a server on a fresh folder, load it, stop it."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    os.sync()
    port = _free_port()
    program = name.split(",")[0]
    python = peers_python("ingest", PINS) if program == "tuspyserver" else sys.executable
    server = subprocess.Popen([str(python), str(SERVER), program, str(WORK), str(port)])
    try:
        _wait_for(port, server)
        before_s = _cpu_s(server.pid)
        per_s, median_ms = asyncio.run(_load(name, port, n_each))
        cpu_s = _cpu_s(server.pid) - before_s
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        shutil.rmtree(WORK, ignore_errors=True)
    return Run(per_s, median_ms, 1000 * cpu_s / (N_CLIENTS * n_each))


async def _load(name: str, port: int, n_each: int) -> tuple[float, float]:
    """Upload from all clients at once; return uploads a second and the median answer in ms."""
    began_s = time.perf_counter()
    taken = await asyncio.gather(*(_client(name, port, at, n_each) for at in range(N_CLIENTS)))
    passed_s = time.perf_counter() - began_s
    answers_s = [each_s for client in taken for each_s in client]
    return len(answers_s) / passed_s, 1000 * statistics.median(answers_s)


async def _client(name: str, port: int, at: int, n_each: int) -> list[float]:
    """Upload one after another over one connection; return how long each took."""
    data = os.urandom(N_BYTES)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken_s = []
    for number in range(n_each):
        began_s = time.perf_counter()
        if name == "tuspyserver":  # as its clients do unless told otherwise
            writer.write(_head(_CREATE, {"upload-length": str(N_BYTES), "content-length": "0"}))
            path = _header(await _answer(reader), "location").partition("/files/")[2]
            writer.write(_head(f"PATCH /files/{path}", {**_TUS, "upload-offset": "0"}))
        elif name == ONE_REQUEST:
            writer.write(_head(_CREATE, {**_TUS, "upload-length": str(N_BYTES)}))
        else:
            writer.write(_put_head(f"p{at:015d}", number, digest))
        writer.write(data)
        await writer.drain()
        await _answer(reader)
        taken_s.append(time.perf_counter() - began_s)
    writer.close()
    await writer.wait_closed()
    return taken_s


def _put_head(participant_id: str, number: int, digest: str) -> bytes:
    lines = {
        "content-length": str(N_BYTES),
        "authorization": f"Bearer {participant_id}",
        "content-digest": f"sha-256=:{digest}:",
    }
    return _head(f"PUT /ingest/takes/{participant_id}-00000001/camera/{number}", lines)


def _head(first: str, lines: dict[str, str]) -> bytes:
    told = {"host": "127.0.0.1", "tus-resumable": "1.0.0"} | lines
    head = "".join(f"{key}: {value}\r\n" for key, value in told.items())
    return f"{first} HTTP/1.1\r\n{head}\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> str:
    """Return the head of an answer that says yes. Raises RuntimeError for any other."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if head.split()[1] not in ("201", "204"):
        raise RuntimeError(f"an upload was refused: {head!r}")
    await reader.readexactly(int(_header(head, "content-length") or 0))
    return head


def _header(head: str, name: str) -> str:
    return head.partition(f"\r\n{name}:")[2].split("\r\n")[0].strip()


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process so far, without those of the start of Python."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Return once the server listens."""
    ends_s = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > ends_s:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    main()
