"""`candid doctor` on a studio: real servers that answer, refuse or are not there."""

import json
import random
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from candid.commands.relay import prepare_relay
from candid.commands.relay_check import ask_relays, read_relay_address
from candid.commands.studio_check import check_studio
from candid.site.call.ice import ice_servers
from tests.commands.serving import bare_environment
from tests.site.mail_server import certificate_of, running_mail_server

PATIENCE_S = 30
KEY = "k" * 40


@contextmanager
def running_relay(folder):
    """coturn as the studio starts it, on a loopback address that no other test has."""
    host = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.1"
    relay = prepare_relay(host, folder)
    assert relay is not None, "coturn is missing; on Debian: apt install coturn"
    with subprocess.Popen(relay.command, stdout=subprocess.DEVNULL) as process:
        try:
            await_answer(host, read_relay_address(relay.urls[0]).port)
            yield relay
        finally:
            process.terminate()


def await_answer(host, port):
    until = time.monotonic() + PATIENCE_S
    while not answers(host, port):
        assert time.monotonic() < until, "coturn does not come up"
        time.sleep(0.05)


def answers(host, port):
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


def studio(home, **settings):
    """What is found, by name; where a name comes twice, the last of it."""
    values = {f"CANDID_{name}": value for name, value in settings.items()}
    return {each.name: each for each in check_studio({"CANDID_HOME": str(home)} | values)}


@pytest.fixture
def home(tmp_path):
    """The folder of a studio that has been started once, as far as this looks at it."""
    (tmp_path / "home" / "media").mkdir(parents=True)
    return tmp_path / "home"


def test_a_relay_answers_by_udp_and_tcp_with_credentials_that_end(tmp_path):
    with running_relay(tmp_path / "relay") as relay:
        servers = ice_servers(relay.urls, relay.secret, "somebody", time.time())
        answered = ask_relays(servers)
    assert [each.url.rpartition("=")[2] for each in answered] == ["udp", "tcp"]
    assert [each.trouble for each in answered] == ["", ""]


def test_a_relay_that_has_another_secret_is_told_from_one_that_is_not_there(tmp_path, home):
    with running_relay(tmp_path / "relay") as relay:
        other = studio(home, TURN_URLS=relay.urls[1], TURN_SECRET="another")["relay"]
    gone = studio(home, TURN_URLS=relay.urls[1], TURN_SECRET=relay.secret)["relay"]
    assert (other.is_well, gone.is_well) == (False, False)
    assert "refuses" in other.detail
    assert "CANDID_TURN_SECRET" in other.mend
    assert "start coturn" in gone.mend


def test_credentials_whose_time_is_over_are_refused(tmp_path):
    with running_relay(tmp_path / "relay") as relay:
        yesterday = time.time() - 24 * 3600
        [answer, _tcp] = ask_relays(ice_servers(relay.urls, relay.secret, "x", yesterday))
    assert "refuses" in answer.trouble


@pytest.mark.parametrize(
    ("url", "host", "port", "transport", "is_tls"),
    [
        ("turn:talk.example.org", "talk.example.org", 3478, "udp", False),
        ("turn:talk.example.org:99?transport=tcp", "talk.example.org", 99, "tcp", False),
        ("turns:talk.example.org", "talk.example.org", 5349, "tcp", True),
        ("turn:[2001:db8::1]:3479", "2001:db8::1", 3479, "udp", False),
    ],
)
def test_an_address_of_a_relay_is_read_as_browsers_do(url, host, port, transport, is_tls):
    read = read_relay_address(url)
    assert (read.host, read.port, read.transport, read.is_tls) == (host, port, transport, is_tls)


@pytest.mark.parametrize("url", ["turn:", "turn:x?transport=sctp", "turn:x:y"])
def test_an_address_that_is_none_is_said_so(home, url):
    found = studio(home, TURN_URLS=f"turn:127.0.0.1:1?transport=tcp {url}", TURN_SECRET="x")
    assert not found["relay"].is_well


def test_a_missing_secret_of_the_relay_is_named(home):
    assert "CANDID_TURN_SECRET" in studio(home, TURN_URLS="turn:x")["settings"].detail


class MailServer(threading.Thread):
    """Says what an SMTP server says to somebody who comes and goes."""

    def __init__(self, greeting):
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.heard = []
        self._greeting = greeting

    def run(self):
        with self.listening, self.listening.accept()[0] as client, client.makefile("rwb") as talk:
            talk.write(self._greeting + b"\r\n")
            talk.flush()
            for line in talk:
                self.heard.append(line.split()[0].upper())
                talk.write(b"221 bye\r\n" if self.heard[-1] == b"QUIT" else b"250 well\r\n")
                talk.flush()


@pytest.mark.parametrize(("greeting", "is_well"), [(b"220 here", True), (b"554 go away", False)])
def test_the_mail_server_is_greeted_and_sent_nothing(home, greeting, is_well):
    server = MailServer(greeting)
    server.start()
    found = studio(home, EMAIL=f"smtp://{server.address}")["e-mail"]
    server.join(PATIENCE_S)
    assert found.is_well == is_well
    assert not {b"MAIL", b"RCPT", b"DATA"} & set(server.heard)


@pytest.mark.parametrize(
    ("way", "url", "words"),
    [
        ("starttls", "smtp://candid:secret@127.0.0.1:{}?tls=starttls", "by STARTTLS"),
        ("tls", "smtps://candid:secret@127.0.0.1:{}", "by TLS"),
        ("none", "smtp://candid:secret@127.0.0.1:{}", "without TLS"),
    ],
)
def test_the_way_to_the_mail_server_is_said(home, tmp_path, monkeypatch, way, url, words):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_of(tmp_path)))
    with running_mail_server(tmp_path, way) as (port, box):
        found = studio(home, EMAIL=url.format(port))["e-mail"]
    assert found.is_well
    assert words in found.detail
    assert (box.passwords, box.letters) == ([b"secret"], [])


def test_a_mail_server_without_the_encryption_that_is_wanted_is_told_no_password(home, tmp_path):
    with running_mail_server(tmp_path, "none") as (port, box):
        url = f"smtp://candid:secret@127.0.0.1:{port}?tls=starttls"
        found = studio(home, EMAIL=url)["e-mail"]
    assert not found.is_well
    assert "STARTTLS" in found.detail
    assert box.passwords == []


def test_a_mail_server_that_is_not_there_is_one_line(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = studio(home, EMAIL=f"smtp://127.0.0.1:{port}")["e-mail"]
    assert not found.is_well
    assert "\n" not in found.detail


def test_what_a_trial_may_lack_a_server_may_not(home):
    trial = studio(home)
    given = {"ORIGIN": "https://talk.example.org", "SECRET_KEY": KEY, "EMAIL": "console:"}
    server = studio(home, PRODUCTION="yes", **given)
    for name in ("e-mail", "relay"):
        assert (trial[name].is_well, server[name].is_well) == (True, False)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "CANDID_ORIGIN"),
        ({"ORIGIN": "https://talk.example.org"}, "CANDID_SECRET_KEY"),
        ({"ORIGIN": "https://talk.example.org", "SECRET_KEY": KEY}, "CANDID_EMAIL"),
    ],
)
def test_a_setting_that_is_missing_in_production_is_named(home, given, named):
    found = studio(home, PRODUCTION="yes", **given)
    assert list(found) == ["settings"]
    assert named in found["settings"].mend


def test_a_database_that_is_damaged_or_not_there_is_said_so(home):
    assert "first start" in studio(home)["database"].detail
    (home / "candid.sqlite3").write_bytes(b"no database at all, but long enough to look like one")
    assert not studio(home)["database"].is_well
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for options in ("", "?connect_timeout=3"):
        url = f"postgresql://a:b@127.0.0.1:{port}/candid{options}"
        gone = studio(home, DATABASE=url)["database"]
        assert not gone.is_well
        assert "\n" not in gone.detail


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE", "postgresql://candid:{}@127.0.0.1:9/candid"),
        ("EMAIL", "smtp://candid:{}@127.0.0.1:9"),
        ("TURN_URLS", "turn:candid:{}@127.0.0.1:9"),
    ],
)
@pytest.mark.parametrize("spoiled_by", ["/", "?", "#", "%zz", "[", "]", "@", ":", "1/", "1#"])
def test_no_password_is_told_however_it_spoils_an_address(home, name, address, spoiled_by):
    password = f"{spoiled_by}hush{spoiled_by}hush"
    given = {name: address.format(password), "TURN_SECRET": "hush"}
    found = studio(home, **given)
    assert not all(each.is_well for each in found.values())
    assert "hush" not in str(found)


def test_a_bucket_at_what_is_no_address_is_named(home):
    values = {"CANDID_HOME": str(home), "CANDID_MEDIA": "s3://talk", "AWS_ENDPOINT_URL": "here, s3"}
    [found] = check_studio(values)
    assert "AWS_ENDPOINT_URL" in found.mend


def test_nothing_is_made_by_looking(tmp_path):
    studio(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_written_is_said_so(home):
    (home / "media").rmdir()
    assert studio(home)["recordings"].is_well
    media = "/proc/self"  # a folder in which nobody makes a file, not even root
    assert not studio(home, MEDIA=media)["recordings"].is_well


@pytest.fixture
def doctor(tmp_path):
    """The command, on a studio in this folder; what it finds, by name."""

    def run(*options, **settings):
        done = subprocess.run(
            [sys.executable, "-m", "candid", "doctor", "--json", *options],
            env=bare_environment(tmp_path) | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        return {each["name"]: each for each in json.loads(done.stdout)["findings"]}

    return run


def test_the_ledger_of_a_studio_that_was_never_started_is_not_begun_by_looking(doctor, tmp_path):
    assert "ledger" not in doctor()
    assert not doctor("--ledger-entry", "0" * 64)["ledger"]["is_well"]
    assert not list(tmp_path.rglob("*.sqlite3"))
    assert not list(tmp_path.rglob("secret-key"))


def test_a_database_that_is_away_is_asked_once(doctor, tmp_path):
    (tmp_path / "secret-key").write_text(KEY)
    asked = []

    def refuse():
        with suppress(OSError):  # over
            while True:
                connection, _address = listening.accept()
                asked.append(connection)
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=refuse, daemon=True).start()
        where = f"127.0.0.1:{listening.getsockname()[1]}/candid?sslmode=disable&gssencmode=disable"
        found = doctor(CANDID_DATABASE=f"postgresql://a:b@{where}")
        listening.shutdown(socket.SHUT_RDWR)
    assert not found["database"]["is_well"]
    assert "ledger" not in found
    assert len(asked) == 1


def test_the_command_says_all_of_it_as_json_and_ends_with_1(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "candid", "doctor", "--json"],
        env=bare_environment(tmp_path) | {"CANDID_PRODUCTION": "yes"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert "CANDID_ORIGIN" in found["settings"]["detail"]
