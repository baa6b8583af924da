"""`candid align`: recordings of one call onto one clock."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from candid.commands.console import json_option, reports_errors, show_result, shown_progress
from candid.commands.options import PATH, offset_option, output_option
from candid.engine.alignment.result import Alignment, alignment_document
from candid.engine.files import write_json
from candid.engine.production.aligning import AlignRequest, align_files
from candid.engine.production.outputs import refuse_overwriting


@click.command()
@click.argument("takes", metavar="A B [C [D]]", nargs=-1, required=True, type=PATH)
@click.option(
    "--heard-by-a",
    type=PATH,
    metavar="FILE",
    help="What A heard of the other, for plain files; take folders bring theirs.",
)
@click.option(
    "--heard-by-b",
    type=PATH,
    metavar="FILE",
    help="What B heard of the other, for plain files.",
)
@offset_option
@output_option("Where to write alignment.json.")
@json_option
@reports_errors
def align(
    takes: tuple[Path, ...],
    heard_by_a: Path | None,
    heard_by_b: Path | None,
    offsets: tuple[tuple[str, float], ...],
    output: Path,
    *,
    as_json: bool,
) -> None:
    """Put recordings of one call on one clock: offset, drift and holes, with a stated error.

    A and B are take folders or media files. The result holds for every take the knots of its
    map to the call clock, and for two takes the map from A's clock to B's.
    """
    if len(takes) < 2:
        raise click.UsageError("there is nothing to align with less than two recordings")
    if (heard_by_a or heard_by_b) and len(takes) != 2:
        raise click.UsageError("--heard-by-a and --heard-by-b go with two recordings")
    recordings = [*takes, *(path for path in (heard_by_a, heard_by_b) if path)]
    refuse_overwriting([output], recordings)
    request = AlignRequest(takes, (heard_by_a, heard_by_b), offsets)
    with shown_progress(as_json=as_json) as progress, tempfile.TemporaryDirectory() as work:
        alignment = align_files(request, Path(work), progress)
    document = alignment_document(alignment)
    write_json(output, document)
    show_result(document, _lines(alignment, output), as_json=as_json)


def _lines(alignment: Alignment, output: Path) -> list[str]:
    lines = [
        f"{take.take_id}: starts at {take.clock(0.0):.3f} s of the call, drifts "
        f"{-take.clock.drift_ppm():+.1f} ppm, within {take.error_s * 1000:.1f} ms "
        f"({', '.join(take.evidence)})"
        for take in alignment.takes
    ]
    lines += [
        f"{hole.take_id}: a hole of {hole.duration_s * 1000:.0f} ms at {hole.at_s:.2f} s"
        for hole in alignment.holes
    ]
    return [*lines, f"alignment  {output}"]
