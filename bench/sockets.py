"""Sockets: the memory of idle live channels, and how soon a message of an active room is there.

`python -m bench.sockets [--quick]` prints Markdown tables. The studio is `candid serve` as it
comes, in one process; the people and their signatures are in its database, each browser's end
comes by its own personal link, and is a bare WebSocket that answers pings. All ends live in this
process, so that one clock measures; their CPU is taken from the same two cores.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from bench.load import describe_load, load_now

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "bench-sockets"
FILL = ROOT / "bench" / "sockets_peers" / "fill.py"
# Each source address has its own ports.
SOURCES = tuple(f"127.0.0.{number}" for number in range(1, 9))
AT_ONCE = 50
N_ACTIVE_ROOMS = 100
MESSAGES_PER_S = 2.0
SETTLE_S = 5.0
_KEY = base64.b64encode(bytes(16)).decode()


class End(asyncio.Protocol):
    """A browser's end of one live channel: answers pings, and notes when a chat is there."""

    def __init__(self, path: str, delays_s: list[float]) -> None:
        self.is_welcome = asyncio.get_running_loop().create_future()
        self.is_closed = False
        self._path = path
        self._delays_s = delays_s
        self._data = bytearray()
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the live channel."""
        # uvloop's own, which is no subclass of it.
        self._transport = cast(asyncio.Transport, transport)
        lines = (
            f"GET {self._path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {_KEY}",
        )
        self._transport.write("\r\n".join((*lines, "", "")).encode())

    def data_received(self, data: bytes) -> None:
        """Take what comes, frame by frame."""
        self._data += data
        if not self._is_open:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:20]:
                self.is_welcome.set_exception(RuntimeError(f"not let in: {bytes(head[:80])!r}"))
                return
            self._is_open, self._data = True, rest
        while (frame := _take_frame(self._data)) is not None:
            self._hear(*frame)

    def _hear(self, kind: int, text: bytes) -> None:
        if kind == 9:
            self._write(10, text)
        elif kind == 1 and text.startswith(b'{"type":"chat"'):
            self._delays_s.append(time.perf_counter() - float(json.loads(text)["text"].split()[0]))
        elif kind == 1 and not self.is_welcome.done():
            self.is_welcome.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Note that it is over."""
        self.is_closed = True
        if not self.is_welcome.done():
            self.is_welcome.set_exception(error or RuntimeError("closed"))

    def chat(self) -> None:
        """Say something that holds the time at which it was said."""
        text = f"{time.perf_counter():.6f} " + "x" * 80
        self._write(1, json.dumps({"type": "chat", "text": text}).encode())

    def _write(self, kind: int, data: bytes) -> None:
        # Masked by zeros, which leaves the bytes as they are.
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2)
        self._transport.write(bytes([0x80 | kind]) + size + bytes(4) + data)


def _take_frame(data: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole frame away, or return None where there is none yet."""
    if len(data) < 2:
        return None
    size, start = data[1], 2
    if size == 126:
        size, start = int.from_bytes(data[2:4]), 4
    elif size == 127:
        size, start = int.from_bytes(data[2:10]), 10
    if len(data) < start + size:
        return None
    frame = data[0] & 15, bytes(data[start : start + size])
    del data[: start + size]
    return frame


def main() -> None:
    """Measure and print."""
    is_quick = "--quick" in sys.argv
    n_idle, n_talking = (400, 400) if is_quick else (10_000, 2000)
    _raise_limit(n_idle + 1000)
    links = _fill(max(n_idle, n_talking) // 4)
    loads = [load_now()]
    idle = uvloop.run(_measure_idle(links, n_idle))
    loads.append(load_now())
    talk = uvloop.run(_measure_talk(links[: n_talking // 4], 5.0 if is_quick else 30.0))
    loads.append(load_now())
    print("One `candid serve` as it comes, four people a room, each by their own personal link.\n")
    print("| what | bar | measured |\n| --- | --- | --- |")
    print(f"| memory of an idle connection, {n_idle} of them | <= 28 KiB | {idle} |")
    print(f"| message, {n_talking} connections, {N_ACTIVE_ROOMS} rooms active | {talk} |")
    print(f"\n{describe_load(loads)} All ends live in one process beside it.")


async def _measure_idle(links: list[list[str]], count: int) -> str:
    paths = [path for room in links for path in room][:count]
    with _studio() as (pid, port):
        # Whatever is loaded with the first of them is not of any of them.
        ends = await _connect(paths[:40], port, [])
        await asyncio.sleep(SETTLE_S)
        before_kib = _rss_kib(pid)
        began_s = time.perf_counter()
        ends += await _connect(paths[40:], port, [])
        took_s = time.perf_counter() - began_s
        await asyncio.sleep(SETTLE_S)
        gone = sum(end.is_closed for end in ends)
        each_kib = (_rss_kib(pid) - before_kib) / (count - 40)
    return f"{each_kib:.1f} KiB each (all {count} in after {took_s:.0f} s, {gone} lost)"


async def _measure_talk(links: list[list[str]], for_s: float) -> str:
    delays_s: list[float] = []
    with _studio() as (pid, port):
        rooms = [await _connect(room, port, delays_s) for room in links]
        before_s = _cpu_s(pid)
        talking = [asyncio.create_task(_talk(rooms[at], at, for_s)) for at in range(N_ACTIVE_ROOMS)]
        sent = sum(await asyncio.gather(*talking))
        await asyncio.sleep(1)
        cpu_ms = 1000 * (_cpu_s(pid) - before_s) / sent
    assert len(delays_s) == 4 * sent, f"{len(delays_s)} of {4 * sent} arrived"
    p50, p95, p99 = (1000 * statistics.quantiles(delays_s, n=100)[at] for at in (49, 94, 98))
    told = f"{sent} chats, each told to four: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"
    return f"p50 <= 15 ms | {told}; {cpu_ms:.2f} ms of CPU a chat"


async def _talk(room: list[End], at: int, for_s: float) -> int:
    """Speak in turn, evenly and at another moment than the other rooms; return how often."""
    await asyncio.sleep(at / N_ACTIVE_ROOMS / MESSAGES_PER_S)
    n_messages = round(for_s * MESSAGES_PER_S)
    for number in range(n_messages):
        room[number % len(room)].chat()
        await asyncio.sleep(1 / MESSAGES_PER_S)
    return n_messages


async def _connect(paths: list[str], port: int, delays_s: list[float]) -> list[End]:
    """Come in by each link; return once the server has greeted all."""
    turns = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()

    async def come_in(number: int, path: str) -> End:
        async with turns:
            _, end = await loop.create_connection(
                lambda: End(path, delays_s),
                "127.0.0.1",
                port,
                local_addr=(SOURCES[number % len(SOURCES)], 0),
            )
            await end.is_welcome
            return end

    return await asyncio.gather(*(come_in(*each) for each in enumerate(paths)))


def _fill(n_rooms: int) -> list[list[str]]:
    """Make a studio with people who agreed; return the paths of their live channels, by room."""
    shutil.rmtree(WORK, ignore_errors=True)
    command = [sys.executable, "-m", "candid", "serve", "--prepare"]
    subprocess.run(command, env=_environment(), check=True, stdout=subprocess.DEVNULL)
    fill = [sys.executable, str(FILL), str(n_rooms)]
    told = subprocess.run(fill, env=_environment(), check=True, stdout=subprocess.PIPE).stdout
    return list(json.loads(told))


def _environment() -> dict[str, str]:
    here = os.environ.items()  # noqa: TID251 - a program of its own
    own = {name: value for name, value in here if not name.startswith("CANDID_")}
    return own | {"CANDID_HOME": str(WORK), "DJANGO_SETTINGS_MODULE": "candid.site.settings"}


@contextmanager
def _studio() -> Iterator[tuple[int, int]]:
    """Run the studio; yield its process and its port."""
    command = [sys.executable, "-m", "candid", "serve", "--port", "0", "--json"]
    server = subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        document = ""
        while not document.endswith("\n}\n"):
            document += server.stdout.readline()
        address = json.loads(document)["addresses"][0]["address"]
        port = urlsplit(address).port
        assert port is not None
        yield server.pid, port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=120)


def _rss_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def _cpu_s(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _raise_limit(n_files: int) -> None:
    """Let this process and its children open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < n_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n_files, max(hard, n_files)))


if __name__ == "__main__":
    main()
