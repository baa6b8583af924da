"""Whether the database server is there, before anything waits for it."""

from __future__ import annotations

from candid.engine.errors import CandidError
from candid.site.environment import database

PATIENCE_S = 10
_NAMES = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}


class UnreachedError(CandidError):
    """The database server does not answer, or not to this studio."""


def ask_postgresql(url: str) -> str:
    """Return what answers at the address of a PostgreSQL; nothing for another kind.

    A pool of connections would ask for half a minute, and say so at each try. Raises
    UnreachedError.
    """
    known = database(url)
    if not str(known["ENGINE"]).endswith("postgresql"):
        return ""
    where = f"{known['HOST']}/{known['NAME']}"
    try:
        import psycopg
    except ImportError as error:
        raise UnreachedError("psycopg is missing; pip install 'candid[postgresql]'") from error
    options = known["OPTIONS"]
    assert isinstance(options, dict)
    given: dict[str, str] = {"connect_timeout": str(PATIENCE_S)}
    given |= {name: str(known[key]) for key, name in _NAMES.items() if known[key]}
    given |= {name: str(value) for name, value in options.items() if name != "pool"}
    try:
        # In parts, as the studio does: of an address as a whole an error may repeat the password.
        told = psycopg.conninfo.make_conninfo("", **given)
        with psycopg.connect(told) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise UnreachedError(f"{where}: {' '.join(str(error).split())}") from error
    return f"PostgreSQL {version} at {where} answers"
