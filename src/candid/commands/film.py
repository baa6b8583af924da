"""`candid film`: recordings of one conversation in, one captioned film out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from candid.commands.console import json_option, reports_errors, show_result, shown_progress
from candid.commands.models import model_option, search_model
from candid.commands.options import (
    PATH,
    burn_captions_option,
    draft_option,
    language_option,
    offset_option,
    output_option,
    target_option,
    words_option,
)
from candid.engine.production.film_job import make_film
from candid.engine.production.options import ASPECTS, FilmLook, FilmRequest


class Aspects(click.ParamType[tuple[str, ...]]):
    """Comma-separated aspects, each once: `16:9,9:16`."""

    name = "aspects"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the aspects in the order given."""
        if isinstance(value, tuple):
            return value
        aspects = tuple(dict.fromkeys(part.strip() for part in str(value).split(",")))
        for aspect in aspects:
            if aspect not in ASPECTS:
                self.fail(f"{aspect!r} is unknown; known are {', '.join(ASPECTS)}", param, ctx)
        return aspects


@click.command()
@click.argument(
    "takes",
    metavar="TAKE TAKE [TAKE ...]",
    nargs=-1,
    required=True,
    type=PATH,
)
@output_option("Folder for the film and all that belongs to it.", metavar="DIR")
@target_option
@click.option(
    "--aspect",
    "aspects",
    type=Aspects(),
    default="16:9",
    show_default=True,
    metavar="A[,B...]",
    help="Aspects, the first one is film.mp4: 16:9, 9:16, 1:1.",
)
@burn_captions_option
@click.option("--title", help="Title for the title card; without it there is no title card.")
@click.option(
    "--names", help="Names for the lower thirds, comma-separated, in the order of the takes."
)
@click.option("--signpost", help="Text of the end card: where help is to be found.")
@click.option(
    "--cut",
    "cut_file",
    type=PATH,
    metavar="FILE",
    help="Use this decision list (cut.json or .otio) instead of proposing one.",
)
@words_option
@draft_option
@offset_option
@language_option
@click.option(
    "--denoise", is_flag=True, help="Suppress noise in the microphones (needs candid[noise])."
)
@model_option
@json_option
@reports_errors
def film(  # noqa: PLR0913 - one parameter an option, as click passes them
    takes: tuple[Path, ...],
    output: Path,
    target_s: float,
    aspects: tuple[str, ...],
    burn_captions: bool,
    title: str | None,
    names: str | None,
    signpost: str | None,
    cut_file: Path | None,
    words_file: Path | None,
    draft: bool,
    offsets: tuple[tuple[str, float], ...],
    language: str | None,
    denoise: bool,
    model: str | None,
    *,
    as_json: bool,
) -> None:
    """Make one captioned film of a conversation that was recorded at both ends.

    A TAKE is a take folder or any media file that FFmpeg reads; two to four people, and
    several takes of one person belong together. Interrupt it and run the same line again:
    it goes on where it was.
    """
    if len(takes) < 2:
        raise click.UsageError("a conversation needs at least two TAKEs")
    look = FilmLook(
        aspects=aspects,
        burn_captions=burn_captions,
        title=title,
        names=tuple(name.strip() for name in names.split(",")) if names else (),
        signpost=signpost,
        is_draft=draft,
        denoise=denoise,
    )
    request = FilmRequest(
        takes=takes,
        output=output,
        target_s=target_s,
        look=look,
        cut_file=cut_file,
        words_file=words_file,
        offsets=offsets,
        language=language,
    )
    with shown_progress(as_json=as_json) as progress:
        report = make_film(request, lambda: search_model(model), progress)
    show_result(report, _lines(report, output), as_json=as_json)


def _lines(report: dict[str, Any], output: Path) -> list[str]:
    lines = [f"{what:<10} {output / name}" for what, name in report["files"].items()]
    lines += [f"note: {note}" for note in report["notes"]]
    return lines
