"""Letters hold personal links: on the way they are encrypted, or they do not go."""

import pytest
from django.core.mail import get_connection, send_mail

from candid.site.environment import SettingError, email
from tests.site.mail_server import certificate_of, running_mail_server


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """A folder whose certificate this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_of(tmp_path)))
    return tmp_path


def send_by(settings, url):
    for name, value in email(url).items():
        setattr(settings, name, value)
    connection = get_connection(settings.EMAIL_BACKEND)
    try:
        send_mail("Hello", "A link", None, ["rosa@example.org"], connection=connection)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("url", "port", "way"),
    [
        ("smtp://mail.example.org", 587, "starttls"),
        ("smtp://mail.example.org:25", 25, "starttls"),
        ("smtp://192.0.2.7", 587, "starttls"),
        ("smtps://mail.example.org", 465, "tls"),
        ("smtps://localhost", 465, "tls"),
        ("smtp://localhost", 25, "none"),
        ("smtp://127.0.0.1:1025", 1025, "none"),
        ("smtp://[::1]", 25, "none"),
        ("smtp://localhost.example.org", 587, "starttls"),
        ("smtp://mail.example.org?tls=none", 25, "none"),
        ("smtp://mail.example.org/?tls=none", 25, "none"),
        ("smtp://localhost?tls=starttls", 587, "starttls"),
    ],
)
def test_what_is_not_on_this_machine_is_reached_encrypted_unless_it_is_said_otherwise(
    url, port, way
):
    read = email(url)
    assert read["EMAIL_PORT"] == port
    assert (read["EMAIL_USE_SSL"], read["EMAIL_USE_TLS"]) == (way == "tls", way == "starttls")


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example.org?tls=maybe",
        "smtp://mail.example.org?ssl=none",
        "smtp://mail.example.org?tls=none&tls=starttls",
        "smtps://mail.example.org?tls=none",
    ],
)
def test_a_way_that_is_not_understood_stops_the_start(url):
    with pytest.raises(SettingError, match=r"^CANDID_EMAIL: after \?"):
        email(url)


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_letter_and_the_password_travel_encrypted(trusted, settings, way):
    with running_mail_server(trusted, way) as (port, box):
        at = f"candid:secret@127.0.0.1:{port}"
        send_by(settings, f"smtps://{at}" if way == "tls" else f"smtp://{at}?tls=starttls")
    assert box.letters == [(["rosa@example.org"], True)]
    assert box.passwords == [b"secret"]


def test_a_server_that_offers_no_encryption_gets_neither_letter_nor_password(trusted, settings):
    with running_mail_server(trusted, "none") as (port, box):
        at = f"candid:secret@127.0.0.1:{port}"
        with pytest.raises(OSError, match="STARTTLS"):
            send_by(settings, f"smtp://{at}?tls=starttls")
        assert (box.letters, box.passwords) == ([], [])
        send_by(settings, f"smtp://{at}?tls=none")
    assert box.letters == [(["rosa@example.org"], False)]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path, settings):
    refused = pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED")
    with running_mail_server(tmp_path, "starttls") as (port, box), refused:
        send_by(settings, f"smtp://candid:secret@127.0.0.1:{port}?tls=starttls")
    assert (box.letters, box.passwords) == ([], [])
