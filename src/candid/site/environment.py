"""What the environment says: read here, once, and nowhere else in the site.

Every setting has a name, a meaning and a default, listed in docs/settings.md.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import zoneinfo
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.conf.global_settings import LANGUAGES

_EMAIL_PORTS = {"tls": 465, "starttls": 587, "none": 25}
STAFF_ROLES = ("administrator", "organiser", "moderator", "researcher")


class SettingError(Exception):
    """A setting is missing or cannot be understood; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of a site. `home` holds the database, the media and the key by default."""

    home: Path
    secret_key: str
    is_production: bool
    hosts: tuple[str, ...]
    origin: str
    database_url: str
    media: Path
    bucket: str | None
    bucket_endpoint: str
    email_url: str
    email_from: str
    turn_urls: tuple[str, ...]
    turn_secret: str
    language: str
    time_zone: str
    second_factor_of: tuple[str, ...]
    proxies: tuple[str, ...]

    def is_own(self, origin: str) -> bool:
        """Tell whether an Origin header names this site."""
        host = urlsplit(origin).hostname or ""
        return host in [own.strip("[]") for own in self.hosts]


def read(values: Mapping[str, str] = os.environ) -> Environment:
    """Read the settings. Raises SettingError, naming the setting."""
    home = Path(values.get("CANDID_HOME", "candid-home")).absolute()
    is_production = _flag(values, "CANDID_PRODUCTION")
    origin = values.get("CANDID_ORIGIN", "http://127.0.0.1:8000").rstrip("/")
    if is_production and not origin.startswith("https://"):
        raise SettingError("CANDID_ORIGIN: give the site's address, beginning with https://")
    host = urlsplit(origin).hostname
    if not host:
        raise SettingError("CANDID_ORIGIN: not an address; give one like https://talk.example.org")
    media = values.get("CANDID_MEDIA", str(home / "media"))
    bucket = _bucket(media)
    return Environment(
        home=home,
        secret_key=_secret_key(values, home, is_production=is_production),
        is_production=is_production,
        hosts=(host, *(() if is_production else ("127.0.0.1", "localhost", "[::1]"))),
        origin=origin,
        database_url=values.get("CANDID_DATABASE", f"sqlite:///{home / 'candid.sqlite3'}"),
        media=Path(home / "media" if bucket else media).absolute(),
        bucket=bucket,
        # The rest of what a bucket needs is read by the library that speaks to it.
        bucket_endpoint=_endpoint(values) if bucket else "",
        email_url=_email_url(values, is_production=is_production),
        email_from=values.get("CANDID_EMAIL_FROM", f"candid@{host}"),
        turn_urls=_turn_urls(values),
        turn_secret=values.get("CANDID_TURN_SECRET", ""),
        language=_language(values),
        time_zone=_time_zone(values),
        second_factor_of=_second_factor_of(values),
        proxies=_proxies(values, is_production=is_production),
    )


def _flag(values: Mapping[str, str], name: str) -> bool:
    value = values.get(name, "no").lower()
    if value not in ("yes", "no"):
        raise SettingError(f"{name}: say yes or no")
    return value == "yes"


def _email_url(values: Mapping[str, str], *, is_production: bool) -> str:
    """Return where e-mail goes. A server must say it: printed letters hold personal links."""
    given = values.get("CANDID_EMAIL", "" if is_production else "console:")
    if not given:
        raise SettingError(
            "CANDID_EMAIL: missing; give smtp://USER:PASSWORD@HOST:PORT, or console: to have "
            "letters printed, with the links in them"
        )
    return given


def _turn_urls(values: Mapping[str, str]) -> tuple[str, ...]:
    urls = tuple(values.get("CANDID_TURN_URLS", "").split())
    for url in urls:
        if "@" in url:  # every browser is told these, so a password has no place in them
            raise SettingError("CANDID_TURN_URLS: give turn:HOST:PORT, without name and password")
        if not url.startswith(("turn:", "turns:", "stun:", "stuns:")):
            raise SettingError(f"CANDID_TURN_URLS: {url} is no relay; give turn:HOST:PORT")
    if any(url.startswith("turn") for url in urls) and not values.get("CANDID_TURN_SECRET"):
        raise SettingError("CANDID_TURN_SECRET: missing; give the secret that the relay has")
    return urls


def _language(values: Mapping[str, str]) -> str:
    given = values.get("CANDID_LANGUAGE", "en")
    if given not in dict(LANGUAGES):
        raise SettingError(f"CANDID_LANGUAGE: {given} is no language; give one such as en or pt-br")
    return given


def _time_zone(values: Mapping[str, str]) -> str:
    given = values.get("CANDID_TIME_ZONE", "UTC")
    try:
        zoneinfo.ZoneInfo(given)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError(
            f"CANDID_TIME_ZONE: {given} is none; give one such as Europe/London"
        ) from error
    return given


def _second_factor_of(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the roles that may not enter without a second factor; `all`, or none."""
    wanted = tuple(values.get("CANDID_SECOND_FACTOR", "").casefold().split())
    unknown = sorted(set(wanted) - {"all", *STAFF_ROLES})
    if unknown:
        known = ", ".join(STAFF_ROLES)
        raise SettingError(f"CANDID_SECOND_FACTOR: {unknown[0]} is no role; say all, or of {known}")
    return wanted


def _proxies(values: Mapping[str, str], *, is_production: bool) -> tuple[str, ...]:
    """Return the addresses whose word counts for where a request comes from."""
    given = values.get("CANDID_PROXIES", "127.0.0.1 ::1" if is_production else "").split()
    for one in given:
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            raise SettingError(f"CANDID_PROXIES: {one} is neither address nor network") from error
    return tuple(given)


def _bucket(media: str) -> str | None:
    """Return the address of a bucket, or None where a folder is meant."""
    if "://" not in media:
        return None
    parts = urlsplit(media)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.username:
        raise SettingError("CANDID_MEDIA: give a folder, or s3://BUCKET/PREFIX")
    return media.rstrip("/")


def _endpoint(values: Mapping[str, str]) -> str:
    """Return where the bucket is, if not at Amazon; what is no address would end its library."""
    given = values.get("AWS_ENDPOINT_URL", "")
    if given and not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", given):
        raise SettingError("AWS_ENDPOINT_URL: give https://HOST or http://HOST:PORT")
    return given


def _secret_key(values: Mapping[str, str], home: Path, *, is_production: bool) -> str:
    """Return the key that all links derive from; without production one is made and kept."""
    given = values.get("CANDID_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise SettingError("CANDID_SECRET_KEY: give at least 32 characters, made at random")
        return given
    if is_production:
        raise SettingError(
            "CANDID_SECRET_KEY: missing; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    try:
        return _own_key(home / "secret-key")
    except OSError as error:
        raise SettingError(f"CANDID_HOME: {home} cannot be used ({error.strerror})") from error


def _own_key(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        draft.replace(path)
    return path.read_text(encoding="ascii")


def _split(name: str, url: str) -> SplitResult:
    """Return the parts of an address that may hold a password, which no error repeats."""
    with suppress(ValueError):
        parts = urlsplit(url)
        is_whole = not parts.netloc or "@" not in f"{parts.path}{parts.query}{parts.fragment}"
        if is_whole and parts.port != 0:  # to ask for the port reads it
            return parts
    raise SettingError(
        f"{name}: cannot be read; write / ? # [ ] and % of a password as %2F %3F %23 %5B %5D %25"
    )


def database(url: str) -> dict[str, object]:
    """Return Django's words for `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.

    What follows a `?` there, such as `sslmode=verify-full`, is for the server's own library.
    """
    parts = _split("CANDID_DATABASE", url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
            },
        }
    if parts.scheme == "postgresql":
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "OPTIONS": {"pool": True, **dict(parse_qsl(parts.query))},
        }
    raise SettingError("CANDID_DATABASE: begin with sqlite:/// or postgresql://")


def email(url: str) -> dict[str, object]:
    """Return Django's settings for `console:`, `smtp://...` or `smtps://...`."""
    parts = _split("CANDID_EMAIL", url)
    backend = "django.core.mail.backends"
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{backend}.console.EmailBackend"}
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingError("CANDID_EMAIL: give console: or smtp://USER:PASSWORD@HOST:PORT")
    tls = _email_tls(parts)
    return {
        "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _EMAIL_PORTS[tls],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls == "tls",
        "EMAIL_USE_TLS": tls == "starttls",
        "EMAIL_TIMEOUT": 20,
    }


def _email_tls(parts: SplitResult) -> str:
    """Return how letters are kept from who listens on the way: they hold personal links.

    It is never left to what the server offers, which anybody on the way can take out.
    """
    is_here = parts.hostname == "localhost" or _is_loopback(parts.hostname or "")
    usual = "tls" if parts.scheme == "smtps" else "none" if is_here else "starttls"
    if not parts.query:
        return usual
    name, _, given = parts.query.partition("=")
    if name != "tls" or given not in ("none", "starttls") or parts.scheme == "smtps":
        raise SettingError(
            "CANDID_EMAIL: after ? give tls=none or tls=starttls, with smtp:// alone"
        )
    return given


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def time_zones() -> list[str]:
    """Return the names of time zones, without the machine's own, which no browser knows."""
    return sorted(zoneinfo.available_timezones() - {"localtime"})
