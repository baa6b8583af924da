"""`candid doctor`: what is installed, what is missing, and what the studio can reach."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib import metadata

import click

from candid.commands.console import json_option, reports_errors, show_result
from candid.commands.findings import Finding, ill
from candid.commands.ledger_check import read_ledger
from candid.commands.studio_check import check_studio, has_begun
from candid.engine.errors import CandidError, ModelMissingError
from candid.engine.film.noise import require_filter
from candid.engine.transcript.models import find_model

_LIBRARIES = ("av", "numpy", "scipy", "pillow", "faster-whisper", "opentimelineio")
_ENCODERS = {"libx264": "needed for every film", "aac": "needed for every film"}


@click.command()
@click.option("--model", help="The speech model to look for, as in `candid film --model`.")
@click.option("--ledger-entry", help="The hash of an entry of the ledger, as in a signed copy.")
@json_option
@reports_errors
def doctor(model: str | None, ledger_entry: str | None, *, as_json: bool) -> None:
    """Tell what is installed, what is missing, and whether the studio reaches what it needs.

    The studio is looked at with the settings of the environment, as `candid serve` would be.
    """
    studio = check_studio(os.environ)
    findings = [
        _python(),
        *map(_library, _LIBRARIES),
        *map(_encoder, _ENCODERS),
        _model(model),
        _noise(),
        *studio,
        *_ledger(ledger_entry, studio),
    ]
    document = {
        "is_well": all(f.is_well for f in findings),
        "findings": [asdict(f) for f in findings],
    }
    lines = [_line(finding) for finding in findings]
    show_result(document, lines, as_json=as_json)
    if not document["is_well"]:
        raise SystemExit(1)


def _line(finding: Finding) -> str:
    mark = "well   " if finding.is_well else "TROUBLE"
    mend = f"; to mend it: {finding.mend}" if finding.mend else ""
    return f"{mark} {finding.name:<16} {finding.detail}{mend}"


def _ledger(noted: str | None, found: list[Finding]) -> list[Finding]:
    """Read the ledger of a studio that was started before; a new one is not begun by looking."""
    if has_begun(os.environ, found):
        return [read_ledger(noted)]
    if noted:
        return [ill("ledger", "there is none that the entry could be in", "see CANDID_DATABASE")]
    return []


def _python() -> Finding:
    return Finding("python", is_well=True, detail=platform.python_version())


def _library(name: str) -> Finding:
    try:
        return Finding(name, is_well=True, detail=metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, is_well=False, detail="is not installed", mend=f"pip install {name}")


def _encoder(name: str) -> Finding:
    try:
        import av

        av.Codec(name, "w")
    except (ImportError, ValueError):
        return Finding(
            name, is_well=False, detail=_ENCODERS[name], mend="pip install 'av>=18.1,<19'"
        )
    return Finding(name, is_well=True, detail=f"encoder, FFmpeg {av.ffmpeg_version_info}")


def _model(name: str | None) -> Finding:
    try:
        source = find_model(name or os.environ.get("CANDID_MODEL") or None)
    except CandidError as error:
        mend = "pip install 'candid[speech-base]'"
        return Finding("speech model", is_well=False, detail=str(error), mend=mend)
    return Finding(
        "speech model", is_well=True, detail=f"{source.name}, {source.kind} {source.folder}"
    )


def _noise() -> Finding:
    """Look for the noise suppression, which nobody needs."""
    try:
        require_filter()
    except ModelMissingError:
        mend = "pip install 'candid[noise]'"
        return Finding("noise filter", is_well=True, detail="is not installed; optional", mend=mend)
    return Finding("noise filter", is_well=True, detail="for --denoise")
