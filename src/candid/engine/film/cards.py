"""The title and end cards: paper, ink, one teal line; the words fade in, nothing moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from candid.engine.cut.decisions import Cut
from candid.engine.cut.timeline import FilmTimeline
from candid.engine.film import fonts, look
from candid.engine.film.defaults import FilmOptions
from candid.engine.film.geometry import Size
from candid.engine.film.plan import CardPlan, ShotPlan
from candid.engine.film.text import ASCENT, TextStyle, draw_line, width_px, wrap
from candid.engine.timebase import frames_in

# Of the canvas' width: the measure of the text.
MEASURE = 0.78
# Units between the heading, the line and the text; and where the spare height goes.
_SPACE = 40
_ABOVE_MIDDLE = 0.46
# Characters: about two lines.
_LONGEST_HEADING = 60


def with_cards(
    shots: Sequence[ShotPlan], cut: Cut, timeline: FilmTimeline, options: FilmOptions
) -> tuple[ShotPlan, ...]:
    """Put the cards before and after the shots, where the timeline has room for them."""
    fade = frames_in(2 * options.fade_s, options.rate)
    every = list(shots)
    if timeline.title_frames and cut.title:
        names = tuple(each.name for each in cut.participants if each.name)
        card = CardPlan("title", cut.title, (joined(names),) if names else (), fade)
        every.insert(0, ShotPlan("title", 0, timeline.title_frames, "", card=card))
    if timeline.end_frames and cut.signpost:
        card = CardPlan("end", *_heading_and_lines(cut.signpost), fade)
        start = timeline.n_frames - timeline.end_frames
        every.append(ShotPlan("end", start, timeline.end_frames, "", card=card))
    return tuple(every)


def _heading_and_lines(signpost: str) -> tuple[str, tuple[str, ...]]:
    """Take the first line as the heading; of a long one just its first sentence."""
    first, *lines = (line.strip() for line in signpost.strip().splitlines())
    sentence, stop, rest = first.partition(". ")
    if len(first) <= _LONGEST_HEADING or not stop:
        return first, tuple(lines)
    return f"{sentence}.", (rest, *lines)


def joined(names: Sequence[str]) -> str:
    """Return names as one line: with an ampersand, which every language reads."""
    return " & ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def missing_letters(cut: Cut) -> tuple[str, ...]:
    """Return a note for the letters of titles, names and signpost that no font has."""
    texts = [cut.title or "", cut.signpost, *(each.name or "" for each in cut.participants)]
    return fonts.missing_note("cards and names", texts)


def draw_card(card: CardPlan, canvas: Size) -> Image.Image:
    """Draw a card as an RGB image of the canvas' size: heading, a short teal line, text."""
    image = blank_card(canvas)
    draw = ImageDraw.Draw(image)
    heading, text = _heading(card, canvas), _text(card, canvas)
    space = look.px(_SPACE, canvas)
    height = heading.height_px + (2 * space + text.height_px if text.lines else 0)
    top = (canvas.height - height) * _ABOVE_MIDDLE
    _draw_lines(draw, canvas, heading, top)
    if text.lines:
        middle, half = canvas.width / 2, look.px(36, canvas)
        y = top + heading.height_px + space
        draw.rectangle((middle - half, y, middle + half, y + look.px(4, canvas)), fill=look.TEAL)
        _draw_lines(draw, canvas, text, y + space)
    return image


def blank_card(canvas: Size) -> Image.Image:
    """Return the bare paper, which the words fade in on."""
    return Image.new("RGB", (canvas.width, canvas.height), look.PAPER)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Centred lines of one style, `line_px` apart."""

    lines: tuple[str, ...]
    style: TextStyle
    colour: tuple[int, int, int]
    line_px: int

    @property
    def height_px(self) -> int:
        return self.line_px * len(self.lines)


def _heading(card: CardPlan, canvas: Size) -> _Lines:
    style = TextStyle("serif", look.px(88 if card.kind == "title" else 64, canvas), 560)
    lines = wrap(card.heading, style, round(canvas.width * MEASURE))
    return _Lines(lines, style, look.INK, round(style.size_px * 1.18))


def _text(card: CardPlan, canvas: Size) -> _Lines:
    style = TextStyle("sans", look.px(38, canvas), 430)
    measure = round(canvas.width * MEASURE)
    lines = tuple(part for line in card.lines for part in wrap(line, style, measure))
    return _Lines(lines, style, look.INK_SOFT, round(style.size_px * 1.45))


def _draw_lines(draw: ImageDraw.ImageDraw, canvas: Size, text: _Lines, top: float) -> None:
    size_px = text.style.size_px
    for row, line in enumerate(text.lines):
        left = (canvas.width - width_px(line, text.style)) / 2
        baseline = top + row * text.line_px + (text.line_px - size_px) / 2 + ASCENT * size_px
        draw_line(draw, (left, baseline), line, text.style, text.colour)
