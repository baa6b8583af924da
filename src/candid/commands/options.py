"""Options that several commands have: each is defined once, and means the same everywhere."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from candid.engine.production.options import ASPECTS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

PATH = click.Path(path_type=Path)


class Duration(click.ParamType[float]):
    """A length of time: `4:00`, `1:02:03`, `150` or `150.5` (seconds)."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds, > 0."""
        if isinstance(value, float):
            return value
        if not re.fullmatch(r"(\d+:)?(\d+:)?\d+(\.\d+)?", str(value)):
            self.fail(f"{value!r} is not a time; write 4:00 or a number of seconds", param, ctx)
        seconds = 0.0
        for part in str(value).split(":"):
            seconds = seconds * 60 + float(part)
        if seconds <= 0:
            self.fail(f"{value!r} is no time at all", param, ctx)
        return seconds


class Offset(click.ParamType[tuple[str, float]]):
    """`TAKE=SECONDS`: where a take starts on the first one's clock."""

    name = "offset"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Return the take's name and seconds."""
        if isinstance(value, tuple):
            return value
        take, _, seconds = str(value).rpartition("=")
        try:
            offset_s = float(seconds)
        except ValueError:
            offset_s = math.nan
        if not take or not math.isfinite(offset_s):
            self.fail(f"{value!r} must be TAKE=SECONDS, e.g. daniel=-3.2", param, ctx)
        return take, offset_s


def output_option(text: str, metavar: str = "FILE") -> Decorator:
    """Add `-o` to a command, which cannot do without it."""
    return click.option("-o", "--output", required=True, type=PATH, metavar=metavar, help=text)


def aspect_option(text: str) -> Decorator:
    """Add `--aspect` to a command that makes one film."""
    shapes = click.Choice(ASPECTS)
    return click.option("--aspect", type=shapes, default="16:9", show_default=True, help=text)


target_option: Decorator = click.option(
    "--target",
    "target_s",
    type=Duration(),
    default="4:00",
    show_default=True,
    help="How long the film should be, within 5 %.",
)
offset_option: Decorator = click.option(
    "--offset",
    "offsets",
    multiple=True,
    type=Offset(),
    metavar="TAKE=SECONDS",
    help="Where a take starts on the first one's clock, if nothing in its sound tells.",
)
words_option: Decorator = click.option(
    "--words",
    "words_file",
    type=PATH,
    metavar="FILE",
    help="Lay an SRT, VTT or plain text file over the machine's words as corrections.",
)
language_option: Decorator = click.option(
    "--language", help="Language spoken, e.g. en; without it the model decides."
)
burn_captions_option: Decorator = click.option(
    "--burn-captions", is_flag=True, help="Also draw the captions into the picture."
)
draft_option: Decorator = click.option(
    "--draft", is_flag=True, help="720p and quicker, to look at."
)
