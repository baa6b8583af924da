"""From one microphone to its words, chunk by chunk, so that a long take can be taken up again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from candid.engine.timebase import Interval
from candid.engine.transcript.activity import STEP_S, STEP_SAMPLES, Envelope, measure_envelope
from candid.engine.transcript.edges import EdgedWord, snap_edges
from candid.engine.transcript.own_voice import mute
from candid.engine.transcript.sound import (
    SPEECH_RATE_HZ,
    Samples,
    Sound,
    duration_s,
    read_speech,
)
from candid.engine.transcript.windows import HeardWord, pack_windows
from candid.engine.transcript.words import Word, WordFlag


class Recogniser(Protocol):
    """What turns sound into words: whisper.WhisperRecogniser, or a stand-in for it."""

    name: str
    onset_lag_s: float

    def check_language(self, language: str) -> None:
        """Raise BadInputError where it does not know a language."""
        ...

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
    is bounded by one chunk. Raises BadInputError where the model does not know the language.
    """
    options = options or TranscriptionOptions()
    language = options.language
    if language is not None:
        recogniser.check_language(language)
    # Positions are whole frames of an envelope, so that chunks meet without a rounding.
    at, end = round(start_s / STEP_S), math.ceil(duration_s(sound) / STEP_S - 1e-6)
    while at < end:
        samples = _chunk_samples(sound, at, end, foreign, options)
        speech = recogniser.speech(samples)
        if speech and language is None:
            language = recogniser.detect_language(pack_windows(speech)[0].gather(samples))
        heard = _recognise(samples, speech, recogniser, language) if language else ()
        edged = snap_edges(heard, samples, measure_envelope(samples), recogniser.onset_lag_s)
        words = tuple(_word(each, speaker, at * STEP_S, options) for each in edged)
        after = at + len(samples) // STEP_SAMPLES
        after_s = after * STEP_S if after < end else duration_s(sound)
        yield Chunk(Interval(at * STEP_S, after_s), words, language)
        at = after


def _chunk_samples(
    sound: Sound, at: int, end: int, foreign: Sequence[Interval], options: TranscriptionOptions
) -> Samples:
    """Return the sound of the chunk that begins at frame `at`, a whole number of frames."""
    start_s, last = at * STEP_S, min(end, at + round(options.longest_chunk_s / STEP_S))
    samples = read_speech(sound, start_s, last * STEP_S)
    mute(samples, [_moved(each, -start_s) for each in foreign], SPEECH_RATE_HZ)
    if last < end:
        samples = samples[: _quiet_step(measure_envelope(samples), options) * STEP_SAMPLES]
    return samples


def _moved(interval: Interval, by_s: float) -> Interval:
    return Interval(interval.start_s + by_s, interval.end_s + by_s)


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
    edged: EdgedWord, speaker: Speaker, start_s: float, options: TranscriptionOptions
) -> Word:
    """Return a word on the track's clock, to the millisecond; its start makes its id."""
    start_ms = round(1000 * (start_s + edged.interval.start_s))
    end_ms = max(start_ms, round(1000 * (start_s + edged.interval.end_s)))
    flags: tuple[WordFlag, ...] = ("over_silence",) if edged.is_over_silence else ()
    if edged.probability < options.unsure_below:
        flags += ("unsure",)
    return Word(
        word_id=f"{speaker.take_id}-w{start_ms:08d}",
        participant_id=speaker.participant_id,
        take_id=speaker.take_id,
        text=edged.text,
        interval=Interval(start_ms / 1000, end_ms / 1000),
        probability=round(edged.probability, 3),
        flags=flags,
    )
