"""`candid transcribe`: one microphone to timed words."""

from __future__ import annotations

from pathlib import Path

import click

from candid.commands.console import json_option, reports_errors, show_result, shown_progress
from candid.commands.models import model_option, search_model
from candid.commands.options import PATH, language_option, output_option, words_option
from candid.engine.production.transcript_job import TranscriptRequest, transcribe_file
from candid.engine.transcript.store import transcript_document


@click.command()
@click.argument("take", metavar="MEDIA|TAKE", type=PATH)
@output_option("Where to write transcript.json.")
@language_option
@words_option
@model_option
@json_option
@reports_errors
def transcribe(
    take: Path,
    output: Path,
    language: str | None,
    words_file: Path | None,
    model: str | None,
    *,
    as_json: bool,
) -> None:
    """Write down what was said in one recording, every word with its time.

    Corrections that lie in the output file already are kept. Interrupt it and run it again:
    it goes on where it was.
    """
    request = TranscriptRequest(take, output, language, words_file)
    with shown_progress(as_json=as_json) as progress:
        transcript = transcribe_file(request, lambda: search_model(model), progress)
    words = transcript.words
    lines = [
        f"{len(words)} words in {transcript.language}, model {transcript.model}",
        f"{sum('over_silence' in word.flags for word in words)} of them lie over silence, "
        f"{sum('unsure' in word.flags for word in words)} are unsure, "
        f"{len(transcript.corrections)} corrections lie over them",
        f"transcript {output}",
    ]
    show_result(transcript_document(transcript), lines, as_json=as_json)
