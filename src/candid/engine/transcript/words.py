"""What was said, as values on the call clock: words, segments, a transcript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from candid.engine.timebase import Interval

WordFlag = Literal["over_silence", "unsure"]


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word of one participant.

    `word_id` is stable: it never changes when other words are corrected. `text` has no
    spaces around it and carries its own punctuation. `interval` is in `call_s` (in
    `track_s` inside the transcript room, before the takes are aligned). `probability`
    is the recogniser's, 0 to 1.
    """

    word_id: str
    participant_id: str
    take_id: str
    text: str
    interval: Interval
    probability: float = 1.0
    flags: tuple[WordFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of words of one participant that belong together: a sentence or a breath."""

    segment_id: str
    participant_id: str
    words: tuple[Word, ...]

    @property
    def interval(self) -> Interval:
        """From the first word's start to the last word's end, in `call_s`."""
        return Interval(self.words[0].interval.start_s, max(w.interval.end_s for w in self.words))

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Correction:
    """A layer over the machine's words: these words are to be read as `text`.

    `word_ids` are consecutive words of one participant; an empty `text` strikes them.
    The words beneath stay as they were.
    """

    word_ids: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A correction that fits no words at present: it waits for them and is never lost.

    `interval` is where its words were, in `call_s`; an empty `text` strikes them.
    """

    participant_id: str
    interval: Interval
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """The machine's segments in order of time, and the corrections laid over them.

    `set_aside` are corrections that fit none of these words. `is_read` says that a
    person has read the whole and answers for it; a correction alone does not say so.
    """

    language: str
    model: str
    segments: tuple[Segment, ...]
    corrections: tuple[Correction, ...] = ()
    left_out: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    is_read: bool = False

    @property
    def words(self) -> tuple[Word, ...]:
        """All machine words of all participants, in order of their start."""
        every = [word for segment in self.segments for word in segment.words]
        return tuple(sorted(every, key=lambda word: (word.interval.start_s, word.word_id)))
