"""From one microphone to its words, chunk by chunk, so that a long take can be taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from candid.engine.timebase import Interval
from candid.engine.transcript.activity import STEP_S, Envelope, measure_envelope
from candid.engine.transcript.own_voice import mute
from candid.engine.transcript.sound import (
    SPEECH_RATE_HZ,
    Samples,
    Sound,
    duration_s,
    read_speech,
)
from candid.engine.transcript.windows import HeardWord, pack_windows
from candid.engine.transcript.words import Word


class Recogniser(Protocol):
    """What turns sound into words: whisper.WhisperRecogniser, or a stand-in for it."""

    name: str

    def speech(self, samples: Samples) -> tuple[Interval, ...]:
        """Return where somebody speaks in `samples` (16 kHz)."""
        ...

    def detect_language(self, samples: Samples) -> str:
        """Return the code of the language spoken in `samples`."""
        ...

    def recognise(self, samples: Samples, language: str) -> tuple[HeardWord, ...]:
        """Return the words of one window of speech, at most 30 s."""
        ...


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose words they are, and from which take."""

    participant_id: str
    take_id: str


@dataclass(frozen=True, slots=True)
class TranscriptionOptions:
    """How a take is worked through.

    A chunk is `shortest_chunk_s` to `longest_chunk_s` long and ends in the quietest
    `quiet_s` between these. A word less probable than `unsure_below` is flagged.
    """

    language: str | None = None
    shortest_chunk_s: float = 90.0
    longest_chunk_s: float = 150.0
    quiet_s: float = 0.3
    unsure_below: float = 0.4


@dataclass(frozen=True, slots=True)
class Chunk:
    """The words of one stretch of a take, in `track_s`, in order.

    `language` is None where nobody spoke up to here.
    """

    interval: Interval
    words: tuple[Word, ...]
    language: str | None


def transcribe(
    sound: Sound,
    recogniser: Recogniser,
    speaker: Speaker,
    options: TranscriptionOptions | None = None,
    *,
    foreign: Sequence[Interval] = (),
    start_s: float = 0.0,
) -> Iterator[Chunk]:
    """Yield the words of a microphone in chunks, from `start_s` (`track_s`) to its end.

    `foreign` (`track_s`) is where the microphone carries other people's voices
    (own_voice.py): it is silenced before anything listens.

    To take up again after chunks that are done, give the end of the last one as
    `start_s` and its language in `options`; the result is the same as in one go. Memory
    is bounded by one chunk.
    """
    options = options or TranscriptionOptions()
    language = options.language
    end_s = duration_s(sound)
    while start_s < end_s:
        samples = read_speech(sound, start_s, min(end_s, start_s + options.longest_chunk_s))
        local = [Interval(f.start_s - start_s, f.end_s - start_s) for f in foreign]
        mute(samples, local, SPEECH_RATE_HZ)
        envelope = measure_envelope(samples)
        if len(samples) / SPEECH_RATE_HZ < end_s - start_s - 1e-6:
            cut = _quiet_step(envelope, options)
            samples = samples[: round(cut * STEP_S * SPEECH_RATE_HZ)]
        length_s = len(samples) / SPEECH_RATE_HZ
        speech = recogniser.speech(samples)
        if speech and language is None:
            first = pack_windows(speech)[0]
            language = recogniser.detect_language(first.gather(samples))
        heard = _recognise(samples, speech, recogniser, language) if language else ()
        words = tuple(_word(each, speaker, start_s, options) for each in heard)
        yield Chunk(Interval(start_s, min(end_s, start_s + length_s)), words, language)
        start_s += length_s


def _quiet_step(envelope: Envelope, options: TranscriptionOptions) -> int:
    """Return the frame in the middle of the quietest stretch that a chunk may end in."""
    first = round(options.shortest_chunk_s / STEP_S)
    width = max(1, round(options.quiet_s / STEP_S))
    power: NDArray[np.float64] = 10 ** (envelope.level_db[first:].astype(np.float64) / 10)
    total = np.concatenate(([0.0], np.cumsum(power)))
    return first + int(np.argmin(total[width:] - total[:-width])) + width // 2


def _recognise(
    samples: Samples, speech: tuple[Interval, ...], recogniser: Recogniser, language: str
) -> tuple[HeardWord, ...]:
    return tuple(
        window.place(word)
        for window in pack_windows(speech)
        for word in recogniser.recognise(window.gather(samples), language)
    )


def _word(
    heard: HeardWord, speaker: Speaker, start_s: float, options: TranscriptionOptions
) -> Word:
    interval = Interval(start_s + heard.interval.start_s, start_s + heard.interval.end_s)
    return Word(
        word_id=f"{speaker.take_id}-w{round(interval.start_s * 1000):08d}",
        participant_id=speaker.participant_id,
        take_id=speaker.take_id,
        text=heard.text,
        interval=interval,
        probability=round(heard.probability, 3),
        flags=("unsure",) if heard.probability < options.unsure_below else (),
    )
