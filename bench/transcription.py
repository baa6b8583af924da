"""Transcription: CPU per second of sound, wrong words and word edges against the sample's truth.

`python -m bench.transcription [--quick]` prints Markdown tables. Both microphones of the
sample conversation are made as their devices would hear it, with the room and the other
voice in them. Beside Candid's chain stands faster-whisper as it comes, with the same
weights. Word times are the synthesiser's; no recogniser made them.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from candid.engine.timebase import Interval
from candid.engine.transcript.activity import measure_sound
from candid.engine.transcript.matching import matched_pairs, token_key
from candid.engine.transcript.models import find_model, unpacked
from candid.engine.transcript.own_voice import foreign_stretches
from candid.engine.transcript.sound import ArraySound, Samples, duration_s, read_speech
from candid.engine.transcript.transcription import Recogniser, Speaker, transcribe
from candid.engine.transcript.whisper import load_recogniser
from sample import call

# As in the sample's takes: the other voice against the own, the room, the way of the sound.
BLEED_DB = {"rosa": -29.0, "daniel": -27.0}
NOISE_DBFS = {"rosa": -58.0, "daniel": -56.0}
DELAY_S = 0.15

CPU_BAR, ONSET_BAR_S = 0.15, 0.050


@dataclass(frozen=True, slots=True)
class Said:
    """A word and its time: the truth, or what somebody heard."""

    text: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Score:
    """What one way of transcribing cost, and how far it was from the truth."""

    cpu: float
    wrong: float
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]


Transcriber = Callable[[str, dict[str, ArraySound]], list[Said]]


def microphones(script: call.Script) -> dict[str, ArraySound]:
    """Return what each person's microphone hears, at the script's rate."""
    voices = {name: _voice(script, name) for name in script.speech}
    rng = np.random.default_rng(7)
    heard = {}
    for name, voice in voices.items():
        (other,) = (each for who, each in voices.items() if who != name)
        late = round(DELAY_S * script.rate_hz)
        bleed = np.concatenate([np.zeros(late), other[:-late]]) * 10 ** (BLEED_DB[name] / 20)
        room = rng.standard_normal(len(voice)) * 10 ** (NOISE_DBFS[name] / 20)
        heard[name] = ArraySound((voice + bleed + room).astype(np.float32), script.rate_hz)
    return heard


def _voice(script: call.Script, name: str) -> Samples:
    speech = call.read_speech(call.HERE / script.speech[name])
    voice = np.zeros(round((script.duration_s + 1) * script.rate_hz), np.float32)
    for turn in script.turns:
        if turn.speaker == name:
            at = round(turn.start_s * script.rate_hz)
            said = speech[turn.first_sample : turn.first_sample + turn.n_samples]
            voice[at : at + len(said)] += said
    return voice


def by_candid(recogniser: Recogniser) -> Transcriber:
    """Return Candid's chain: own voice, windows, recognition, edges."""

    def hear(name: str, sounds: dict[str, ArraySound]) -> list[Said]:
        envelopes = {who: measure_sound(sound) for who, sound in sounds.items()}
        others = [envelope for who, envelope in envelopes.items() if who != name]
        foreign = foreign_stretches(envelopes[name], others)
        chunks = transcribe(sounds[name], recogniser, Speaker(name, name), foreign=foreign)
        return [Said(word.text, word.interval) for chunk in chunks for word in chunk.words]

    return hear


def by_faster_whisper(name: str) -> Transcriber:
    """Return faster-whisper as it comes, with its voice activity filter and word times."""
    with unpacked(find_model(name)) as folder:
        whisper = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def hear(who: str, sounds: dict[str, ArraySound]) -> list[Said]:
        samples = read_speech(sounds[who], 0.0, duration_s(sounds[who]))
        segments, _ = whisper.transcribe(
            samples, language="en", vad_filter=True, word_timestamps=True
        )
        words = [word for segment in segments for word in segment.words or ()]
        return [Said(word.word.strip(), Interval(word.start, word.end)) for word in words]

    return hear


def score(hear: Transcriber, script: call.Script, sounds: dict[str, ArraySound]) -> Score:
    """Transcribe every microphone and compare with the truth."""
    before_s = time.process_time()
    heard = {name: hear(name, sounds) for name in sounds}
    cpu_s = time.process_time() - before_s
    n_wrong = n_said = 0
    starts_s: list[float] = []
    ends_s: list[float] = []
    for name, words in heard.items():
        truth = _truth(script, name)
        pairs = matched_pairs(*([token_key(each.text) for each in some] for some in (words, truth)))
        n_wrong += _edits(pairs, len(words), len(truth))
        n_said += len(truth)
        starts_s += [words[i].interval.start_s - truth[j].interval.start_s for i, j in pairs]
        ends_s += [words[i].interval.end_s - truth[j].interval.end_s for i, j in pairs]
    total_s = sum(duration_s(sound) for sound in sounds.values())
    return Score(cpu_s / total_s, n_wrong / n_said, np.abs(starts_s), np.abs(ends_s))


def _truth(script: call.Script, name: str) -> list[Said]:
    return [
        Said(word.text, Interval(word.start_s, word.end_s))
        for turn in script.turns
        if turn.speaker == name
        for word in turn.words
    ]


def _edits(pairs: Sequence[tuple[int, int]], n_heard: int, n_said: int) -> int:
    ends = [(-1, -1), *pairs, (n_heard, n_said)]
    return sum(max(i1 - i0, j1 - j0) - 1 for (i0, j0), (i1, j1) in pairwise(ends))


def row(name: str, found: Score) -> str:
    """Return one line of the table."""
    start_ms, end_ms = (
        1000 * np.percentile(each, [50, 90]) for each in (found.starts_s, found.ends_s)
    )
    return (
        f"| {name} | {found.cpu:.3f} | {100 * found.wrong:.1f} % | {start_ms[0]:.0f} | "
        f"{start_ms[1]:.0f} | {end_ms[0]:.0f} | {end_ms[1]:.0f} |"
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table and whether the bars are held."""
    script = call.read_script(60.0 if "--quick" in arguments else None)
    sounds = microphones(script)
    print(f"Two microphones of {script.duration_s:.0f} s with the other voice in each.\n")
    print("| | CPU s a second | words wrong | start, median ms | 90 % | end, median ms | 90 % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    ours = score(by_candid(load_recogniser(find_model("base"))), script, sounds)
    print(row("Candid, base", ours), flush=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(row("faster-whisper, base", score(by_faster_whisper("base"), script, sounds)), flush=True)
    tiny = score(by_candid(load_recogniser(find_model("tiny.en"))), script, sounds)
    print(row("Candid, tiny.en", tiny))
    start_s = float(np.median(ours.starts_s))
    print("\n| bar | measured | held |\n| --- | --- | --- |")
    cpu_bar = f"base: at most {CPU_BAR} CPU s a second of sound"
    print(f"| {cpu_bar} | {ours.cpu:.3f} | {_yes(ours.cpu <= CPU_BAR)} |")
    start_bar = f"word start, median at most {1000 * ONSET_BAR_S:.0f} ms"
    print(f"| {start_bar} | {1000 * start_s:.0f} ms | {_yes(start_s <= ONSET_BAR_S)} |")
    print(f"\nPeak memory up to the first row, with both microphones in it: {peak_mb:.0f} MB.")
    return 0


def _yes(is_held: bool) -> str:
    return "yes" if is_held else "no"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
