"""Letters of many alphabets are drawn by the shipped fonts; the rest is named."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from candid.engine.film import fonts
from candid.engine.film.text import TextStyle, draw_line, shortened, width_px, wrap

STYLE = TextStyle("sans", 40, 600)
NAMES = {
    "latin": "Zoë Łukasz Ağaoğlu Þór Șerban",
    "vietnamese": "Nguyễn Hướng",
    "greek": "Ελένη Παπαδοπούλου",
    "cyrillic": "Нина Петрова Ґанна",
    "arabic": "محمد علی",
    "hebrew": "שרה",
    "devanagari": "अनीता",
    "bengali": "শাহানা",
    "gurmukhi": "ਜਸਪ੍ਰੀਤ",
    "gujarati": "હેતલ",
    "tamil": "கவிதா",
    "thai": "สมชาย",
    "georgian": "ნინო",
    "armenian": "Անահիտ",
    "ethiopic": "ሰላም",
}


@pytest.mark.parametrize("family", ["sans", "serif"])
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_of_many_alphabets_are_covered(name: str, family: fonts.Family) -> None:
    assert fonts.missing_letters([name], family) == ()


def test_letters_without_a_font_are_named_once_each() -> None:
    assert fonts.missing_letters(["李 and 李", "明 🙂"]) == ("明", "李", "🙂")


def test_punctuation_of_spoken_english_is_covered() -> None:
    assert fonts.missing_letters(["“It’s…” – she said — ‘no’. £3 & 50 % (ok?)!"]) == ()


def test_runs_hold_the_whole_text_in_order() -> None:
    text = "Zoë and Нина and محمد."
    assert "".join(part for part, _ in fonts.runs(text, "sans")) == text


def test_a_decomposed_letter_is_drawn_as_the_composed_one() -> None:
    assert width_px("Zoe\u0308", STYLE) == width_px("Zoë", STYLE)


def test_a_line_is_drawn_as_wide_as_it_measures() -> None:
    image = Image.new("RGB", (900, 100))
    line = "Hello Нина"
    draw_line(ImageDraw.Draw(image), (100, 60), line, STYLE, (255, 255, 255))
    columns = np.flatnonzero(np.asarray(image.convert("L")).max(axis=0))
    assert 100 <= columns[0] <= 110
    assert 100 + width_px(line, STYLE) - 10 <= columns[-1] <= 100 + width_px(line, STYLE) + 2


def test_text_is_broken_evenly_and_keeps_every_word() -> None:
    text = "You do not have to carry it alone, whatever anybody says"
    lines = wrap(text, STYLE, 700)
    assert " ".join(lines) == text
    widths = [width_px(line, STYLE) for line in lines]
    assert len(lines) == 2
    assert max(widths) <= 700
    assert min(widths) > 0.6 * max(widths)


def test_a_word_that_is_too_wide_stands_alone() -> None:
    assert wrap("a Donaudampfschifffahrtsgesellschaft b", STYLE, 200)[1].startswith("Donau")


def test_text_that_is_too_long_is_cut_with_an_ellipsis() -> None:
    short = shortened("Anneliese Oberhuber", STYLE, 200)
    assert short.endswith("…")
    assert width_px(short, STYLE) <= 200
    assert shortened("Bo", STYLE, 200) == "Bo"
