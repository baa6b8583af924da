"""The title and end cards: paper, ink, one teal line; the words fade in, nothing moves."""

from __future__ import annotations

from collections.abc import Sequence

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
MEASURE = 0.76


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
        heading, _, rest = cut.signpost.strip().partition("\n")
        card = CardPlan("end", heading.strip(), tuple(rest.split("\n")) if rest else (), fade)
        start = timeline.n_frames - timeline.end_frames
        every.append(ShotPlan("end", start, timeline.end_frames, "", card=card))
    return tuple(every)


def joined(names: Sequence[str]) -> str:
    """Return names as one line: with an ampersand, which every language reads."""
    return " & ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def missing_letters(cut: Cut) -> tuple[str, ...]:
    """Return a note for the letters of titles, names and signpost that no font has."""
    texts = [cut.title or "", cut.signpost, *(each.name or "" for each in cut.participants)]
    return fonts.missing_note("cards and names", texts)


def draw_card(card: CardPlan, canvas: Size) -> Image.Image:
    """Draw a card as an RGB image of the canvas' size."""
    image = blank_card(canvas)
    draw = ImageDraw.Draw(image)
    blocks = _blocks(card, canvas)
    height = sum(block.height_px for block in blocks)
    top = (canvas.height - height) * 0.46
    for block in blocks:
        block.draw(draw, canvas, top)
        top += block.height_px
    return image


def blank_card(canvas: Size) -> Image.Image:
    """Return the bare paper, which the words fade in on."""
    return Image.new("RGB", (canvas.width, canvas.height), look.PAPER)


class _Block:
    """Lines of one style with space above; centred."""

    def __init__(
        self,
        lines: tuple[str, ...],
        style: TextStyle,
        colour: tuple[int, int, int],
        above_px: int,
    ) -> None:
        self.lines, self.style, self.colour, self.above_px = lines, style, colour, above_px
        self.line_px = round(style.size_px * (1.18 if style.family == "serif" else 1.45))
        self.height_px = above_px + self.line_px * len(lines)

    def draw(self, draw: ImageDraw.ImageDraw, canvas: Size, top: float) -> None:
        for row, line in enumerate(self.lines):
            left = (canvas.width - width_px(line, self.style)) / 2
            box = top + self.above_px + row * self.line_px
            baseline = box + (self.line_px - self.style.size_px) / 2 + ASCENT * self.style.size_px
            draw_line(draw, (left, baseline), line, self.style, self.colour)


def _blocks(card: CardPlan, canvas: Size) -> list[_Block]:
    measure = round(canvas.width * MEASURE)
    is_title = card.kind == "title"
    heading = TextStyle("serif", look.px(88 if is_title else 60, canvas), 560)
    text = TextStyle("sans", look.px(36, canvas), 420)
    lines = tuple(line for each in card.lines for line in wrap(each, text, measure))
    return [
        _Block(wrap(card.heading, heading, measure), heading, look.INK, 0),
        *([_Block(lines, text, look.INK_SOFT, look.px(36, canvas))] if lines else []),
    ]
