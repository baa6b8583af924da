"""What happens before the first page: the database, what a fresh studio holds, who may enter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from candid.site.agreements.actions import load_first_text
from candid.site.conversations.actions import load_first_guide, load_sample
from candid.site.conversations.models import Conversation
from candid.site.conversations.roles import load_roles
from candid.site.people.actions import load_first_helplines, make_first_organiser, make_sign_in
from candid.site.production.sample import load_finished_sample
from candid.site.recording.wiring import reach_recordings


@dataclass(frozen=True, slots=True)
class Invitation:
    """A line for who starts the studio: whom an address is for."""

    whom: str
    address: str


def prepare(sample: Path | None = None) -> None:
    """Bring the database up to date and put into a fresh one what a studio begins with.

    With `sample`, also the finished conversation that lies in that folder. Raises OSError,
    DatabaseError, BadInputError, SettingError where the recordings' place is not to be had.
    """
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    reach_recordings()
    if not is_up_to_date():
        call_command("migrate", verbosity=0)
    load_roles()
    load_first_text()
    load_first_guide()
    load_first_helplines()
    if not settings.ENVIRONMENT.is_production:
        load_sample()
    if sample is not None:
        load_finished_sample(sample)


def is_up_to_date() -> bool:
    """Tell whether the database has been through every migration, by their names alone.

    To load them all, as `migrate` does to find that nothing is to do, takes half a second.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    return all(
        (app.label, path.stem) in applied
        for app in apps.get_app_configs()
        for path in Path(app.path, "migrations").glob("[!_]*.py")
    )


def invite() -> list[Invitation]:
    """Return the addresses to print: the way in for the organiser, and the sample's links."""
    lines = [Invitation("Organiser", _sign_in_address())] if _needs_sign_in() else []
    sample = None if settings.ENVIRONMENT.is_production else load_sample()
    return lines + (_links_of(sample) if sample else [])


def _links_of(conversation: Conversation) -> list[Invitation]:
    return [
        Invitation(one.name, f"{settings.ENVIRONMENT.origin}{one.path}")
        for one in conversation.participants.all()
        if not one.is_revoked
    ]


def _sign_in_address() -> str:
    token = make_sign_in(make_first_organiser())
    return f"{settings.ENVIRONMENT.origin}/desk/enter/{token}/"


def _needs_sign_in() -> bool:
    """On this machine always; in production until somebody has a password of their own."""
    if not settings.ENVIRONMENT.is_production:
        return True
    staff = get_user_model().objects.filter(is_superuser=True, is_active=True)
    return not any(one.has_usable_password() for one in staff)
