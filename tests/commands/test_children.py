"""Programs that the studio starts beside itself: watched, started again, and gone with it."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from candid.commands import children
from candid.commands.children import Child

PATIENCE_S = 30


def is_alive(pid):
    try:
        with Path(f"/proc/{pid}/stat").open() as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(is_so):
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.02)


async def ended(task):
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_a_child_that_dies_is_reported_and_started_again(caplog, monkeypatch):
    monkeypatch.setattr(children, "_FIRST_WAIT_S", 0.05)

    async def watch():
        child = Child("the relay", ["sleep", "600"])
        task = asyncio.create_task(child.keep_running())
        await until(lambda: child.process)
        first = child.process
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: child.process is not first)
        second = child.process
        assert is_alive(second.pid)
        await ended(task)
        return first, second

    with caplog.at_level(logging.WARNING):
        first, second = asyncio.run(watch())
    assert not is_alive(first.pid)
    assert not is_alive(second.pid)
    [line] = caplog.messages
    assert line.startswith("the relay ended by itself (code -9); starting it again")


def test_one_that_always_fails_is_tried_ever_more_rarely(caplog, monkeypatch):
    monkeypatch.setattr(children, "_FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(children, "_LONGEST_WAIT_S", 0.04)

    async def watch():
        task = asyncio.create_task(Child("the relay", ["false"]).keep_running())
        await until(lambda: len(caplog.records) >= 5)
        await ended(task)

    with caplog.at_level(logging.WARNING):
        asyncio.run(watch())
    waits = [record.args[2] for record in caplog.records[:5]]
    assert waits == [0.01, 0.02, 0.04, 0.04, 0.04]


def test_one_that_is_not_installed_is_said_so(caplog):
    async def watch():
        task = asyncio.create_task(Child("the relay", ["/nowhere/turnserver"]).keep_running())
        await until(lambda: caplog.records)
        await ended(task)

    with caplog.at_level(logging.WARNING):
        asyncio.run(watch())
    assert "cannot be started (No such file or directory)" in caplog.text


def test_one_that_will_not_stop_is_killed(monkeypatch):
    monkeypatch.setattr(children, "_GRACE_S", 0.2)
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True)\n"

    async def watch():
        child = Child("it", [sys.executable, "-c", stubborn + "time.sleep(600)"])
        task = asyncio.create_task(child.keep_running())
        await until(lambda: child.process and ignores_sigterm(child.process.pid))
        await ended(task)
        return child.process.returncode

    assert asyncio.run(watch()) == -signal.SIGKILL


def ignores_sigterm(pid):
    with Path(f"/proc/{pid}/status").open() as file:
        [ignored] = [line.split()[1] for line in file if line.startswith("SigIgn")]
    return bool(int(ignored, 16) & 1 << (signal.SIGTERM - 1))


PARENT = """
import asyncio
from candid.commands.children import Child

async def main():
    child = Child("it", ["sleep", "600"])
    task = asyncio.create_task(child.keep_running())
    while child.process is None:
        await asyncio.sleep(0.01)
    print(child.process.pid, flush=True)
    await task

asyncio.run(main())
"""


def test_a_child_dies_with_a_parent_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    until_s = time.monotonic() + PATIENCE_S
    while is_alive(pid):
        assert time.monotonic() < until_s
        time.sleep(0.02)
