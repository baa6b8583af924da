"""`candid render`: the film that a decision list describes."""

from __future__ import annotations

from pathlib import Path

import click

from candid.commands.console import json_option, reports_errors, show_result, shown_progress
from candid.commands.options import (
    PATH,
    aspect_option,
    burn_captions_option,
    draft_option,
    output_option,
)
from candid.engine.production.options import FilmLook
from candid.engine.production.render_job import render_cut


@click.command()
@click.argument("cut_file", metavar="CUT.JSON", type=PATH)
@output_option("The film, an .mp4 file; captions are written beside it.")
@aspect_option("Shape of the picture.")
@burn_captions_option
@draft_option
@json_option
@reports_errors
def render(
    cut_file: Path, output: Path, aspect: str, burn_captions: bool, draft: bool, *, as_json: bool
) -> None:
    """Draw the film of a cut.json, with its takes, alignment and transcript where it names them."""
    if output.suffix.lower() != ".mp4":
        raise click.UsageError("the film is an MP4 file; give -o a name that ends in .mp4")
    look = FilmLook(aspects=(aspect,), burn_captions=burn_captions, is_draft=draft)
    with shown_progress(as_json=as_json) as progress:
        document = render_cut(cut_file, output, look, progress)
    lines = [f"film       {output}", f"captions   {output.with_suffix('.vtt')}"]
    lines += [f"note: {note}" for note in document["notes"]]
    show_result(document, lines, as_json=as_json)
