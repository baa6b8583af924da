"""Where it is kept who has signed in: the database knows the hash of what the cookie holds.

Who reads the database, or a copy of it, cannot take anybody's place. Named by SESSION_ENGINE.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.sessions.backends import db


def hash_key(session_key: str) -> str:
    """Return what is stored for a cookie: 160 bits, as many as the column holds in hex."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's own store with the key hashed wherever it meets the database."""

    def _get_session_from_db(self) -> Any:
        if self.session_key is None:
            return None
        found = self._open().filter(session_key=hash_key(self.session_key)).first()
        if found is None:
            self._session_key = None
        return found

    async def _aget_session_from_db(self) -> Any:
        if self.session_key is None:
            return None
        found = await self._open().filter(session_key=hash_key(self.session_key)).afirst()
        if found is None:
            self._session_key = None
        return found

    def _open(self) -> Any:
        return self.model.objects.filter(expire_date__gt=db.timezone.now())

    def exists(self, session_key: str) -> bool:
        """Tell whether a key is taken."""
        return super().exists(hash_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        """Tell whether a key is taken."""
        return await super().aexists(hash_key(session_key))

    def create_model_instance(self, data: Any) -> Any:
        """Return the row to write."""
        row = super().create_model_instance(data)
        row.session_key = hash_key(row.session_key)
        return row

    async def acreate_model_instance(self, data: Any) -> Any:
        """Return the row to write."""
        row = await super().acreate_model_instance(data)
        row.session_key = hash_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Remove the row of a key; of the own one where none is given."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(hash_key(key))

    async def adelete(self, session_key: str | None = None) -> None:
        """Remove the row of a key; of the own one where none is given."""
        key = session_key or self.session_key
        if key is not None:
            await super().adelete(hash_key(key))
