"""Reading captions and plain texts that people bring: WebVTT, SubRip, plain lines."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from candid.engine.errors import BadInputError
from candid.engine.timebase import Interval

_TIME = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}(?:\s.*)?")
_VTT_SKIPPED = ("NOTE", "STYLE", "REGION")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"</?(?!v[\s.])[A-Za-z][^>]*>|<[\d:.]+>|\{\\[^}]*\}")
_NAME = re.compile(r"([^\s:<>][^:<>]{0,40}):(?:\s+|$)")
_DASHES = re.compile(r"[-–—]\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of words in a text from outside: what, by whom, when if it says so, at which line.

    `speaker` is the name as written, None where there is none. `line` counts from 1.
    """

    text: str
    speaker: str | None
    interval: Interval | None
    line: int


def read_passages(
    text: str, names: Collection[str] = (), where: str = "the text"
) -> tuple[Passage, ...]:
    """Read WebVTT, SubRip or plain text; which of them it is shows in the text itself.

    A voice span `<v Name>` names the speaker, and so does `Name:` at the start of a line if
    it is one of `names` (without case) or opens several lines. Within a caption, and in
    plain text from line to line, a name holds until the next one; a dash ends it.
    Formatting is dropped. Raises BadInputError with the line where a file is not what it
    starts out as.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader = _Reader(where, _speakers(lines, names))
    if lines[0].split(" ")[0].split("\t")[0] == "WEBVTT":
        return tuple(reader.vtt(lines))
    if any("-->" in line for line in lines):
        return tuple(reader.srt(lines))
    return tuple(reader.passages([(n, line) for n, line in enumerate(lines, 1)], None))


def _speakers(lines: list[str], names: Collection[str]) -> frozenset[str]:
    """Return, casefolded, the words before a colon that are names: known ones and repeated ones."""
    found = Counter(
        name.group(1).strip().casefold()
        for line in lines
        if (name := _NAME.match(_bare(_DASHES.sub("", line.strip(), count=1)))) is not None
        and name.group(1)[0].isupper()
    )
    repeated = {name for name, count in found.items() if count > 1}
    return frozenset(repeated | {name.casefold() for name in names})


def _blocks(lines: list[str], first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the runs of lines between empty lines, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate(lines[first:], first + 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
    if block:
        yield len(lines) + 1 - len(block), block


def _interval(block: list[str], at: int, number: int, where: str) -> Interval:
    place = f"{where}, line {number + at}"
    found = _TIMING.fullmatch(block[at]) if at < len(block) else None
    if found is None:
        raise BadInputError(place, "must hold two times, as in 00:00:01.000 --> 00:00:02.500")
    start_s, end_s = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
    if end_s < start_s:
        raise BadInputError(place, "the caption ends before it starts")
    return Interval(start_s, end_s)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    whole = 3600 * int(hours) + 60 * int(minutes) + int(seconds)
    return (1000 * whole + int(fraction.ljust(3, "0"))) / 1000


def _bare(text: str) -> str:
    """Return text without formatting tags; voice spans are no formatting."""
    return _TAG.sub("", text).strip()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the blocks of a file; `speakers` are the names that may stand before a colon."""

    where: str
    speakers: frozenset[str]

    def vtt(self, lines: list[str]) -> Iterator[Passage]:
        blocks = _blocks(lines, 0)
        next(blocks)  # the header
        for number, block in blocks:
            if block[0].split(" ")[0] in _VTT_SKIPPED and "-->" not in block[0]:
                continue
            at = 0 if "-->" in block[0] else 1
            interval = _interval(block, at, number, self.where)
            yield from self._voices(block[at + 1 :], interval, number + at + 1)

    def srt(self, lines: list[str]) -> Iterator[Passage]:
        for number, block in _blocks(lines, 0):
            at = 0 if "-->" in block[0] else 1
            if at and not block[0].strip().isdigit():
                raise BadInputError(
                    f"{self.where}, line {number}", "must be the number of a caption"
                )
            interval = _interval(block, at, number, self.where)
            yield from self.passages(_numbered(block, at, number), interval)

    def _voices(self, payload: list[str], interval: Interval, number: int) -> Iterator[Passage]:
        """Yield a WebVTT cue's text, cut at its voice spans, with its entities resolved."""
        speaker = None
        for offset, line in enumerate(payload):
            pieces = _VOICE.split(line)
            for name, piece in zip([None, *pieces[1::2]], pieces[::2], strict=True):
                speaker = html.unescape(name).strip() if name is not None else speaker
                for each in self.passages([(number + offset, piece)], interval):
                    text = html.unescape(each.text)
                    yield Passage(text, each.speaker or speaker, interval, each.line)

    def passages(
        self, lines: Iterable[tuple[int, str]], interval: Interval | None
    ) -> Iterator[Passage]:
        """Yield lines without dashes and names, each with the speaker who holds."""
        speaker = None
        for number, line in lines:
            text = _bare(line)
            if dash := _DASHES.match(text):
                text, speaker = text[dash.end() :], None
            name = _NAME.match(text)
            if name is not None and name.group(1).strip().casefold() in self.speakers:
                text, speaker = text[name.end() :].strip(), name.group(1).strip()
            if text:
                yield Passage(text, speaker, interval, number)


def _numbered(block: list[str], at: int, number: int) -> list[tuple[int, str]]:
    """Return the lines of a caption below its times, with their numbers."""
    return [(number + offset, line) for offset, line in enumerate(block) if offset > at]
