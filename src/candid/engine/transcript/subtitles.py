"""Caption files as text: WebVTT and SubRip, written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from candid.engine.transcript.cues import Cue


def write_vtt(cues: Iterable[Cue], names: Mapping[str, str], *, note: str | None = None) -> str:
    """Return cues as WebVTT, each line in a voice span with its speaker's name.

    `names` gives the name of each participant; one without a name goes by the id.
    `note` becomes a comment at the top, for instance that no person has read the text.
    """
    blocks = ["WEBVTT"]
    if note:
        blocks.append("NOTE\n" + _escape(_one_line(note)))
    for number, cue in enumerate(cues, 1):
        timing = f"{_time(cue.interval.start_s, '.')} --> {_time(cue.interval.end_s, '.')}"
        blocks.append(f"{number}\n{timing}\n{_voices(cue, names)}")
    return "\n\n".join(blocks) + "\n"


def write_srt(cues: Iterable[Cue]) -> str:
    """Return cues as SubRip: numbers from 1, times to the millisecond, plain text.

    The format has no way to escape a character and players read `<` as the start of
    formatting, so that angle brackets are written as the single guillemets ‹ and ›.
    """
    blocks = []
    for number, cue in enumerate(cues, 1):
        timing = f"{_time(cue.interval.start_s, ',')} --> {_time(cue.interval.end_s, ',')}"
        text = "\n".join(_one_line(line) for line in cue.shown)
        blocks.append(f"{number}\n{timing}\n{text.replace('<', '‹').replace('>', '›')}\n")
    return "\n".join(blocks)


def _voices(cue: Cue, names: Mapping[str, str]) -> str:
    """Return the payload of a cue: a voice span for each speaker."""
    if cue.is_exchange:
        spans = [
            (line.participant_id, text) for line, text in zip(cue.lines, cue.shown, strict=True)
        ]
    else:
        spans = [(cue.lines[0].participant_id, "\n".join(cue.shown))]
    return "\n".join(
        f"<v {_escape(_one_line(names.get(who, who)))}>{_escape(text)}</v>" for who, text in spans
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _one_line(text: str) -> str:
    """Return text without line breaks: an empty line would end the cue."""
    return " ".join(text.split())


def _time(time_s: float, point: str) -> str:
    total_ms = round(time_s * 1000)
    seconds, ms = divmod(total_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}{point}{ms:03d}"
