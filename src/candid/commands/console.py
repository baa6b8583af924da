"""What all commands share: progress on stderr, results on stdout, one line for an error."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import click

from candid.engine import progress
from candid.engine.errors import CandidError

Arguments = ParamSpec("Arguments")

_LINE_EVERY_S = 10.0

json_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as JSON on stdout and nothing else."
)


def reports_errors(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Decorate a command: errors raised on purpose become one line and exit code 1."""

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CandidError as error:
            _fail(str(error), as_json=bool(kwargs.get("as_json")))
        except KeyboardInterrupt:
            line = "stopped; what is finished is kept, run the same line again to go on"
            _fail(line, as_json=bool(kwargs.get("as_json")))

    return run


def _fail(message: str, *, as_json: bool) -> None:
    line = " ".join(message.split())
    if as_json:
        click.echo(json.dumps({"error": line}, ensure_ascii=False))
    click.echo(f"candid: {line}", err=True)
    sys.exit(1)


def show_result(document: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    """Print a result: the JSON document, or the plain lines."""
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        for line in lines:
            click.echo(line)


@contextmanager
def shown_progress(*, as_json: bool) -> Iterator[progress.Progress]:
    """Yield a progress callback: a bar with the time left on a terminal, else lines.

    With `--json` nothing but errors is printed beside the result.
    """
    if as_json:
        yield progress.silent
    elif sys.stderr.isatty():
        # Drawing bars takes a tenth of a second to import.
        from candid.commands.bars import Bars

        with Bars() as bars:
            yield bars
    else:
        yield _Lines()


class _Lines:
    """A line when a step starts, one every ten seconds, one when it ends."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._shown: dict[str, float] = {}
        self._finished: set[str] = set()

    def __call__(self, step: str, done: float, total: float) -> None:
        if step in self._finished:
            return
        now = time.monotonic()
        started = self._started.setdefault(step, now)
        if total <= 0 or done >= total:
            self._finished.add(step)
            click.echo(f"{step}: done in {_clock(now - started)}", err=True)
        elif step not in self._shown or now - self._shown[step] >= _LINE_EVERY_S:
            self._shown[step] = now
            left = f", {_clock((now - started) * (total - done) / done)} left" if done > 0 else ""
            click.echo(f"{step}: {100 * done / total:.0f} %{left}", err=True)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
