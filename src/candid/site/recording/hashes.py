"""The hashes of stored files, each worked out once for as long as the file stays as it is."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from candid.site.recording.stores import HeldFile, Stamp, StoredFile

_MOST_HASHES = 500_000


class Hashes:
    """SHA-256 by the stamp of a file."""

    def __init__(self) -> None:
        self._known: OrderedDict[Stamp, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, file: StoredFile, work_out: Callable[[StoredFile], str]) -> HeldFile:
        """Return hash and size of a file. Raises OSError where it cannot be read."""
        with self._lock:
            sha256 = self._known.get(file.stamp)
        if sha256 is None:
            sha256 = work_out(file)
            self.learn(file.stamp, sha256)
        return HeldFile(sha256, file.n_bytes)

    def learn(self, stamp: Stamp, sha256: str) -> None:
        """Remember the hash of a file that was just written."""
        with self._lock:
            self._known[stamp] = sha256
            if len(self._known) > _MOST_HASHES:
                self._known.popitem(last=False)
