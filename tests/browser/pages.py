"""A small real server for a browser: the modules as they are, one page, and the ingest."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, Playwright
from playwright.sync_api import Error as PlaywrightError

from candid.site.recording.places import PREFIX
from tests.site.recording.material import Studio, take_folder

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "src" / "candid" / "browser"
CHROMIUM = Path("/usr/bin/chromium")
RATE_HZ = 48_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


class PageServer:
    """Serves the page and a studio's ingest; while `is_away`, the ingest only fails.

    Of fragments so many as `n_answered_alone` are taken, and no more until two come at once.
    """

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.url = ""
        self.is_away = False
        self.n_answers_lost = 0
        self.failed = threading.Event()
        self.manifested = threading.Event()
        self.n_fragments = 0
        self.puts: list[str] = []
        self.n_at_once = self.most_at_once = 0
        self.arrived = threading.Condition()
        self.n_answered_alone: int | None = None
        self.are_two = asyncio.Event()

    @property
    def folder(self) -> Path:
        """The one take that arrived."""
        (found,) = self.folders
        return found

    @property
    def folders(self) -> list[Path]:
        return sorted(take_folder(self.studio.root).parent.iterdir())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(PREFIX):
            await self._file(scope["path"], send)
        elif self.is_away:
            self.failed.set()
            await answer(send, 503, "text/plain", b"away")
        elif scope["method"] == "PUT" and self.n_answers_lost > 0:
            self.n_answers_lost -= 1
            await self.studio.receiver(scope, receive, unheard)
            await answer(send, 502, "text/plain", b"lost")
        else:
            self.n_at_once += 1
            self.most_at_once = max(self.most_at_once, self.n_at_once)
            await self._await_another()
            await self.studio.receiver(scope, receive, send)
            self.n_at_once -= 1
            self._count(scope)

    async def _await_another(self) -> None:
        if self.n_at_once > 1:
            self.are_two.set()
        if self.n_answered_alone is not None and self.n_fragments >= self.n_answered_alone:
            await self.are_two.wait()

    def _count(self, scope: Any) -> None:
        if scope["method"] != "PUT":
            return
        self.puts.append(scope["path"].rsplit("/", 1)[1])
        if scope["path"].endswith("/manifest"):
            self.manifested.set()
        with self.arrived:
            self.n_fragments += scope["path"].rsplit("/", 1)[1].isdigit()
            self.arrived.notify_all()

    def await_fragments(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: self.n_fragments >= count, timeout=120)

    async def _file(self, path: str, send: Any) -> None:
        path = "/page.html" if path == "/" else path
        base = BROWSER if path.startswith("/static/browser/") else Path(__file__).parent
        file = base / path.removeprefix("/static/browser/").lstrip("/")
        if not file.is_file():
            await answer(send, 404, "text/plain", b"")
            return
        kind = "text/javascript" if file.suffix == ".mjs" else mimetypes.guess_type(file.name)[0]
        await answer(send, 200, kind or "text/plain", file.read_bytes())


async def unheard(_message: Any) -> None:
    """Take an answer that never reaches the browser."""


async def answer(send: Any, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def alter(page: Page, module: str, change: Callable[[str], str]) -> None:
    """Give a page a module that differs from ours in one thing."""
    original = (BROWSER / module).read_text()
    script = change(original)
    assert script != original, f"{module} holds no such thing any more"
    page.route(
        f"**/{module}", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )


def break_writing(page: Page) -> None:
    """Let no track of a recording be written, until the route is taken away again."""
    opening = "export function readTimes(moof) {"
    broken = f"{opening} throw new Error('broken');"
    alter(page, "recorder/boxes.js", lambda script: script.replace(opening, broken))


@contextmanager
def served(studio: Studio) -> Iterator[PageServer]:
    pages = PageServer(studio)
    listening = socket.create_server(("127.0.0.1", 0))
    pages.url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    config = uvicorn.Config(pages, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([listening]),))
    thread.start()
    try:
        yield pages
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join()
        listening.close()
        studio.receiver.pool.shutdown()


def make_sound(path: Path, seconds: int = 4) -> Path:
    """Write a tone that rises, as the file that plays a microphone."""
    import wave

    at = np.arange(44_100 * seconds) / 44_100
    tone: NDArray[np.int16] = (np.sin(2 * np.pi * (300 + 40 * at) * at) * 9000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(tone.tobytes())
    return path


def make_picture(path: Path, n_frames: int = 60, width: int = 320, height: int = 240) -> Path:
    """Write a bar that wanders, as the file that plays a camera: 30 frames a second."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode())
        grey = np.full(width * height // 2, 128, dtype=np.uint8).tobytes()
        for number in range(n_frames):
            luma = np.full((height, width), 60, dtype=np.uint8)
            luma[:, number * width // n_frames :][:, :20] = 220
            file.write(b"FRAME\n" + luma.tobytes() + grey)
    return path


def _with_children(processes: list[int]) -> list[int]:
    found = list(processes)
    for process in found:
        for task in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


class Browser:
    """Chromium with a profile of its own, that may be killed and opened again."""

    def __init__(self, playwright: Playwright, folder: Path, *more_flags: str) -> None:
        self.playwright = playwright
        self.profile = folder / "profile"
        sound, picture = make_sound(folder / "voice.wav"), make_picture(folder / "camera.y4m")
        self.flags = [
            *FLAGS,
            *more_flags,
            f"--use-file-for-fake-audio-capture={sound}",
            f"--use-file-for-fake-video-capture={picture}",
        ]
        self.context = self._open()

    def _open(self) -> BrowserContext:
        context = self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=str(CHROMIUM),
            args=self.flags,
            headless=True,
            permissions=["camera", "microphone"],
        )
        context.set_default_timeout(120_000)
        return context

    def page(self, url: str) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: print("page:", error))  # noqa: T201
        page.on("console", lambda message: print("console:", message.text))  # noqa: T201
        page.goto(url)
        page.wait_for_function("window.isReady")
        return page

    def kill(self) -> None:
        """End the browser as a crash does: nothing of it has time to tidy up."""
        for process in self._processes():
            os.kill(process, signal.SIGKILL)
        with suppress(PlaywrightError):  # it may have noticed by itself that it is closed
            self.context.close()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Let all of it stand still, as on a computer whose lid was closed."""
        processes = _with_children(self._processes())
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def _processes(self) -> list[int]:
        numbered = [each for each in Path("/proc").iterdir() if each.name.isdigit()]
        return [int(each.name) for each in numbered if self._is_ours(each)]

    def _is_ours(self, process: Path) -> bool:
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        is_browser = not any(word.startswith(b"--type=") for word in words)
        return is_browser and f"--user-data-dir={self.profile}".encode() in words

    def reopen(self) -> None:
        (self.profile / "SingletonLock").unlink(missing_ok=True)
        self.context = self._open()
