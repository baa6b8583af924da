"""Words, sounds and a scripted recogniser for the tests of the transcript room."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av
import numpy as np

from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval
from candid.engine.transcript.models import find_model
from candid.engine.transcript.sound import SPEECH_RATE_HZ, Samples
from candid.engine.transcript.whisper import WhisperRecogniser, load_recogniser
from candid.engine.transcript.windows import HeardWord
from candid.engine.transcript.words import Word

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample" / "speech-rosa.flac"


def word(text: str, start_s: float, end_s: float, who: str = "rosa") -> Word:
    return Word(f"{who}-w{round(start_s * 1000):08d}", who, who, text, Interval(start_s, end_s))


def spoken(
    text: str, start_s: float = 0.0, who: str = "rosa", chars_per_s: float = 14.0
) -> list[Word]:
    """Words one after another, each as long as its letters at this speed."""
    words = []
    for each in text.split():
        end_s = start_s + (len(each) + 1) / chars_per_s
        words.append(word(each, round(start_s, 3), round(end_s, 3), who))
        start_s = end_s
    return words


def noise(duration_s: float, level_db: float, seed: int = 0) -> Samples:
    """Noise of this RMS level in dB re full scale, at 16 kHz."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * SPEECH_RATE_HZ)
    return (rng.standard_normal(n) * 10 ** (level_db / 20)).astype(np.float32)


def bursts(
    duration_s: float, loud: Sequence[tuple[float, float]], level_db: float = -20.0, seed: int = 0
) -> Samples:
    """A quiet room (-70 dB) with bursts of noise as loud as a voice, `loud` in seconds."""
    samples = noise(duration_s, -70.0, seed + 1000)
    voice = noise(duration_s, level_db, seed)
    for start_s, end_s in loud:
        here = slice(round(start_s * SPEECH_RATE_HZ), round(end_s * SPEECH_RATE_HZ))
        samples[here] += voice[here]
    return samples


@dataclass
class ScriptedRecogniser:
    """Hears a word in each burst: `b0`, `b1` ... by its place in the window."""

    name: str = "scripted"
    onset_lag_s: float = 0.0
    windows: list[Samples] = field(default_factory=list)

    def check_language(self, language: str) -> None:
        if language != "en":
            raise BadInputError("language", f"{language!r} is unknown")

    def speech(self, samples: Samples) -> tuple[Interval, ...]:
        loud = np.abs(samples[: len(samples) // 160 * 160]).reshape(-1, 160).max(axis=1) > 0.02
        edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return tuple(Interval(first * 0.01, last * 0.01) for first, last in pairs)

    def detect_language(self, samples: Samples) -> str:
        return "en" if len(samples) else "xx"

    def recognise(self, samples: Samples, language: str) -> tuple[HeardWord, ...]:
        assert language == "en"
        self.windows.append(samples)
        step_s = 0.2
        times = np.arange(0.0, len(samples) / SPEECH_RATE_HZ - 0.01, step_s)
        return tuple(
            HeardWord(f"b{at}", Interval(t, t + step_s), 0.9) for at, t in enumerate(times)
        )


@cache
def tiny() -> WhisperRecogniser:
    return load_recogniser(find_model("tiny.en"))


def decode(path: Path, seconds: float) -> tuple[Samples, int]:
    """The first seconds of a file of packed samples, mixed to one channel, and its rate."""
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        parts, n = [], 0
        for frame in source.decode(stream):
            parts.append(frame.to_ndarray().reshape(-1, stream.channels))
            n += frame.samples
            if n >= seconds * stream.rate:
                break
    samples = np.concatenate(parts)[: round(seconds * stream.rate)]
    full_scale = 2.0 ** (8 * samples.dtype.itemsize - 1)
    return (samples.mean(axis=1) / full_scale).astype(np.float32), stream.rate
