"""Takes as a store keeps them: what the receiver does, without the network.

Everything here blocks, and is called in threads. What is asked for and not done is told by
RefusedError; what the store refuses by OSError.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from candid.site.recording import refusals
from candid.site.recording.erasure import erase
from candid.site.recording.holdings import folder_bytes
from candid.site.recording.limits import IngestLimits
from candid.site.recording.local_store import LocalStore
from candid.site.recording.manifests import accept_manifest
from candid.site.recording.places import (
    RECEIPT_NAME,
    Address,
    Uploader,
    fragment_path,
    manifest_path,
)
from candid.site.recording.receipts import (
    TakeStatus,
    receipt_document,
    state_document,
    take_status,
)
from candid.site.recording.refusals import RefusedError
from candid.site.recording.stores import Parts, Store, Upload
from candid.site.recording.strikes import STRUCK_NAME, end_strikes, read_struck

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment on its way: whose it is, where it belongs, and the SHA-256 it should have.

    `n_bytes` is the length it declares, or the most it may have where it declares none.
    """

    uploader: Uploader
    address: Address
    sha256: bytes
    n_bytes: int

    @property
    def take_folder(self) -> PurePosixPath:
        """The key of its take's folder."""
        return self.uploader.folder / self.address.take_id

    @property
    def key(self) -> PurePosixPath:
        """Where it belongs."""
        assert self.address.kind is not None
        return fragment_path(self.take_folder, self.address.kind, self.address.number)


@dataclass(frozen=True)
class TakeStorage:
    """Takes under `calls/`, each a take folder that `candid film` reads as it is."""

    store: Store
    limits: IngestLimits = field(default_factory=IngestLimits)
    _used: OrderedDict[PurePosixPath, int] = field(default_factory=OrderedDict)
    _takes: OrderedDict[PurePosixPath, None] = field(default_factory=OrderedDict)
    _receipted: OrderedDict[PurePosixPath, bool] = field(default_factory=OrderedDict)
    _ended: OrderedDict[PurePosixPath, tuple[int, bool]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def upload(self, fragment: Fragment) -> Upload:
        """Return what a fragment is written with. Nothing is looked at."""
        return self.store.upload(fragment.key)

    def begin(self, upload: Upload, fragment: Fragment) -> None:
        """Let a fragment in. Raises RefusedError, OSError."""
        # What a server that died had stored meanwhile goes when the client comes again.
        self._remove_gone([fragment.key], fragment.take_folder, fragment.address)
        self._refuse_too_much(fragment)
        upload.open()

    def finish(self, upload: Upload, fragment: Fragment, block: Parts = ()) -> bool:
        """Write the last block and publish; return False where the same was there.

        Raises RefusedError, OSError; the upload is over in any case.
        """
        try:
            upload.write(block)
            if not upload.n_bytes:
                raise RefusedError(refusals.EMPTY)
            outcome = upload.publish(fragment.sha256)
        finally:
            upload.discard()
        if outcome == "wrong_hash":
            raise RefusedError(refusals.WRONG_HASH)
        if outcome == "other":
            raise RefusedError(refusals.OTHER_CONTENT)
        # Struck or erased while it was under way.
        self._remove_gone([fragment.key], fragment.take_folder, fragment.address)
        if outcome == "written":
            self._count(fragment.uploader, upload.n_bytes)
            self._renew_receipt(fragment.take_folder)
        return outcome == "written"

    def keep_whole(self, fragment: Fragment, block: Parts) -> bool:
        """Do at once what `begin` and `finish` do for a fragment in several blocks."""
        upload = self.upload(fragment)
        self.begin(upload, fragment)
        return self.finish(upload, fragment, block)

    def _remove_gone(
        self, keys: list[PurePosixPath], take_folder: PurePosixPath, address: Address
    ) -> None:
        """Refuse what was struck or erased, and see to it that it is not there either."""
        try:
            self._refuse_gone(take_folder, address)
        except RefusedError as refused:
            self.store.remove(keys)
            if refused.refusal is refusals.ERASED:
                self._remove_again(take_folder.parent)
            raise

    def _remove_again(self, participant_folder: PurePosixPath) -> None:
        """Remove the folders that an upload under way made again after an erasure."""
        if self.store.folders(participant_folder):
            with self.store.hold(participant_folder.parent):
                self.store.remove_folder(participant_folder)

    def _count(self, uploader: Uploader, n_bytes: int) -> None:
        with self._lock:
            if uploader.folder in self._used:
                self._used[uploader.folder] += n_bytes

    def _renew_receipt(self, take_folder: PurePosixPath) -> None:
        """Make the receipt of a complete take anew, of which more has come than it names."""
        if not self._receipted.get(take_folder, True):
            return
        key = take_folder / RECEIPT_NAME
        with self.store.hold(take_folder.parent.parent):
            was_complete = self.store.stamp(key) is not None
            self.store.remove([key])
            self._note_receipt(take_folder, is_there=False)
        if was_complete:
            self._settle(take_folder)

    def _note_receipt(self, take_folder: PurePosixPath, *, is_there: bool) -> None:
        """Remember whether a take may have a receipt, so that no fragment need ask."""
        with self._lock:
            _keep(self._receipted, take_folder, is_there)

    def put_manifest(self, uploader: Uploader, address: Address, data: bytes) -> bool:
        """Keep a manifest; return False where the very same was there.

        Raises RefusedError, OSError.
        """
        take_folder = uploader.folder / address.take_id
        self._refuse_gone(take_folder, address)
        self._refuse_take(take_folder)
        self._refuse_full()
        take, is_new = accept_manifest(self.store, take_folder, data, self.limits)
        if take.state != "recording":
            self._settle(take_folder)
        # Erased while it was under way.
        kept = [manifest_path(take_folder), take_folder / RECEIPT_NAME]
        self._remove_gone(kept, take_folder, address)
        return is_new

    def state(self, uploader: Uploader, address: Address) -> dict[str, Any]:
        """Return what is there of a take, to resume from. Raises RefusedError, OSError."""
        return state_document(self._settle(self._existing(uploader, address)))

    def receipt(self, uploader: Uploader, address: Address) -> dict[str, Any]:
        """Return the receipt of a take. Raises RefusedError, OSError."""
        take_folder = self._existing(uploader, address)
        return receipt_document(take_folder, self._settle(take_folder))

    def erase(
        self, uploader: Uploader, _address: Address, *, was_heard: bool = True
    ) -> dict[str, Any]:
        """Remove all that a participant has, also of what the others heard.

        `was_heard` is False for somebody who never came. Returns the receipt. Raises OSError.
        """
        receipt = erase(self.store, uploader.folder, was_heard=was_heard)
        with self._lock:
            self._used.clear()
            self._takes.clear()
        return receipt

    def end_strikes(self, folder: PurePosixPath, *, in_doubt: bool = True) -> None:
        """End what was struck in a call: what was cut short, and what came later. Raises OSError.

        Each call is looked at once in the life of this process, and again where anything was
        struck, told by a device, or stored since then. `in_doubt` is as of `strike_arrived`.
        """
        if self.store.stamp(folder / STRUCK_NAME) is None:
            return
        # As it was before it is looked at: what comes meanwhile is for the next time.
        before = (self._state_of(folder), in_doubt)
        if self._ended.get(folder) != before:
            end_strikes(self.store, folder, in_doubt=in_doubt)
            _keep(self._ended, folder, before)

    def _state_of(self, folder: PurePosixPath) -> int:
        """Return what changes whenever something is struck in a call, or stored of it."""
        files = self.store.files(folder)
        return hash(
            tuple((file.key, file.stamp) for file in files if file.key.name != RECEIPT_NAME)
        )

    def _settle(self, take_folder: PurePosixPath) -> TakeStatus:
        """Look at a take; once it is complete its receipt is kept beside it."""
        status = take_status(self.store, take_folder)
        key = take_folder / RECEIPT_NAME
        if status.state == "complete" and self.store.stamp(key) is None:
            # Once more, held: a receipt must not outlive what was struck while it was made.
            with self.store.hold(take_folder.parent.parent):
                self._note_receipt(take_folder, is_there=True)
                status = take_status(self.store, take_folder)
                if status.state == "complete":
                    document = receipt_document(take_folder, status)
                    self.store.replace(key, json.dumps(document).encode())
        return status

    def _existing(self, uploader: Uploader, address: Address) -> PurePosixPath:
        take_folder = uploader.folder / address.take_id
        self._refuse_gone(take_folder, address)
        return take_folder

    def _refuse_gone(self, take_folder: PurePosixPath, address: Address) -> None:
        struck = read_struck(self.store, take_folder.parent.parent)
        if address.participant_id in struck.erased:
            raise RefusedError(refusals.ERASED)
        if address.kind and struck.of_take(address.take_id).has(address.kind, address.number):
            raise RefusedError(refusals.STRUCK)

    def _refuse_too_much(self, fragment: Fragment) -> None:
        number = fragment.address.number
        if number is not None and number >= self.limits.fragments_per_track:
            raise RefusedError(refusals.TOO_MANY_FRAGMENTS)
        self._refuse_take(fragment.take_folder)
        used = self._used_bytes(fragment.uploader.folder)
        if used + fragment.n_bytes > self.limits.bytes_per_participant:
            raise RefusedError(refusals.TOO_MANY_BYTES)
        self._refuse_full()

    def _refuse_take(self, take_folder: PurePosixPath) -> None:
        if take_folder in self._takes:
            return
        begun = self.store.folders(take_folder.parent)
        if take_folder.name not in begun:
            # Not begun by this either: whatever follows may still be refused.
            if len(begun) >= self.limits.takes_per_participant:
                raise RefusedError(refusals.TOO_MANY_TAKES)
            return
        with self._lock:
            _keep(self._takes, take_folder, None)

    def _refuse_full(self) -> None:
        """Leave room for the database, so that a full disk stops nothing but recordings."""
        free = self.store.free_bytes()
        if free is not None and free < self.limits.bytes_kept_free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _used_bytes(self, participant_folder: PurePosixPath) -> int:
        with self._lock:
            if participant_folder in self._used:
                return self._used[participant_folder]
        n_bytes = folder_bytes(self.store, participant_folder)
        with self._lock:
            _keep(self._used, participant_folder, n_bytes)
            return n_bytes


def local_storage(root: Path, limits: IngestLimits | None = None) -> TakeStorage:
    """Return the takes in a folder of this machine."""
    return TakeStorage(LocalStore(root), limits or IngestLimits())


def _keep(known: OrderedDict[PurePosixPath, Any], key: PurePosixPath, value: Any) -> None:
    known[key] = value
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)
