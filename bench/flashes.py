"""Two browsers in one call whose cameras flash while their microphones beep: is the film in sync?

Each fake camera shows a flash of its own colour, each fake microphone a beep of its own pitch.
Browsers start the two apart and loop each by itself, so what happened together is not what was
meant: a script in each page notes when every flash and every beep reached it, and that is
the truth against which the finished film is read.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Playwright, sync_playwright

from bench.lips import decoded_sound
from tests.browser.journey import Guest, be_recorded, guest, meet
from tests.browser.pages import CHROMIUM, FLAGS
from tests.browser.studio import running_studio

Floats = NDArray[np.float64]

WORK = Path("build/bench/flashes")
LISTENER = Path(__file__).with_name("flashes.js")
FILE_RATE_HZ = 44_100  # of Chromium's fake microphone
RATE_HZ = 48_000
FPS = 30
WIDTH_PX, HEIGHT_PX = 320, 180
LONG_S = 0.1
# Uneven, so that a row of them fits in one place alone.
AT_S = (0.5, 1.7, 3.2, 4.1, 5.9, 7.0, 8.6, 9.6)
LOOP_S = 11
SEARCH_S = 0.15
GREY = (60, 128, 128)


@dataclass(frozen=True)
class Person:
    """Who flashes in which colour (Y, U, V) and beeps at which pitch."""

    name: str
    colour: tuple[int, int, int]
    plane: int
    pitch_hz: float


PEOPLE = (Person("Rosa", (82, 90, 240), 2, 1000.0), Person("Daniel", (41, 240, 110), 1, 1700.0))


@dataclass(frozen=True)
class Seen:
    """When a person's flashes and beeps came, in seconds of one clock.

    `late_s` is how much later than the steadiest of them each picture and each beep arrived.
    """

    flashes_s: Floats
    beeps_s: Floats
    late_s: Floats

    def steadied(self) -> Seen:
        """Return the same as though all had come as quickly as the quickest of its kind."""
        n_pictures = len(self.flashes_s)
        flashes_s = self.flashes_s - self.late_s[:n_pictures]
        return Seen(flashes_s, self.beeps_s - self.late_s[n_pictures:], np.zeros_like(self.late_s))


def write_picture(path: Path, person: Person) -> Path:
    """Write grey that flashes, as the file that plays a camera."""
    flashing = {round(at * FPS) + step for at in AT_S for step in range(round(LONG_S * FPS))}
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH_PX} H{HEIGHT_PX} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(LOOP_S * FPS):
            y, u, v = person.colour if number in flashing else GREY
            n_pixels = WIDTH_PX * HEIGHT_PX
            file.write(b"FRAME\n" + bytes([y]) * n_pixels)
            file.write(bytes([u]) * (n_pixels // 4) + bytes([v]) * (n_pixels // 4))
    return path


def write_sound(path: Path, person: Person) -> Path:
    """Write silence that beeps, as the file that plays a microphone."""
    samples = np.zeros(LOOP_S * FILE_RATE_HZ)
    length = round(LONG_S * FILE_RATE_HZ)
    tone = 0.3 * np.sin(2 * np.pi * person.pitch_hz * np.arange(length) / FILE_RATE_HZ)
    for at in AT_S:
        start = round(at * FILE_RATE_HZ)
        samples[start : start + length] = tone
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(FILE_RATE_HZ)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@contextmanager
def at_their_browser(playwright: Playwright, person: Person, link: str) -> Iterator[Guest]:
    """Give somebody a browser with this camera and microphone, and the listener in every page."""
    sound = write_sound(WORK / f"{person.name}.wav", person)
    picture = write_picture(WORK / f"{person.name}.y4m", person)
    flags = [
        *FLAGS,
        "--allow-loopback-in-peer-connection",
        f"--use-file-for-fake-audio-capture={sound}",
        f"--use-file-for-fake-video-capture={picture}",
    ]
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
    with guest(browser, link, person.name, bypass_csp=True) as arrived:
        arrived.page.add_init_script(path=LISTENER)
        yield arrived
    browser.close()


def hold_call(seconds: float) -> tuple[list[Path], dict[str, Seen]]:
    """Let the two talk for a while; return their takes and what each page noted."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        studio = stack.enter_context(running_studio(WORK / "home"))
        guests = [
            stack.enter_context(at_their_browser(playwright, person, studio.links[person.name]))
            for person in PEOPLE
        ]
        meet(*guests)
        be_recorded(*guests)
        guests[0].page.wait_for_timeout(seconds * 1000)
        seen = {one.name: truth(one.page.evaluate("candidNoted")) for one in guests}
        for one in guests:
            one.hang_up()
            one.see("You may close this page.")
        return studio.takes(), seen


def truth(noted: dict[str, list[list[float]]]) -> Seen:
    """Return when flashes and beeps began, from what a page noted.

    `picture` is [arrival in ms, redness or blueness, when it was captured in ms] a frame; `sound`
    is [arrival in ms of the block, place of the first loud sample before its end in s, when the
    block was captured in ms] a beep.
    """
    times_ms, colour, stamps_ms = np.asarray(noted["picture"]).T
    begins = np.flatnonzero((colour[1:] > 60) & (colour[:-1] <= 60)) + 1
    late_ms = (times_ms - stamps_ms - (times_ms - stamps_ms).min())[begins]
    beeps = np.asarray(noted["sound"])
    waits_ms = beeps[:, 0] - beeps[:, 2]
    late_s = np.concatenate([late_ms, waits_ms - waits_ms.min()]) / 1000
    return Seen(times_ms[begins] / 1000, beeps[:, 0] / 1000 - beeps[:, 1], late_s)


def film(takes: list[Path]) -> Path:
    """Make the film as anybody would."""
    shutil.rmtree(WORK / "film", ignore_errors=True)
    command = [sys.executable, "-m", "candid", "film", *map(str, takes)]
    command += ["-o", str(WORK / "film"), "--draft", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return WORK / "film" / "film.mp4"


def flashes_of(path: Path) -> list[Floats]:
    """Return for each person when a frame shows their colour first."""
    times, colours = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            times.append(float(frame.time or 0.0))
            colours.append([_mean(frame, person.plane) for person in PEOPLE])
    found = []
    for column in np.asarray(colours).T:
        level = (column.min() + column.max()) / 2
        begins = np.flatnonzero((column[1:] > level) & (column[:-1] <= level)) + 1
        found.append(np.asarray(times)[begins])
    return found


def _mean(frame: av.VideoFrame, plane: int) -> float:
    return float(np.frombuffer(memoryview(frame.planes[plane]), np.uint8).mean())


def beeps_of(sound: Floats, pitch_hz: float) -> Floats:
    """Return when a person's beeps begin: where the power at their pitch is at half, less a half.

    A window of 10 ms smears both edges alike; the middle between the two is sharp.
    """
    turning = sound * np.exp(-2j * np.pi * pitch_hz * np.arange(len(sound)) / RATE_HZ)
    size = RATE_HZ // 100
    power = np.abs(np.convolve(turning, np.ones(size) / size, mode="same"))
    is_loud = power > power.max() / 2
    ups = np.flatnonzero(is_loud[1:] & ~is_loud[:-1]) + 1
    downs = np.flatnonzero(~is_loud[1:] & is_loud[:-1]) + 1
    downs = downs[downs > ups[0]]
    pairs = [
        (up, down) for up, down in zip(ups, downs, strict=False) if _is_long(int(up), int(down))
    ]
    return np.array([(up + down) / 2 / RATE_HZ - LONG_S / 2 for up, down in pairs])


def _is_long(up: int, down: int) -> bool:
    return abs((down - up) / RATE_HZ - LONG_S) < 0.02


def matched(film_s: Floats, true_s: Floats, shift_s: float) -> Floats:
    """Return [film time, true time] of what lies together when the truth is moved."""
    pairs = []
    for at in film_s:
        nearest = true_s[np.argmin(np.abs(true_s + shift_s - at))]
        if abs(nearest + shift_s - at) < SEARCH_S:
            pairs.append((at, nearest))
    return np.asarray(pairs).reshape(-1, 2)


def shift_between(film_s: Floats, true_s: Floats) -> float:
    """Return what to add to true times to meet most film times."""
    shifts = (film_s[:, None] - true_s[None, :]).ravel()
    met = [len(matched(film_s, true_s, shift)) for shift in shifts]
    return float(np.median(shifts[np.asarray(met) == max(met)]))


def rows(path: Path, seen: dict[str, Seen]) -> list[tuple[str, str, str]]:
    """Compare the film with what was noted, and with that without what came late to the script."""
    sound, flashes = decoded_sound(path), flashes_of(path)
    beeps = [beeps_of(sound, person.pitch_hz) for person in PEOPLE]
    steady = {name: one.steadied() for name, one in seen.items()}
    late = [
        (f"{name}: what came late to the script itself", "", _told(one.late_s))
        for name, one in seen.items()
    ]
    again = [
        (f"{what}; late arrivals set right", bar, told)
        for what, bar, told in compare(flashes, beeps, steady)
        if bar
    ]
    return [*compare(flashes, beeps, seen), *late, *again]


def compare(
    flashes: list[Floats], beeps: list[Floats], seen: dict[str, Seen]
) -> list[tuple[str, str, str]]:
    """Return the rows of a film's flashes and beeps against one truth."""
    shift_s = shift_between(beeps[0], seen[PEOPLE[0].name].beeps_s)
    table, late = [], []
    for person, shown, heard in zip(PEOPLE, flashes, beeps, strict=True):
        true = seen[person.name]
        sounds = matched(heard, true.beeps_s, shift_s)
        pictures = matched(shown, true.flashes_s, shift_s)
        sound_late = sounds[:, 0] - sounds[:, 1] - shift_s
        late.append((sounds[:, 0], sound_late))
        picture_late = pictures[:, 0] - pictures[:, 1] - shift_s
        beside = np.interp(pictures[:, 0], sounds[:, 0], sound_late)
        table.append(
            (f"{person.name}: picture later than sound", "<= 20 ms", _told(picture_late - beside))
        )
        counts = f"{len(pictures)} of {len(shown)} flashes, {len(sounds)} of {len(heard)} beeps"
        table.append((f"{person.name}: found in the film and in the truth", "", counts))
    (first_s, first), (second_s, second) = late
    apart = np.interp(first_s, second_s, second) - first
    table.append(("one speaker later than the other", "<= 10 ms", _told(apart)))
    return table


def _told(errors_s: Floats) -> str:
    low, middle, high = (1000 * np.percentile(errors_s, part) for part in (5, 50, 95))
    worst = 1000 * np.abs(errors_s).max()
    return f"median {middle:+.1f} ms, 5 % {low:+.1f}, 95 % {high:+.1f}, largest {worst:.1f}"


def main() -> None:
    """Hold the call, make the film, print the rows as a Markdown table."""
    seconds = 20.0 if "--quick" in sys.argv else 60.0
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    takes, seen = hold_call(seconds)
    path = film(takes)
    print("| what | bar | measured |\n| --- | --- | --- |")
    for row in rows(path, seen):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
