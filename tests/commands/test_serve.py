"""`candid serve` as a person runs it: one process, one folder."""

import datetime as dt
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from candid.commands import lan
from tests.commands.serving import START_S, Studio, bare_environment, command, refusal


@pytest.fixture
def environment(tmp_path):
    return bare_environment(tmp_path / "home")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A home folder whose database is made; making it takes longest."""
    own = bare_environment(tmp_path_factory.mktemp("prepared"))
    subprocess.run(command("--prepare"), env=own, check=True, timeout=START_S)
    return own


@pytest.fixture
def start(prepared):
    started = []

    def start_one(*options):
        started.append(Studio(prepared, *options))
        return started[-1]

    yield start_one
    for studio in started:
        studio.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_answers_at_every_address_that_it_prints_and_ends_without_an_error(start, number):
    studio = start()
    assert sorted(studio.addresses) == ["Daniel", "Organiser", "Rosa"]
    for address in studio.addresses.values():
        assert httpx.get(address, follow_redirects=True, timeout=60).status_code == 200
    assert studio.stop(number) == (0, "", "")


KEPT_FOR_TWO_YEARS = """
import datetime as dt
import django
django.setup()
from django.conf import settings
from django.utils import timezone
from candid.site.conversations.models import Participant
from candid.site.recording.models import Keeping
rosa = Participant.objects.get(name="Rosa")
call_id, now = rosa.conversation.call_id, timezone.now()
Keeping.objects.create(
    call_id=call_id, since=now - dt.timedelta(days=730), announced_at=now - dt.timedelta(days=8)
)
name = f"{rosa.participant_id}-00000001"
folder = settings.MEDIA_ROOT / "calls" / call_id / rosa.participant_id / name / "camera"
folder.mkdir(parents=True)
(folder / "000000.m4s").write_bytes(b"what nobody may keep any longer")
"""


def test_it_erases_recordings_whose_time_is_over_without_being_asked(start, prepared):
    settings = {"DJANGO_SETTINGS_MODULE": "candid.site.settings"}
    subprocess.run([sys.executable, "-c", KEPT_FOR_TWO_YEARS], env=prepared | settings, check=True)
    media = Path(prepared["CANDID_HOME"]) / "media"
    assert list(media.rglob("*.m4s"))
    # A round begins before the addresses are printed, and is done before the process ends.
    code, _letters, err = start().stop()
    assert (code, err) == (0, "")
    assert not list(media.rglob("*.m4s"))


def test_links_hold_over_a_restart_and_the_organiser_gets_a_new_one(start):
    first = start()
    first.stop()
    second = start()
    paths = [httpx.URL(studio.addresses["Rosa"]).path for studio in (first, second)]
    assert paths[0] == paths[1]
    assert first.addresses["Organiser"] != second.addresses["Organiser"]


def test_an_upload_reaches_the_receiver_past_the_pages(start):
    rosa = httpx.URL(start().addresses["Rosa"])
    take = f"{rosa.path.split('/')[2].split('.')[0]}-12345678"
    refused = httpx.get(rosa.copy_with(path=f"/ingest/takes/{take}"), timeout=60)
    assert refused.status_code == 401


def test_the_key_is_for_its_owner_alone(prepared):
    key = Path(prepared["CANDID_HOME"], "secret-key").stat()
    assert key.st_mode & 0o077 == 0


def test_a_port_that_is_taken_is_one_line(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = refusal(environment, "--port", str(taken.getsockname()[1]))
    assert "give another with --port" in line


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("CANDID_SECRET_KEY", {"CANDID_ORIGIN": "https://talk.example.org"}),
        ("CANDID_ORIGIN", {"CANDID_SECRET_KEY": "x" * 40, "CANDID_ORIGIN": "http://x.example"}),
    ],
)
def test_in_production_a_missing_setting_stops_the_start_by_its_name(environment, setting, given):
    line = refusal(environment | given | {"CANDID_PRODUCTION": "yes"}, "--prepare")
    assert line.startswith(f"candid: {setting}:")


def test_the_tables_are_those_of_the_models(prepared):
    """A model that was changed without its migration would fail in a studio that exists."""
    check = [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"]
    settings = {"DJANGO_SETTINGS_MODULE": "candid.site.settings"}
    done = subprocess.run(
        check, env=prepared | settings, capture_output=True, text=True, timeout=START_S
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_phone_in_the_house_reaches_it_with_a_certificate_for_its_address(start, prepared):
    address = lan.find_lan_address()
    if address is None:  # a machine without any network is told so
        assert "join one" in refusal(prepared, "--lan")
        return
    rosa = start("--lan").addresses["Rosa"]
    assert rosa.startswith(f"https://{address}:")
    [certificate] = Path(prepared["CANDID_HOME"]).glob("lan-*.pem")
    trusting = ssl.create_default_context(cafile=str(certificate))
    page = httpx.get(rosa, verify=trusting, follow_redirects=True, timeout=60)
    assert page.status_code == 200
    assert "connect-src 'self' wss://" in page.headers["content-security-policy"]


def test_a_certificate_is_kept_until_it_is_about_to_end(tmp_path):
    now = dt.datetime(2026, 3, 12, tzinfo=dt.UTC)
    first = lan.load_certificate(tmp_path, "192.168.1.7", now).certificate.read_bytes()
    later = lan.load_certificate(tmp_path, "192.168.1.7", now + dt.timedelta(days=300))
    assert later.certificate.read_bytes() == first
    at_last = lan.load_certificate(tmp_path, "192.168.1.7", now + dt.timedelta(days=340))
    assert at_last.certificate.read_bytes() != first
    assert at_last.key.stat().st_mode & 0o077 == 0
