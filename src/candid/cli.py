"""The command line: `candid film`, `serve` and the other commands of `COMMANDS`."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "film": "Make a captioned film of recordings of one conversation.",
    "align": "Put recordings of one call on one clock.",
    "transcribe": "Write down what was said in one recording.",
    "cut": "Propose a new cut for a film folder.",
    "render": "Draw the film of a cut.json.",
    "serve": "Run the studio: conversations in the browser, recorded at both ends.",
    "enter": "Print a one-time link into the studio's desk, when all other ways in are lost.",
    "takes": "Bring the takes of a conversation from the studio into a folder.",
    "doctor": "Tell what is installed and what is missing.",
}


class Commands(click.Group):
    """Loads a command when it is asked for: what is behind it takes seconds to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"candid.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="candid", message="candid %(version)s")
def main() -> None:
    """Make a captioned film of a conversation that was recorded at both ends.

    Exit codes: 0 it is done, 1 it could not be done (one line says why), 2 the command line
    cannot be understood.
    """
