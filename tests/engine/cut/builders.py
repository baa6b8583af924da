"""Conversations made of words, for the tests of the cut."""

from __future__ import annotations

import random
from collections.abc import Iterable

from candid.engine.cut.decisions import Cut, CutParticipant, CutTake
from candid.engine.cut.proposal import Conversation
from candid.engine.timebase import Interval
from candid.engine.transcript.words import Word

PEOPLE = ("rosa", "daniel", "mina", "ivo")
VOCABULARY = [
    "I",
    "you",
    "we",
    "the",
    "a",
    "it",
    "was",
    "had",
    "when",
    "winter",
    "soup",
    "bus",
    "walk",
    "dog",
    "doctor",
    "sister",
    "morning",
    "light",
    "quiet",
    "afraid",
    "glad",
    "asked",
    "told",
    "stayed",
    "waited",
    "talk",
    "because",
    "and",
    "so",
    "then",
    "lighter",
    "February",
    "kitchen",
    "work",
]


def said(lines: Iterable[tuple[str, float, str]], *, start_s: float = 1.0) -> tuple[Word, ...]:
    """Return words for (person, seconds after the line before, text) lines.

    A word takes 0.25 s; 0.4 s pass after a full stop, 0.15 s after a comma.
    """
    words: list[Word] = []
    end_s = start_s
    for person, gap_s, text in lines:
        at_s = end_s + gap_s
        for each in text.split():
            word_id = f"w{len(words):04d}"
            words.append(Word(word_id, f"{person}", f"take-{person}", each, _span(at_s, 0.25)))
            at_s += 0.25 + (0.4 if each[-1] in ".?!" else 0.15 if each[-1] == "," else 0.0)
        end_s = words[-1].interval.end_s
    return tuple(sorted(words, key=lambda word: (word.interval, word.word_id)))


def _span(start_s: float, length_s: float) -> Interval:
    return Interval(round(start_s, 3), round(start_s + length_s, 3))


def conversation(
    words: Iterable[Word],
    *,
    forbidden: Iterable[tuple[Interval, str]] = (),
    end_s: float | None = None,
    language: str = "en",
) -> Conversation:
    """Return the conversation of some words; everybody in it has one take."""
    spoken = tuple(words)
    people = sorted({word.participant_id for word in spoken}, key=PEOPLE.index) or ["rosa"]
    last_s = max((word.interval.end_s for word in spoken), default=0.0)
    return Conversation(
        words=spoken,
        call=Interval(0.0, last_s + 1.5 if end_s is None else end_s),
        takes=tuple(CutTake(f"take-{p}", p, f"takes/{p}", "0" * 64) for p in people),
        participants=tuple(CutParticipant(p, p.title()) for p in people),
        forbidden=tuple(forbidden),
        language=language,
    )


def invented(seed: int, *, n_people: int = 2, length_s: float = 240.0) -> Conversation:
    """Return a conversation of random words, turns, pauses and overlaps."""
    chance = random.Random(seed)
    words: list[Word] = []
    end_s = chance.uniform(0.2, 3.0)
    person = 0
    while end_s < length_s:
        person = (person + chance.randrange(1, n_people)) % n_people if n_people > 1 else 0
        at_s = max(0.1, end_s + chance.choice((-0.4, -0.2, 0.1, 0.3, 0.6, 1.2, 2.4)))
        at_s = max([at_s, *(w.interval.end_s for w in words if w.participant_id == PEOPLE[person])])
        turn = _turn(chance, PEOPLE[person], at_s, len(words))
        words += turn
        end_s = turn[-1].interval.end_s
    return conversation(sorted(words, key=lambda word: (word.interval, word.word_id)))


def _turn(chance: random.Random, person: str, at_s: float, number: int) -> list[Word]:
    words: list[Word] = []
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        n_words = chance.choice((1, 2, 5, 8, 12))
        for at in range(n_words):
            ending = chance.choice("..?") if at + 1 == n_words else chance.choice(("", "", ","))
            text = chance.choice(VOCABULARY) + ending
            span = _span(at_s, chance.uniform(0.1, 0.5))
            word_id = f"w{number + len(words):05d}"
            probability = chance.choice((0.4, 0.9, 1.0))
            words.append(Word(word_id, person, f"take-{person}", text, span, probability))
            at_s = span.end_s + chance.choice((0.0, 0.0, 0.02, 0.2 if ending == "," else 0.0))
        at_s += chance.choice((0.15, 0.4, 0.8))
    return words


def runs(cut: Cut) -> list[Interval]:
    """Return the stretches of unbroken sound of a cut, in film order."""
    found: list[Interval] = []
    for shot in cut.shots:
        if found and found[-1].end_s == shot.interval.start_s:
            found[-1] = Interval(found[-1].start_s, shot.interval.end_s)
        else:
            found.append(shot.interval)
    return found


def text_of(cut: Cut, words: Iterable[Word]) -> str:
    """Return what is said in a cut, in film order."""
    return " ".join(
        word.text for run in runs(cut) for word in words if run.contains(word.interval.middle_s)
    )
