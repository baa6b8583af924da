"""Whether the database server is there, before anything waits for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from candid.engine.errors import CandidError

PATIENCE_S = 10


class UnreachedError(CandidError):
    """The database server does not answer, or not to this studio."""


def ask_postgresql(url: str) -> str:
    """Return what answers at the address of a PostgreSQL; nothing for another kind.

    A pool of connections would ask for half a minute, and say so at each try. Raises
    UnreachedError.
    """
    parts = urlsplit(url)
    if parts.scheme != "postgresql":
        return ""
    where = f"{parts.hostname}{parts.path}"
    try:
        import psycopg
    except ImportError as error:
        raise UnreachedError("psycopg is missing; pip install 'candid[postgresql]'") from error
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE_S) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise UnreachedError(f"{where}: {' '.join(str(error).split())}") from error
    return f"PostgreSQL {version} at {where} answers"
