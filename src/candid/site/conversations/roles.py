"""What each role may do at the desk. The administrator is Django's superuser."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_noop

from candid.site.conversations.models import RoleGrant

_DESK = ("wagtailadmin", "access_admin")
_OWN = "candid_conversations"
_AGREEMENTS = "candid_agreements"
_RECORDING = "candid_recording"
_PEOPLE = "candid_people"

# Codenames by the room that they belong to. Moderators and researchers see what they need to
# know of a conversation; their own rooms will add to this.
ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    gettext_noop("Organiser"): (
        _DESK,
        *(
            (_OWN, f"{what}_{model}")
            for model in ("conversation", "guide", "campaign")
            for what in ("add", "change", "delete", "view")
            if (what, model) != ("delete", "conversation")
        ),
        *(
            (_PEOPLE, f"{what}_{model}")
            for model in ("helpline", "helpcountry")
            for what in ("add", "change", "delete", "view")
        ),
        (_AGREEMENTS, "add_agreementtext"),
        (_AGREEMENTS, "view_agreementtext"),
        (_RECORDING, "view_receipts"),
        (_RECORDING, "download_originals"),
        (_RECORDING, "erase_recordings"),
    ),
    gettext_noop("Moderator"): (_DESK,),
    gettext_noop("Researcher"): (_DESK, (_OWN, "view_conversation"), (_OWN, "view_campaign")),
}


def load_roles() -> None:
    """Make the roles that are missing, and give each what it has not been given before.

    What an administrator added stays, and what one took away is not given again. A role that is
    older than the notes of what was given gets all that it lacks, once.
    """
    for name, wanted in ROLES.items():
        with transaction.atomic():
            group, _is_new = Group.objects.get_or_create(name=name)
            given = set(RoleGrant.objects.filter(role=name).values_list("room", "codename"))
            new = [each for each in wanted if each not in given]
            group.permissions.add(*(_find(app, codename) for app, codename in new))
            grants = [RoleGrant(role=name, room=app, codename=codename) for app, codename in new]
            RoleGrant.objects.bulk_create(grants, ignore_conflicts=True)


def _find(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)
