"""`candid enter`: a way into the desk for who has the server, when all others are lost."""

from __future__ import annotations

import os

import click

from candid.commands.console import json_option, reports_errors, show_result
from candid.engine.errors import CandidError


class EnterError(CandidError):
    """Nobody can be let in; the message says why."""


@click.command()
@click.argument("name")
@click.option(
    "--reset-second-factor",
    is_flag=True,
    help="Turn the second factor off, as after a lost device.",
)
@json_option
@reports_errors
def enter(name: str, *, reset_second_factor: bool, as_json: bool) -> None:
    """Print a one-time link into the desk for NAME, a sign-in name there.

    With the settings of the studio (docs/settings.md), which may be running meanwhile. What is
    done stands in the desk's log under "Who may enter".
    """
    address = _let_in(name, reset_second_factor=reset_second_factor)
    show_result({"name": name, "address": address}, [address], as_json=as_json)


def _let_in(name: str, *, reset_second_factor: bool) -> str:
    """Return the address of the link. Raises EnterError."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "candid.site.settings")
    from candid.site.environment import SettingError

    try:
        import django

        django.setup()
    except SettingError as error:
        raise EnterError(str(error)) from error
    from django.conf import settings
    from django.db import DatabaseError

    from candid.site.people import actions

    try:
        staff = actions.find_staff(name)
        if staff is None:
            raise EnterError(f"nobody at the desk is called {name}, or may enter no longer")
        if reset_second_factor:
            actions.reset_second_factor(staff, None)
        token = actions.invite_staff(staff, None)
    except DatabaseError as error:
        raise EnterError(f"the database cannot be opened: {error}") from error
    return f"{settings.ENVIRONMENT.origin}/desk/enter/{token}/"
