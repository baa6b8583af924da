"""Programs that the studio needs beside itself: started, watched, started again, ended with it."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

logger = logging.getLogger("candid.children")

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
# One that held for so long may fall over as if for the first time.
_STEADY_AFTER_S = 60.0
_GRACE_S = 3.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """One program, kept running until it is stopped; it dies with this process, however that ends.

    `what` names it in what is reported. Its own output goes nowhere.
    """

    def __init__(self, what: str, command: Sequence[str]) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self._what = what
        self._command = command

    async def keep_running(self) -> None:
        """Run it, again and again, until cancelled; wait twice as long after each early end."""
        wait_s = _FIRST_WAIT_S
        while True:
            began = time.monotonic()
            ended = await self._run()
            if time.monotonic() - began >= _STEADY_AFTER_S:
                wait_s = _FIRST_WAIT_S
            logger.warning("%s %s; starting it again in %.0f s", self._what, ended, wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def _run(self) -> str:
        try:
            self.process = await _start(self._command)
        except OSError as error:
            return f"cannot be started ({error.strerror})"
        try:
            return f"ended by itself (code {await self.process.wait()})"
        except asyncio.CancelledError:
            await _end(self.process)
            raise


async def _start(command: Sequence[str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        # Ctrl-C on the terminal is for the studio, which ends its children itself.
        start_new_session=True,
        preexec_fn=_make_mortal(os.getpid()),
    )


def _make_mortal(parent: int) -> Callable[[], None]:
    """Return what a new child does first: ask the system to be killed when its parent is gone."""

    def make_mortal() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before that
            os._exit(1)

    return make_mortal


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _GRACE_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
