"""What each role may do at the desk: the table of docs/studio.md, tried."""

import re
from pathlib import Path

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from candid.site.agreements.models import AgreementText
from candid.site.conversations.models import Campaign, Conversation, Guide, Participant, RoleGrant
from candid.site.conversations.roles import ROLES, load_roles
from candid.site.recording.models import Erasure
from tests.site.at_the_desk import enter_as
from tests.site.conversations.planning import PLAN
from tests.site.desk.kept import send_take, take_of
from tests.site.people_who_talk import invite_two_who_agreed

EVERYBODY = {"Organiser", "Researcher", "Moderator", "Administrator"}
ORGANISES = {"Organiser", "Administrator"}
READS = ORGANISES | {"Researcher"}

# What is asked for, and who is answered; anybody else is turned away.
PAGES = {
    "/desk/conversations/": READS,
    "/desk/conversations/new/": ORGANISES,
    "/desk/conversations/inspect/{conversation}/": READS,
    "/desk/conversations/edit/{conversation}/": ORGANISES,
    "/desk/conversations/delete/{conversation}/": {"Administrator"},
    "/desk/live/{call_id}/": READS,
    "/desk/guides/": ORGANISES,
    "/desk/campaigns/": READS,
    "/desk/campaigns/new/": ORGANISES,
    "/desk/agreements/": ORGANISES,
    "/desk/agreements/new/": ORGANISES,
    "/desk/agreements/preview/{text}/": ORGANISES,
    "/desk/recordings/{call_id}/{take}/receipt.json": ORGANISES,
    "/desk/recordings/{call_id}/erase/": ORGANISES,
    "/desk/users/": {"Administrator"},
}


class Scene:
    """A conversation with a take, and the addresses of it."""

    def __init__(self, studio):
        self.conversation, (self.rosa, self.daniel) = invite_two_who_agreed()
        send_take(studio, self.rosa)
        self.numbers = {
            "conversation": self.conversation.pk,
            "call_id": self.conversation.call_id,
            "take": take_of(self.rosa),
            "text": AgreementText.objects.get().pk,
        }


@pytest.fixture
def scene(studio):
    ContentType.objects.get_or_create(app_label="wagtailadmin", model="admin")
    load_roles()
    return Scene(studio)


@pytest.fixture(params=sorted(EVERYBODY))
def role(request):
    return request.param


@pytest.fixture
def somebody(scene, studio, role):
    """The desk of somebody who has this role alone."""
    staff = get_user_model().objects.create_user(
        "somebody", is_superuser=role == "Administrator", first_name="Somebody"
    )
    if role in ROLES:
        staff.groups.add(Group.objects.get(name=role))
    with httpx.Client(base_url=studio, timeout=60) as client:
        yield enter_as(client, staff)


def test_each_role_sees_the_pages_that_are_its_own(somebody, scene, role):
    seen = {
        page: somebody.client.get(page.format(**scene.numbers)).status_code == 200 for page in PAGES
    }
    assert seen == {page: role in roles for page, roles in PAGES.items()}


def test_each_role_that_enters_or_is_turned_away_comes_to_a_page(somebody, scene, role):
    for page in ["/desk/", "/desk/login/", *PAGES]:
        came = somebody.client.get(page.format(**scene.numbers), follow_redirects=True)
        assert came.status_code in (200, 403), page
    at = "/desk/account/" if role == "Moderator" else "/desk/conversations/"
    came = somebody.client.get("/desk/", follow_redirects=True)
    assert (came.status_code, came.url.path) == (200, at)


def test_who_may_open_nothing_more_still_comes_to_a_page(somebody, scene, role):
    taken = Permission.objects.exclude(codename="access_admin")
    for group in Group.objects.all():
        group.permissions.remove(*taken)
    came = somebody.client.get("/desk/", follow_redirects=True)
    assert came.status_code == 200


def test_only_who_organises_sees_links_receipts_and_what_can_be_done(somebody, scene, role):
    page = somebody.client.get(f"/desk/conversations/inspect/{scene.conversation.pk}/").text
    for words in (scene.rosa.link, "rosa@example.org", "all of it is here.", "Download originals"):
        assert (words in page) == (role in ORGANISES), words


# What is sent, who may, and what tells that it was done.
DEEDS = {
    "/desk/conversations/new/": (ORGANISES, lambda scene: Conversation.objects.count() == 2),
    "/desk/conversations/link/{rosa}/revoke/": (
        ORGANISES,
        lambda scene: Participant.objects.get(pk=scene.rosa.pk).is_revoked,
    ),
    "/desk/conversations/end/{conversation}/": (
        ORGANISES,
        lambda scene: Conversation.objects.get(pk=scene.conversation.pk).ended_at is not None,
    ),
    "/desk/guides/new/": (ORGANISES, lambda scene: Guide.objects.count() == 2),
    "/desk/campaigns/new/": (ORGANISES, lambda scene: Campaign.objects.exists()),
    "/desk/agreements/new/": (ORGANISES, lambda scene: AgreementText.objects.count() == 2),
    "/desk/recordings/{call_id}/erase/": (ORGANISES, lambda scene: Erasure.objects.exists()),
}
FIELDS = PLAN | {"questions": "Why?", "keep_days": "30", "language": "en", "body": "A\nB."}


@pytest.mark.parametrize("address", DEEDS)
def test_each_role_does_what_is_its_own(somebody, scene, role, address):
    roles, is_done = DEEDS[address]
    path = address.format(**scene.numbers, rosa=scene.rosa.pk)
    fields = FIELDS | ({"name": "New"} if "guides" in path or "campaigns" in path else {})
    answer = somebody.send(path, **fields)
    assert is_done(scene) == (role in roles), answer.text[:2000]


def test_originals_go_to_who_organises_alone(somebody, scene, role):
    path = "/desk/recordings/{call_id}/{take}/originals/".format(**scene.numbers)
    answer = somebody.send(path)
    assert (answer.headers.get("content-type") == "application/zip") == (role in ORGANISES)
    theirs = somebody.client.get(f"{scene.rosa.path}call/").text
    assert ("downloaded by Somebody" in theirs) == (role in ORGANISES)


def test_the_table_of_the_docs_names_the_same_roles():
    page = (Path(__file__).parents[3] / "docs/studio.md").read_text(encoding="utf-8")
    [header] = re.findall(r"^\| \| (organiser .*) \|$", page, re.MULTILINE)
    assert {name.strip().capitalize() for name in header.split("|")} == EVERYBODY


def may(role):
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_a_role_of_an_older_studio_gets_what_is_new_and_keeps_what_was_added(scene):
    organiser = Group.objects.get(name="Organiser")
    organiser.permissions.remove(Permission.objects.get(codename="erase_recordings"))
    organiser.permissions.add(Permission.objects.get(codename="delete_conversation"))
    RoleGrant.objects.filter(codename="erase_recordings").delete()
    load_roles()
    assert {"erase_recordings", "delete_conversation"} <= may("Organiser")


def test_what_an_administrator_took_away_is_not_given_again(scene):
    before = may("Organiser")
    taken = Permission.objects.get(codename="download_originals")
    Group.objects.get(name="Organiser").permissions.remove(taken)
    load_roles()
    assert may("Organiser") == before - {"download_originals"}
