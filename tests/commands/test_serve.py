"""`candid serve` as a person runs it: one process, one folder."""

import base64
import datetime as dt
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from candid.commands.certificate import load_certificate
from candid.commands.lan import find_lan_address
from tests.commands.serving import START_S, STOP_S, Studio, bare_environment, command, refusal


@pytest.fixture
def environment(tmp_path):
    return bare_environment(tmp_path / "home")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A home folder whose database is made, to copy: making it takes longest."""
    home = tmp_path_factory.mktemp("pristine")
    subprocess.run(command("--prepare"), env=bare_environment(home), check=True, timeout=START_S)
    return home


@pytest.fixture(scope="module")
def prepared(pristine, tmp_path_factory):
    """The studio that most tests here start."""
    home = tmp_path_factory.mktemp("prepared")
    return bare_environment(shutil.copytree(pristine, home, dirs_exist_ok=True))


@pytest.fixture
def start_in():
    started = []

    def start_one(environment, *options):
        started.append(Studio(environment, *options))
        return started[-1]

    yield start_one
    for studio in started:
        studio.close()


@pytest.fixture
def start(start_in, prepared):
    return functools.partial(start_in, prepared)


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


PRODUCTION = {
    "CANDID_PRODUCTION": "yes",
    "CANDID_ORIGIN": "https://talk.example.org",
    "CANDID_SECRET_KEY": "x" * 40,
    "CANDID_EMAIL": "smtp://mail.example.org",
}


@pytest.mark.parametrize("setting", ["CANDID_ORIGIN", "CANDID_SECRET_KEY", "CANDID_EMAIL"])
def test_in_production_a_missing_setting_stops_the_start_by_its_name(environment, setting):
    given = environment | PRODUCTION
    del given[setting]
    assert refusal(given, "--prepare").startswith(f"candid: {setting}:")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("CANDID_PRODUCTION", "perhaps"),
        ("CANDID_ORIGIN", "talk.example.org"),
        ("CANDID_SECRET_KEY", "short"),
        ("CANDID_DATABASE", "mysql://db.example.org/candid"),
        ("CANDID_EMAIL", "mail.example.org"),
        ("CANDID_TURN_URLS", "relay.example.org"),
        ("CANDID_LANGUAGE", "klingon"),
        ("CANDID_TIME_ZONE", "Leeds"),
        ("CANDID_HOME", "/proc/candid"),
    ],
)
def test_a_setting_that_cannot_be_understood_stops_the_start_by_its_name(
    environment, setting, value
):
    line = refusal(environment | {setting: value}, "--prepare")
    assert line.startswith(f"candid: {setting}:")


def test_a_folder_that_takes_no_relay_stops_the_start_by_name(environment):
    line = refusal(environment | {"CANDID_HOME": "/proc/candid"}, "--lan", "--port", "0")
    assert line.startswith("candid: CANDID_HOME:")


def test_a_relay_without_its_secret_stops_the_start(environment):
    line = refusal(environment | {"CANDID_TURN_URLS": "turn:relay.example.org"}, "--prepare")
    assert line.startswith("candid: CANDID_TURN_SECRET:")


def test_a_database_server_that_is_not_there_is_one_line(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://candid:secret@127.0.0.1:{port}/candid"
    line = refusal(environment | {"CANDID_DATABASE": url}, "--prepare")
    assert line.startswith("candid: CANDID_DATABASE:")
    assert "secret" not in line


def test_a_database_that_somebody_else_holds_is_one_line(prepared):
    path = Path(prepared["CANDID_HOME"], "candid.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        line = refusal(prepared, "--port", "0")
    assert line == "candid: the database cannot be used: database is locked"


def agree(address):
    """Open a personal link and agree, as a browser without scripts would; return the page."""
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        page = client.get(address)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        call = client.post(page.url, data=hidden | {"answer": "yes", "name": "Rosa"})
    found = re.search(r'<script id="call" type="application/json">(.*?)</script>', call.text)
    return json.loads(found[1])


def hear_out(live):
    """Hear whatever is still said. Raises ConnectionClosed at the end of it."""
    while True:
        live.recv()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_stopped_in_a_call_and_an_upload_it_ends_well_and_keeps_what_it_acknowledged(
    start_in, pristine, tmp_path, number
):
    # A studio of its own: in the other, recordings were erased, and nothing more is taken.
    home = shutil.copytree(pristine, tmp_path / "home")
    studio = start_in(bare_environment(home))
    rosa = httpx.URL(studio.addresses["Rosa"])
    call = agree(rosa)
    take = f"{call['participant_id']}-{'SIGINT00' if number == signal.SIGINT else 'SIGTERM0'}"
    kept, torn = os.urandom(300_000), os.urandom(300_000)

    def headers(data):
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return {
            "Authorization": f"Bearer {call['upload']['token']}",
            "Content-Digest": f"sha-256=:{digest}:",
        }

    base = rosa.copy_with(path=f"{call['upload']['base']}/{take}/")
    told = httpx.put(base.join("microphone/0"), content=kept, headers=headers(kept), timeout=60)
    assert told.status_code == 201
    live = str(rosa.join(call["live"]).copy_with(scheme="ws"))
    with connect(live, origin=str(rosa.join("/")).rstrip("/")) as socket_of_call:
        assert json.loads(socket_of_call.recv())["type"] == "welcome"
        with socket.create_connection((rosa.host, rosa.port)) as upload:
            lines = [
                f"PUT {base.join('microphone/1').path} HTTP/1.1",
                f"Host: {rosa.netloc.decode()}",
            ]
            lines += [f"{name}: {value}" for name, value in headers(torn).items()]
            lines += [f"Content-Length: {len(torn)}", "", ""]
            upload.sendall("\r\n".join(lines).encode() + torn[:100_000])
            code, _out, err = studio.stop(number)
        with pytest.raises(ConnectionClosed) as closed:
            hear_out(socket_of_call)
    assert (code, err) == (0, "")
    assert closed.value.rcvd.code == 1012
    folder = home / "media/calls" / call["call_id"] / call["participant_id"]
    arrived = [path for path in (folder / take / "microphone").iterdir() if path.suffix == ".m4s"]
    assert [path.read_bytes() for path in arrived] == [kept]


def children_of(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(is_so):
    until_s = time.monotonic() + STOP_S
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def relay_of(studio):
    """Wait for the studio's relay; return its process id."""
    wait_until(lambda: any(is_relay(pid) for pid in children_of(studio.process.pid)))
    [relay] = children_of(studio.process.pid)
    return relay


def is_relay(pid):
    return b"turnserver" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_the_relay_of_the_house_lives_and_ends_with_the_studio(start, prepared, number):
    if find_lan_address() is None:
        return  # no house; that a machine without a network is told so, another test shows
    studio = start("--lan")
    relay = relay_of(studio)
    secret = Path(prepared["CANDID_HOME"], "relay", "turnserver.conf")
    assert secret.stat().st_mode & 0o077 == 0
    studio.process.send_signal(number)
    _out, err = studio.process.communicate(timeout=STOP_S)
    assert err == ""
    wait_until(lambda: not is_alive(relay))


def test_a_relay_that_died_is_reported_and_started_again(start):
    if find_lan_address() is None:
        return
    studio = start("--lan")
    relay = relay_of(studio)
    os.kill(relay, signal.SIGKILL)
    wait_until(lambda: children_of(studio.process.pid) not in ([], [relay]))
    code, _out, err = studio.stop()
    assert code == 0
    assert "the relay (coturn) ended by itself (code -9)" in err


def test_the_tables_are_those_of_the_models(prepared):
    """A model that was changed without its migration would fail in a studio that exists."""
    check = [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"]
    settings = {"DJANGO_SETTINGS_MODULE": "candid.site.settings"}
    done = subprocess.run(
        check, env=prepared | settings, capture_output=True, text=True, timeout=START_S
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_phone_in_the_house_reaches_it_with_a_certificate_for_its_address(start, prepared):
    address = find_lan_address()
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
    first = load_certificate(tmp_path, "192.168.1.7", now).certificate.read_bytes()
    later = load_certificate(tmp_path, "192.168.1.7", now + dt.timedelta(days=300))
    assert later.certificate.read_bytes() == first
    at_last = load_certificate(tmp_path, "192.168.1.7", now + dt.timedelta(days=340))
    assert at_last.certificate.read_bytes() != first
    assert at_last.key.stat().st_mode & 0o077 == 0
