"""Whether a studio, with the settings that are given, reaches all that it needs."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import smtplib
import sqlite3
import ssl
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from candid.commands.database import UnreachedError, ask_postgresql
from candid.commands.findings import Finding, ill, well
from candid.site.environment import Environment, SettingError, database, email, read

if TYPE_CHECKING:
    from candid.site.recording.stores import Upload

PATIENCE_S = 10
# An hour of two people, at the recorder's highest rates.
_BYTES_AN_HOUR = 6_000_000_000
_PLACEHOLDER = "nothing is signed with this; the studio makes a key at its first start"


def check_studio(values: Mapping[str, str]) -> list[Finding]:
    """Return what was found of the studio; the settings alone where they cannot be read."""
    try:
        environment = _read(values)
        email(environment.email_url)
        database(environment.database_url)
    except SettingError as error:
        name = str(error).partition(":")[0]
        return [ill("settings", str(error), f"set {name} (docs/settings.md)")]
    kind = "production" if environment.is_production else "to try out"
    looks: list[Callable[[Environment], Finding]] = [_database, _media, _space, _email]
    return [
        well("settings", f"{kind}, {environment.origin}, {environment.home}"),
        *(look(environment) for look in looks),
        *_relays(environment),
    ]


def has_begun(values: Mapping[str, str], found: Iterable[Finding]) -> bool:
    """Tell whether this studio was started before, and its database answers, as was `found`."""
    try:
        environment = _read(values)
    except SettingError:
        return False
    parts = urlsplit(environment.database_url)
    if parts.scheme == "sqlite":
        is_there = Path("/", parts.path.lstrip("/")).is_file()
    else:  # not asked again: one that is away takes ten seconds to say so
        is_there = any(each.is_well for each in found if each.name == "database")
    return is_there and environment.secret_key != _PLACEHOLDER


def _read(values: Mapping[str, str]) -> Environment:
    """Read the settings, and make no key: nothing is changed here."""
    home = Path(values.get("CANDID_HOME", "candid-home"))
    is_production = values.get("CANDID_PRODUCTION", "no").lower() == "yes"
    is_made = bool(values.get("CANDID_SECRET_KEY")) or (home / "secret-key").is_file()
    if is_production or is_made:
        return read(values)
    return read({**values, "CANDID_SECRET_KEY": _PLACEHOLDER})


def _database(environment: Environment) -> Finding:
    parts = urlsplit(environment.database_url)
    try:
        if parts.scheme == "sqlite":
            return _sqlite(Path("/", parts.path.lstrip("/")))
        return well("database", ask_postgresql(environment.database_url))
    except (OSError, sqlite3.Error, UnreachedError) as error:
        mend = "start it, or see CANDID_DATABASE in docs/settings.md"
        return ill("database", _line(error), mend)


def _sqlite(path: Path) -> Finding:
    if not path.is_file():
        return well("database", f"{path} is made at the first start")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE_S)) as opened:
        [answer] = opened.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        return ill("database", f"{path}: {answer}", "bring back the last backup")
    return well("database", f"{path} opens and is whole")


def _media(environment: Environment) -> Finding:
    """Write as the ingest does: a file that is on the disk before it counts."""
    if environment.bucket:
        return _bucket(environment.bucket, environment)
    folder = environment.media
    if not folder.is_dir():
        return well("recordings", f"{folder} is made at the first start")
    try:
        began = time.monotonic()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(500_000))
            file.flush()
            os.fsync(file.fileno())
        took_ms = (time.monotonic() - began) * 1000
    except OSError as error:
        mend = f"let {_own_name()} write into it, or set CANDID_MEDIA"
        return ill("recordings", f"{folder}: {error.strerror}", mend)
    return well("recordings", f"{folder} takes 500 kB in {took_ms:.0f} ms, on the disk")


def _bucket(address: str, environment: Environment) -> Finding:
    """Write, write again on the condition that nothing is there, and remove it."""
    mend = "see CANDID_MEDIA in docs/settings.md"
    try:
        from candid.site.recording.bucket_store import open_bucket
    except ImportError:
        return ill("recordings", "obstore is not installed", "pip install 'candid[s3]'")
    may_be_plain = environment.bucket_endpoint.startswith("http://")
    store = open_bucket(address, environment.media, may_be_plain=may_be_plain)
    key = PurePosixPath("doctor", secrets.token_hex(8))
    try:
        began = time.monotonic()
        outcomes = [_write_once(store.upload(key), data) for data in (bytes(500_000), b"other")]
        took_ms = (time.monotonic() - began) * 1000
        store.remove([key])
    except OSError as error:
        return ill("recordings", f"{address}: {error.strerror}", mend)
    if outcomes != ["written", "other"]:
        return ill("recordings", f"{address} lets one upload take another's place", mend)
    return well("recordings", f"{address} takes 500 kB in {took_ms:.0f} ms, and never twice")


def _write_once(upload: Upload, data: bytes) -> str:
    upload.open()
    upload.write([data])
    return upload.publish(hashlib.sha256(data).digest())


def _own_name() -> str:
    return os.environ.get("USER") or f"user {os.getuid()}"


def _space(environment: Environment) -> Finding:
    folder = environment.media
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free, room for {free / _BYTES_AN_HOUR:.1f} hours of two people"
    if free < _BYTES_AN_HOUR:
        return ill("disk space", detail, "make room, or set CANDID_MEDIA")
    return well("disk space", detail)


def _email(environment: Environment) -> Finding:
    parts = urlsplit(environment.email_url)
    if parts.scheme == "console":
        words = "e-mails are printed, not sent"
        if environment.is_production:
            return ill("e-mail", words, "set CANDID_EMAIL to a mail server")
        return well("e-mail", words)
    known = email(environment.email_url)
    where = f"{parts.hostname}:{known['EMAIL_PORT']}"
    try:
        _greet(known)
    except (OSError, smtplib.SMTPException) as error:
        return ill("e-mail", f"{where}: {_line(error)}", "see CANDID_EMAIL in docs/settings.md")
    return well("e-mail", f"{where} lets the studio in, {_way(known)}; nothing was sent")


def _way(known: Mapping[str, object]) -> str:
    if known["EMAIL_USE_SSL"]:
        return "by TLS"
    return "by STARTTLS" if known["EMAIL_USE_TLS"] else "without TLS"


def _greet(known: Mapping[str, object]) -> None:
    """Go as far as a letter would, and send none."""
    host, port = str(known["EMAIL_HOST"]), int(str(known["EMAIL_PORT"]))
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if known["EMAIL_USE_SSL"]:
        server = smtplib.SMTP_SSL(host, port, timeout=PATIENCE_S, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE_S)
    with server:
        server.ehlo()
        if known["EMAIL_USE_TLS"]:
            server.starttls(context=context)
        if known["EMAIL_HOST_USER"]:
            server.login(str(known["EMAIL_HOST_USER"]), str(known["EMAIL_HOST_PASSWORD"]))


def _relays(environment: Environment) -> list[Finding]:
    if not environment.turn_urls:
        words = "none; about one call in ten finds no direct way"
        mend = "apt install coturn, then CANDID_TURN_URLS and _SECRET (docs/deploy.md)"
        return [(ill if environment.is_production else well)("relay", words, mend)]
    from candid.commands.relay_check import ask_relays
    from candid.site.call.ice import ice_servers

    servers = ice_servers(environment.turn_urls, environment.turn_secret, "doctor", time.time())
    return [
        ill("relay", f"{answer.url} {answer.trouble}", _mend_relay(answer.trouble))
        if answer.trouble
        else well("relay", f"{answer.url} relays, by credentials that end")
        for answer in ask_relays(servers)
    ]


def _mend_relay(trouble: str) -> str:
    if "certificate" in trouble.lower():
        return "give coturn a certificate of that name that holds (cert= and pkey=)"
    if trouble.startswith("refuses"):
        return "give coturn use-auth-secret and the secret of CANDID_TURN_SECRET"
    return "start coturn, and open its ports in the firewall (docs/deploy.md)"


def _line(error: Exception) -> str:
    """Return an error as one line."""
    return " ".join(str(error).split())
