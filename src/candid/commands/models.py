"""Where the command line looks for the speech model: `--model`, `CANDID_MODEL`, wheel, hub."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from candid.engine.transcript.models import ModelSource, find_model

_REPOSITORY = "Systran/faster-whisper-{name}"
_FILES = ["model.bin", "config.json", "tokenizer.json", "vocabulary.*", "preprocessor_config.json"]


def model_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--model` to a command."""
    text = (
        "Speech model: a folder, or a name such as base or tiny.en. Default: $CANDID_MODEL, "
        "else an installed wheel, else the model hub."
    )
    return click.option("--model", metavar="NAME|FOLDER", help=text)(command)


def search_model(model: str | None) -> ModelSource:
    """Find the model to use. Raises ModelMissingError with what was searched."""
    return find_model(model or os.environ.get("CANDID_MODEL") or None, hub=_hub_folder)


def _hub_folder(name: str) -> Path:
    """Return the folder of a model from the hub, fetching it if it is not there yet."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    repository = name if "/" in name else _REPOSITORY.format(name=name)
    try:
        return Path(snapshot_download(repository, allow_patterns=_FILES))
    except HFValidationError as error:
        raise FileNotFoundError(f"{name!r} is no name of a model") from error
    except OSError:
        raise
    except Exception as error:
        # The hub's client lets errors of its transport through, of no common kind.
        raise FileNotFoundError(
            str(error).splitlines()[0] if str(error) else "no answer"
        ) from error
