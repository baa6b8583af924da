"""The recordings as folders on this machine's disk: what the receiver does, without the network.

Everything here blocks, and is called in threads. What is asked for and not done is told by
RefusedError; what the disk refuses by OSError.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from candid.site.recording import refusals
from candid.site.recording.drafts import Draft, Parts, sweep, sync_folder, write_durably
from candid.site.recording.erasure import erase
from candid.site.recording.holdings import Hashes, folder_bytes
from candid.site.recording.limits import IngestLimits
from candid.site.recording.manifests import accept_manifest
from candid.site.recording.places import (
    RECEIPT_NAME,
    Address,
    Uploader,
    fragment_path,
)
from candid.site.recording.receipts import (
    TakeStatus,
    receipt_document,
    state_document,
    take_status,
)
from candid.site.recording.refusals import RefusedError
from candid.site.recording.strikes import read_struck

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Upload:
    """One fragment on its way: whose it is, where it belongs, and the SHA-256 it should have.

    `n_bytes` is the length it declares, or the most it may have where it declares none.
    """

    uploader: Uploader
    address: Address
    sha256: bytes
    n_bytes: int


@dataclass(frozen=True)
class LocalStorage:
    """Takes under `root/calls/`, each a take folder that `candid film` reads as it is."""

    root: Path
    limits: IngestLimits = field(default_factory=IngestLimits)
    hashes: Hashes = field(default_factory=Hashes)
    _ready: OrderedDict[Path, None] = field(default_factory=OrderedDict)
    _used: OrderedDict[Path, int] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: threading.RLock = field(default_factory=threading.RLock)

    def path_of(self, upload: Upload) -> Path:
        """Return where a fragment belongs. Nothing is looked at."""
        address = upload.address
        assert address.kind is not None
        return fragment_path(
            self._take_folder(upload.uploader, address), address.kind, address.number
        )

    def begin(self, draft: Draft, upload: Upload) -> None:
        """Open the draft of a fragment. Raises RefusedError, OSError."""
        take_folder = self._take_folder(upload.uploader, upload.address)
        self._refuse_gone(take_folder, upload.address)
        self._refuse_too_much(take_folder, upload)
        try:
            self._make_ready(draft.final.parent)
            draft.open()
        except FileNotFoundError:  # removed since it was made, e.g. erased
            self._forget()
            self._make_ready(draft.final.parent)
            draft.open()

    def finish(self, draft: Draft, upload: Upload, block: Parts = ()) -> bool:
        """Write the last block and publish; return False where the same was there.

        Raises RefusedError, OSError; the draft is gone in any case.
        """
        try:
            draft.write(block)
            if not draft.n_bytes:
                raise RefusedError(refusals.EMPTY)
            outcome = draft.publish(upload.sha256)
        finally:
            draft.discard()
        if outcome == "wrong_hash":
            raise RefusedError(refusals.WRONG_HASH)
        if outcome == "other":
            raise RefusedError(refusals.OTHER_CONTENT)
        self._refuse_gone_meanwhile(draft.final, upload)
        if outcome == "written":
            self._note_written(draft, upload)
        return outcome == "written"

    def keep_whole(self, draft: Draft, upload: Upload, block: Parts) -> bool:
        """Do at once what `begin` and `finish` do for a fragment in several blocks."""
        self.begin(draft, upload)
        return self.finish(draft, upload, block)

    def _refuse_gone_meanwhile(self, final: Path, upload: Upload) -> None:
        """Take back what was struck or erased while it was under way."""
        try:
            self._refuse_gone(self._take_folder(upload.uploader, upload.address), upload.address)
        except RefusedError:
            final.unlink(missing_ok=True)
            raise

    def _note_written(self, draft: Draft, upload: Upload) -> None:
        self.hashes.learn(draft.final, upload.sha256.hex())
        folder = upload.uploader.folder(self.root)
        with self._lock:
            if folder in self._used:
                self._used[folder] += draft.n_bytes

    def put_manifest(self, uploader: Uploader, address: Address, data: bytes) -> bool:
        """Keep a manifest; return False where the very same was there.

        Raises RefusedError, OSError.
        """
        take_folder = self._take_folder(uploader, address)
        self._refuse_gone(take_folder, address)
        self._refuse_take(take_folder)
        self._make_ready(take_folder)
        self._refuse_full(take_folder)
        take, is_new = accept_manifest(take_folder, data, self.limits)
        if is_new:
            (take_folder / RECEIPT_NAME).unlink(missing_ok=True)
        if take.state != "recording":
            self._settle(take_folder)
        return is_new

    def state(self, uploader: Uploader, address: Address) -> dict[str, Any]:
        """Return what is there of a take, to resume from. Raises RefusedError, OSError."""
        return state_document(self._settle(self._existing(uploader, address)))

    def receipt(self, uploader: Uploader, address: Address) -> dict[str, Any]:
        """Return the receipt of a take. Raises RefusedError, OSError."""
        take_folder = self._existing(uploader, address)
        return receipt_document(take_folder, self._settle(take_folder))

    def erase(self, uploader: Uploader, _address: Address) -> dict[str, Any]:
        """Remove all that a participant has; return the receipt. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        receipt = erase(uploader.folder(self.root))
        self._forget()
        return receipt

    def _settle(self, take_folder: Path) -> TakeStatus:
        """Look at a take; once it is complete its receipt is kept beside it."""
        status = take_status(take_folder, self.hashes)
        path = take_folder / RECEIPT_NAME
        if status.state == "complete" and not path.is_file():
            write_durably(path, json.dumps(receipt_document(take_folder, status)).encode())
        return status

    def _take_folder(self, uploader: Uploader, address: Address) -> Path:
        return uploader.folder(self.root) / address.take_id

    def _existing(self, uploader: Uploader, address: Address) -> Path:
        take_folder = self._take_folder(uploader, address)
        self._refuse_gone(take_folder, address)
        return take_folder

    def _refuse_gone(self, take_folder: Path, address: Address) -> None:
        struck = read_struck(take_folder.parent.parent)
        if address.participant_id in struck.erased:
            raise RefusedError(refusals.ERASED)
        if address.kind and struck.of_take(address.take_id).has(address.kind, address.number):
            raise RefusedError(refusals.STRUCK)

    def _refuse_too_much(self, take_folder: Path, upload: Upload) -> None:
        number = upload.address.number
        if number is not None and number >= self.limits.fragments_per_track:
            raise RefusedError(refusals.TOO_MANY_FRAGMENTS)
        self._refuse_take(take_folder)
        if (
            self._used_bytes(take_folder.parent) + upload.n_bytes
            > self.limits.bytes_per_participant
        ):
            raise RefusedError(refusals.TOO_MANY_BYTES)
        self._refuse_full(take_folder)

    def _refuse_take(self, take_folder: Path) -> None:
        if take_folder in self._ready or take_folder.is_dir():
            return
        others = take_folder.parent.glob("*") if take_folder.parent.is_dir() else ()
        if sum(1 for _ in others) >= self.limits.takes_per_participant:
            raise RefusedError(refusals.TOO_MANY_TAKES)

    def _refuse_full(self, folder: Path) -> None:
        """Leave room for the database, so that a full disk stops nothing but recordings."""
        while not folder.exists():
            folder = folder.parent
        found = os.statvfs(folder)
        if found.f_bavail * found.f_frsize < self.limits.bytes_kept_free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _used_bytes(self, participant_folder: Path) -> int:
        with self._lock:
            if participant_folder in self._used:
                return self._used[participant_folder]
        n_bytes = folder_bytes(participant_folder)
        with self._lock:
            _keep(self._used, participant_folder, n_bytes)
            return n_bytes

    def _make_ready(self, folder: Path) -> None:
        """Make a folder and those above it, down from the root, all of them durably.

        Once a process: folders that are there already are made durable too, for another
        process may be on its way to that, and are freed of what a dead server left.
        """
        if folder in self._ready:
            return
        with self._making:
            if folder in self._ready:
                return
            if folder == self.root:
                folder.mkdir(parents=True, exist_ok=True)
            else:
                self._make_ready(folder.parent)
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)
            sweep(folder)
            _keep(self._ready, folder, None)

    def _forget(self) -> None:
        with self._making, self._lock:
            self._ready.clear()
            self._used.clear()


def _keep(known: OrderedDict[Path, Any], path: Path, value: Any) -> None:
    known[path] = value
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)
