"""Why something is in the film or is not, in plain words for `cut.json`."""

from __future__ import annotations

import numpy as np

from candid.engine.cut.candidates import Reading
from candid.engine.cut.lexicon import Lexicon, bare
from candid.engine.cut.scores import (
    FEATURE_NAMES,
    WEIGHTS,
    Features,
    stem,
    themes,
)
from candid.engine.timebase import Interval

WHOLE = "Kept whole: the conversation is not longer than the film may be."
WORDLESS = "Kept from the beginning: no words were recognised to choose by."
SLIVER = "Left out: too short between two stretches that may not be shown."
SILENCE = "Left out: nobody speaks."

_PHRASES = {
    "centrality": "it touches what the talk keeps coming back to",
    "echo": "what is said here is taken up elsewhere",
    "own_voice": "it is told in the first person",
    "change": "something changes in it",
    "feeling": "feeling is put into words",
    "scene": "it retells who said what",
    "silence": "somebody takes time over it",
    "exchange": "both sides speak",
}
_QUALITIES = {
    "centrality": "of the themes of the talk",
    "echo": "that is taken up elsewhere",
    "own_voice": "in the first person",
    "change": "that changes",
    "feeling": "feeling",
    "scene": "retold talk",
    "silence": "time taken",
    "exchange": "exchange",
}
_FLAWS = {
    "logistics": "talk about the call itself",
    "over_silence": "words put where there is silence",
    "unclear": "words that are hard to understand",
    "hesitation": "false starts and searching for words",
}
_MARKED = 0.35
_MOST_PHRASES = 3


class Reasons:
    """Finds words for what was chosen from one reading of a conversation."""

    def __init__(self, reading: Reading, lexicon: Lexicon) -> None:
        self.reading = reading
        self.lexicon = lexicon
        spoken = [sentence for beat in reading.beats for sentence in beat.sentences]
        weights = themes(spoken, lexicon)
        self._themes = sorted(weights, key=lambda word: (-weights[word], word))
        self._themes = [word for word in self._themes if weights[word] > 0][:12]
        self._lengths_s = np.array([beat.interval.duration_s + 1e-9 for beat in reading.beats])
        self._usual = self._average(0, len(reading.beats) - 1)

    def kept(self, first: int, last: int, *, opens: bool, closes: bool) -> str:
        """Say why beats `first` to `last` were kept."""
        parts = ["opens the film"] * opens + ["closes the film"] * closes
        if any(tie.answers for tie in self.reading.ties[first + 1 : last + 1]):
            parts.append("a question with its answer")
        strong = self._strengths(first, last)[:_MOST_PHRASES]
        parts += [self._phrase(name, first, last) for name in strong]
        return f"Kept: {'; '.join(parts) or 'a clear passage that joins the others'}."

    def left_out(self, interval: Interval) -> str:
        """Say why a stretch of the call was left out."""
        inside = [
            at
            for at, beat in enumerate(self.reading.beats)
            if interval.contains(beat.interval.middle_s)
        ]
        if not inside:
            return SILENCE
        flawed = [words for name, words in _FLAWS.items() if self._share(inside, name) >= 0.3]
        if flawed:
            return f"Left out: {' and '.join(flawed)}."
        weak = self._strengths(inside[0], inside[-1], sign=-1)[:2]
        if weak:
            return (
                f"Left out: less {' and '.join(_QUALITIES[name] for name in weak)} than elsewhere."
            )
        return "Left out: as good as what was kept, but there was no room for it."

    def _share(self, inside: list[int], name: str) -> float:
        """Return the share of the time of some beats that a flaw marks."""
        marked = [getattr(self.reading.features[at], name) >= _MARKED for at in inside]
        return float(np.average(marked, weights=self._lengths_s[inside]))

    def _average(self, first: int, last: int) -> Features:
        lengths_s = self._lengths_s[first : last + 1]
        rows = [
            [getattr(each, name) for name in FEATURE_NAMES]
            for each in self.reading.features[first : last + 1]
        ]
        return Features(*map(float, np.average(np.array(rows), axis=0, weights=lengths_s)))

    def _strengths(self, first: int, last: int, *, sign: int = 1) -> list[str]:
        """Return what a passage has more of than usual (`sign` -1: less), the most first."""
        average = self._average(first, last)
        ahead = {
            name: sign
            * getattr(WEIGHTS, name)
            * (getattr(average, name) - getattr(self._usual, name))
            for name in _PHRASES
        }
        return sorted((name for name in ahead if ahead[name] > 0.02), key=lambda n: (-ahead[n], n))

    def _phrase(self, name: str, first: int, last: int) -> str:
        told = {"centrality": self._themes_in, "feeling": self._feelings_in}.get(name)
        words = told(first, last) if told else []
        return f"{_PHRASES[name]} ({', '.join(words)})" if words else _PHRASES[name]

    def _themes_in(self, first: int, last: int) -> list[str]:
        words = {
            stem(bare(word.text)): bare(word.text)
            for beat in self.reading.beats[first : last + 1]
            for word in beat.words
        }
        return [words[theme] for theme in self._themes if theme in words][:3]

    def _feelings_in(self, first: int, last: int) -> list[str]:
        words = [bare(w.text) for beat in self.reading.beats[first : last + 1] for w in beat.words]
        return list(dict.fromkeys(word for word in words if word in self.lexicon.feeling))[:3]
