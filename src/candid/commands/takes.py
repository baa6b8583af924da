"""`candid takes`: the recordings of a conversation, out of the studio and into a folder."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from candid.commands.console import json_option, reports_errors, show_result
from candid.engine.errors import CandidError
from candid.engine.files import explained_output, replacing

if TYPE_CHECKING:
    from candid.site.recording.shelf import ShelvedFile, ShelvedTake


class TakesError(CandidError):
    """The takes cannot be brought; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A take folder that was written; `state` is what the studio says of the take."""

    folder: str
    participant_id: str
    state: str
    n_holes: int


@click.command()
@click.argument("call")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write take folders into; made where it is missing.",
)
@json_option
@reports_errors
def takes(call: str, output: Path, *, as_json: bool) -> None:
    """Bring the takes of the conversation CALL into a folder, ready for `candid film`.

    CALL is the conversation's id, which its receipts name. What is brought is written to the
    ledger, and the participants can read it. Settings are those of `candid serve`
    (docs/settings.md), wherever the recordings lie.
    """
    _set_up()
    found = _find(call)
    tried = {take.take_id: _bring(take, output / take.take_id) for take in found}
    brought = [one for one in tried.values() if one is not None]
    withheld = [take_id for take_id, one in tried.items() if one is None]
    lines = [f"{one.folder}: {one.state}, {one.n_holes} holes" for one in brought]
    lines += [_tell_withheld(output / take_id) for take_id in withheld]
    document = {"takes": [asdict(one) for one in brought], "withheld": withheld}
    show_result(document, lines, as_json=as_json)


def _tell_withheld(folder: Path) -> str:
    line = f"{folder.name}: not brought, for something that was struck is not found in it yet"
    return f"{line}; delete {folder}, which may hold it" if folder.exists() else line


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")
    from candid.site.environment import SettingError

    try:
        import django

        django.setup()
        from candid.site.recording.wiring import site_storage

        site_storage()
    except SettingError as error:
        raise TakesError(str(error)) from error


def _find(call: str) -> list[ShelvedTake]:
    """Return the takes of a conversation that is over. Raises TakesError."""
    from candid.site.conversations.models import Conversation
    from candid.site.recording import shelf

    with _told_in_one_line("the recordings"):
        kept = shelf.takes_of(call) if call in shelf.calls_kept() else []
        # Of an upload that was torn off a folder stays, and nothing in it.
        found = [take for take in kept if shelf.files_of(take)]
        is_ended = not Conversation.objects.filter(call_id=call, ended_at=None).exists()
    if not found:
        raise TakesError(f"nothing is kept of a conversation {call!r}; its receipts name its id")
    if not is_ended and any(_receipt_of(take)["state"] == "recording" for take in found):
        raise TakesError("this conversation is not over yet; end it at the desk first")
    return found


@contextmanager
def _told_in_one_line(what: str) -> Iterator[None]:
    """Turn what the studio refuses to tell of `what`, or cannot, into TakesError."""
    from django.db import DatabaseError

    from candid.site.recording.refusals import RefusedError

    try:
        yield
    except CandidError:
        raise
    except RefusedError as refused:
        raise TakesError(f"{what}: {refused.refusal.message}") from refused
    except OSError as error:
        raise TakesError(f"{what} cannot be read: {error.strerror or error}") from error
    except DatabaseError as error:
        raise TakesError(f"the database cannot be used: {error}") from error
    except ValueError as error:  # what lies beside the media
        raise TakesError(f"{what}: what is written of it cannot be read ({error})") from error


def _receipt_of(take: ShelvedTake) -> dict[str, Any]:
    from candid.site.recording import shelf

    with _told_in_one_line(f"take {take.take_id}"):
        return shelf.receipt_of(take)


def _bring(take: ShelvedTake, folder: Path) -> Brought | None:
    """Write one take folder, the ledger first; nothing where it may hold what was struck.

    That is looked at for each anew: gigabytes of another may have been written meanwhile.
    """
    from candid.site.agreements.deeds import BY_SERVER
    from candid.site.recording import shelf
    from candid.site.recording.actions import note_download

    with _told_in_one_line(f"take {take.take_id}"):
        files = shelf.files_to_give(take)
        receipt = shelf.receipt_of(take)
        if receipt["unplaced_strikes"]:
            return None
        note_download(take, BY_SERVER)
    with _whole(folder) as place:
        for file in files:
            with replacing(place / file.name) as draft, draft.open("wb") as written:
                for block in _blocks(take, file):
                    written.write(block)
    return Brought(str(folder), take.participant_id, str(receipt["state"]), len(receipt["holes"]))


def _blocks(take: ShelvedTake, file: ShelvedFile) -> Iterator[bytes]:
    with _told_in_one_line(f"take {take.take_id}, {file.name}"):
        yield from file.blocks()


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield where to write a folder that is to be there whole or not at all.

    One that is there already stays as it is until then, and goes: something of it may have been
    struck since. What a run that was killed has left of either goes too. Raises OutputError.
    """
    from candid.site.recording.drafts import PART, locked, put_out_of_the_way, sweep

    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{PART}")
    try:
        with explained_output(folder):
            draft.mkdir(parents=True)
            with locked(draft):
                yield draft
                if folder.exists():
                    put_out_of_the_way(folder)
                draft.rename(folder)
            sweep(folder.parent, f"{folder.name}.")
    finally:
        shutil.rmtree(draft, ignore_errors=True)
