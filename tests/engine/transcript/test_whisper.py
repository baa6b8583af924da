import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from faster_whisper import WhisperModel

from candid.engine.errors import BadInputError
from candid.engine.transcript.sound import ArraySound
from candid.engine.transcript.transcription import Speaker, transcribe
from candid.engine.transcript.whisper import WhisperOptions, WhisperRecogniser
from candid.engine.transcript.words import Word
from tests.conftest import shared_address
from tests.engine.transcript.material import SAMPLE, decode, noise, tiny

SAID = {
    "speech-rosa": "is it recording i think it's recording",
    "address": "ask not what your country can do for you",
}
REAL = [path for path in (SAMPLE, shared_address()) if path is not None]


def plain(words: Iterable[Word]) -> str:
    return re.sub(r"[^a-z' ]", "", " ".join(word.text for word in words).lower())


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_speech_becomes_words_in_order_the_same_each_time(path: Path) -> None:
    samples, rate_hz = decode(path, 11.0)
    sound = ArraySound(samples, rate_hz)
    (chunk,) = transcribe(sound, tiny(), Speaker("rosa", "take-1"))
    assert SAID[path.stem] in plain(chunk.words)
    assert chunk.language == "en"
    assert not [word for word in chunk.words if "over_silence" in word.flags]
    spans = [word.interval for word in chunk.words]
    assert all(one.end_s <= two.start_s for one, two in itertools.pairwise(spans))
    assert list(transcribe(sound, tiny(), Speaker("rosa", "take-1"))) == [chunk]


def test_silence_and_noise_have_no_words() -> None:
    for samples in (np.zeros(5 * 16000, np.float32), noise(5.0, -45.0)):
        (chunk,) = transcribe(ArraySound(samples), tiny(), Speaker("rosa", "take-1"))
        assert chunk.words == ()


def test_a_language_the_model_does_not_know_is_refused() -> None:
    tiny().check_language("en")
    with pytest.raises(BadInputError, match=r"'fr' is unknown to the model tiny\.en"):
        tiny().check_language("fr")


def test_a_window_in_which_the_recogniser_loops_is_heard_again_without_repetitions() -> None:
    asked: list[int] = []

    class Looping:
        def transcribe(
            self, samples: object, *, no_repeat_ngram_size: int, **options: object
        ) -> Any:
            asked.append(no_repeat_ngram_size)
            text, ratio = ("soup", 1.0) if no_repeat_ngram_size else ("thanks", 9.0)
            words = [SimpleNamespace(word=f" {text}", start=0.1, end=0.4, probability=0.9)]
            return iter([SimpleNamespace(words=words, compression_ratio=ratio)]), None

    recogniser = WhisperRecogniser(cast(WhisperModel, Looping()), "base", WhisperOptions())
    (word,) = recogniser.recognise(noise(1.0, -20.0), "en")
    assert (word.text, asked) == ("soup", [0, 4])
