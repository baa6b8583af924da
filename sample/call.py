"""The script and its speech, and the call that they make in true time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from sample import sound
from sample.clocks import Recorder
from sample.sound import Grid

HERE = Path(__file__).resolve().parent
SUMS_NAME = "SHA256SUMS"


class ShippedFileError(Exception):
    """A shipped file is missing or is not the one whose hash was shipped."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word in true time; the times are the synthesiser's."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's turn: where it lies in true time and in the person's speech file."""

    turn_id: str
    speaker: str
    text: str
    start_s: float
    first_sample: int
    n_samples: int
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """The conversation, as far as it is built."""

    duration_s: float
    rate_hz: int
    speech: dict[str, str]
    turns: tuple[Turn, ...]


def check_shipped(folder: Path = HERE) -> None:
    """Compare the shipped files with their hashes; raises ShippedFileError."""
    for line in (folder / SUMS_NAME).read_text(encoding="utf-8").splitlines():
        expected, name = line.split(maxsplit=1)
        path = folder / name
        if not path.is_file():
            raise ShippedFileError(f"sample/{name} is missing; get it again from the repository")
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise ShippedFileError(
                f"sample/{name} is not the file that was shipped (SHA-256 differs); get it again"
            )


def read_script(seconds: float | None = None, folder: Path = HERE) -> Script:
    """Read the script; with `seconds`, only the turns that are over by then."""
    document = json.loads((folder / "script.json").read_text(encoding="utf-8"))
    rate_hz = int(document["rate_hz"])
    turns = tuple(_turn(each) for each in document["turns"])
    duration_s = float(document["duration_s"])
    if seconds is not None:
        duration_s = min(duration_s, seconds)
        turns = tuple(
            turn for turn in turns if turn.start_s + turn.n_samples / rate_hz < duration_s
        )
    speech = {name: each["speech"] for name, each in document["speakers"].items()}
    return Script(duration_s, rate_hz, speech, turns)


def _turn(document: dict[str, Any]) -> Turn:
    start_s = float(document["start_s"])
    words = tuple(
        Word(each["text"], start_s + each["start_s"], start_s + each["end_s"])
        for each in document["words"]
    )
    return Turn(
        turn_id=document["id"],
        speaker=document["speaker"],
        text=document["text"],
        start_s=start_s,
        first_sample=int(document["first_sample"]),
        n_samples=int(document["samples"]),
        words=words,
    )


def read_speech(path: Path) -> NDArray[np.float32]:
    """Decode a mono FLAC file to float32 [shape=(n,)], full scale 1."""
    with av.open(str(path)) as source:
        frames = [frame.to_ndarray().ravel() for frame in source.decode(audio=0)]
    return np.concatenate(frames, dtype=np.float32) / np.float32(32768)


def voice_on(grid: Grid, script: Script, name: str, folder: Path = HERE) -> NDArray[np.float32]:
    """Place a person's turns on the grid: the dry voice at 48 kHz."""
    speech = read_speech(folder / script.speech[name])
    voice = np.zeros(grid.n_samples, np.float32)
    for turn in script.turns:
        if turn.speaker != name:
            continue
        said = speech[turn.first_sample : turn.first_sample + turn.n_samples]
        said = signal.resample_poly(said, sound.RATE_HZ, script.rate_hz)
        at = round((turn.start_s - grid.start_s) * sound.RATE_HZ)
        room_left = max(0, len(voice) - at)
        voice[at : at + len(said)] += said[:room_left]
    return voice


@dataclass(frozen=True, slots=True)
class CallSound:
    """Per person, on the grid: the dry voice and what the microphone picks up."""

    grid: Grid
    dry: dict[str, NDArray[np.float32]]
    microphone: dict[str, NDArray[np.float32]]


def hold_call(script: Script, recorders: tuple[Recorder, Recorder]) -> CallSound:
    """Let the two speak: rooms, noise, and each voice leaking into the other's microphone."""
    grid = Grid(
        min(each.start_s for each in recorders) - 1.0,
        script.duration_s + max(each.extra_s for each in recorders) + 1.0,
    )
    dry = {each.name: voice_on(grid, script, each.name) for each in recorders}
    wet = {each.name: sound.voice_in_room(dry[each.name], each.room) for each in recorders}
    microphone = {}
    for me, peer in (recorders, recorders[::-1]):
        heard = at_the_ear(wet[peer.name], grid, me)
        picked_up = sound.bleed(heard, me.room)
        picked_up += wet[me.name]
        picked_up += sound.room_noise(grid.n_samples, me.room)
        microphone[me.name] = picked_up
    return CallSound(grid, dry, microphone)


def at_the_ear(sent: NDArray[np.float32], grid: Grid, listener: Recorder) -> NDArray[np.float32]:
    """Return what was sent as it arrives at the listener, on the grid: late and with losses."""

    def left_at_s(sample: NDArray[np.float64]) -> NDArray[np.float64]:
        now_s = grid.start_s + sample / sound.RATE_HZ
        return np.asarray(now_s - listener.path_in.delay_s(now_s))

    heard = sound.sampled(sent, grid, grid.n_samples, left_at_s)
    losses = [
        (round((at_s - grid.start_s) * sound.RATE_HZ), round(length_s * sound.RATE_HZ))
        for at_s, length_s in listener.path_in.losses
    ]
    sound.conceal(heard, losses)
    return heard
