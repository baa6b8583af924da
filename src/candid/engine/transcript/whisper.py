"""The recogniser: faster-whisper on the processor, always the same answer for the same sound.

The only module that imports faster_whisper. It hears 16 kHz samples that were decoded
elsewhere: the library's own decoder skips what it cannot read and slides the rest earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.vad import VadOptions, get_speech_timestamps

from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval
from candid.engine.transcript.models import ModelSource, unpacked
from candid.engine.transcript.sound import SPEECH_RATE_HZ, Samples
from candid.engine.transcript.windows import WINDOW_S, HeardWord

# By how much a model sets the starts of words too early (below 0: too late), in seconds: the
# median over speech whose word times are known from its synthesiser. A property of the heads
# whose attention its times come from, the same for each voice it was measured with.
_ONSET_LAG_S = {"base": 0.070, "tiny.en": -0.060}

# How much smaller zlib makes a text that loops; the library's own threshold.
_LOOPING_RATIO = 2.4


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How the recogniser works.

    `n_threads` processor threads (>= 1); `beam_size` hypotheses kept (>= 1). Voice
    activity: a stretch of speech ends after `pause_s` of silence and keeps `margin_s` of
    sound on either side.
    """

    n_threads: int = 2
    beam_size: int = 5
    pause_s: float = 0.5
    margin_s: float = 0.2


class WhisperRecogniser:
    """A loaded model that turns sound into words. Made by `load_recogniser`."""

    def __init__(self, model: WhisperModel, name: str, options: WhisperOptions) -> None:
        self._model = model
        self._options = options
        self.name = name
        self.onset_lag_s = _ONSET_LAG_S.get(name, 0.0)

    def speech(self, samples: Samples) -> tuple[Interval, ...]:
        """Return where somebody speaks in `samples` (16 kHz), in seconds (Silero VAD)."""
        options = VadOptions(
            min_silence_duration_ms=round(self._options.pause_s * 1000),
            speech_pad_ms=round(self._options.margin_s * 1000),
            max_speech_duration_s=WINDOW_S,
        )
        found = get_speech_timestamps(samples, options, SPEECH_RATE_HZ)
        return tuple(
            Interval(each["start"] / SPEECH_RATE_HZ, each["end"] / SPEECH_RATE_HZ) for each in found
        )

    def detect_language(self, samples: Samples) -> str:
        """Return the language of the first 30 s of `samples` as a code such as `en`."""
        if not self._model.model.is_multilingual:
            return "en"
        return str(self._model.detect_language(samples)[0])

    def check_language(self, language: str) -> None:
        """Raise BadInputError where the model does not know a language code."""
        known = self._model.supported_languages
        if language not in known:
            raise BadInputError("language", f"{language!r} is unknown to the model {self.name}")

    def recognise(self, samples: Samples, language: str) -> tuple[HeardWord, ...]:
        """Return the words of one window of speech (16 kHz, at most 30 s), in order.

        Nothing is drawn by chance: temperature 0, and no window depends on another's text.
        A text that repeats itself as no one speaks is a loop of the recogniser: the window
        is heard once more with repetitions of four tokens forbidden.
        """
        segments = self._segments(samples, language, no_repeat_ngram_size=0)
        if any(segment.compression_ratio > _LOOPING_RATIO for segment in segments):
            segments = self._segments(samples, language, no_repeat_ngram_size=4)
        words = [word for segment in segments for word in segment.words or ()]
        return tuple(_heard(word) for word in words if word.word.strip())

    def _segments(self, samples: Samples, language: str, *, no_repeat_ngram_size: int) -> list[Any]:
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=self._options.beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            no_repeat_ngram_size=no_repeat_ngram_size,
        )
        return list(segments)


def load_recogniser(
    source: ModelSource, options: WhisperOptions | None = None
) -> WhisperRecogniser:
    """Load a model with 8-bit integer arithmetic, after checking its weights.

    Raises BadInputError where the weights are not the known ones or do not load.
    """
    options = options or WhisperOptions()
    with unpacked(source) as folder:
        try:
            loaded = WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=options.n_threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError) as error:
            what = f"does not load as a speech model ({error})"
            raise BadInputError(source.folder, what) from error
    return WhisperRecogniser(loaded, source.name, options)


def _heard(word: Any) -> HeardWord:
    start_s, end_s = float(word.start), float(word.end)
    probability = float(np.clip(word.probability, 0.0, 1.0))
    text = "".join(word.word.split())
    return HeardWord(text, Interval(start_s, max(start_s, end_s)), probability)
