"""Recordings in a bucket of S3, or of what speaks like it; a key is the name of an object.

An upload is whole on this machine and its hash checked before the bucket hears of it. It goes
there on the condition that nothing has its name (`If-None-Match: *`), so that the first content
stays whoever comes at the same time. Its SHA-256 travels with it as the object's metadata.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore import store as stores
from obstore.exceptions import AlreadyExistsError, BaseError

from candid.site.recording.drafts import locked
from candid.site.recording.hashes import Hashes
from candid.site.recording.stores import HeldFile, Outcome, Parts, Stamp, StoredFile

# More than this of an upload waits on the disk, not in memory.
_IN_MEMORY_BYTES = 2 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024
_SHA256 = "sha256"
# Asks at once for hashes that are not known: after a start, of all fragments of a take.
_ASKING = 16
# How servers say that they are full, or a quota is used up: S3 itself has no word for it. By the
# status; Ceph's and VersityGW's QuotaExceeded, MinIO's and Huawei's own. SeaweedFS says neither.
_FULL = re.compile(
    r"status code: 507|<Code>\w*(Quota|StorageFull|InsufficientStorage)\w*</Code>", re.ASCII
)


@dataclass(frozen=True)
class BucketStore:
    """Objects of a bucket below a prefix. `local` holds what is made of them, and the locks.

    One machine alone writes below one prefix: what is held, is held on that machine.
    """

    bucket: Any
    local: Path
    hashes: Hashes = field(default_factory=Hashes)

    def upload(self, key: PurePosixPath) -> BucketUpload:
        """Return a file to be written."""
        return BucketUpload(self, key)

    def read(self, key: PurePosixPath) -> bytes:
        """Return the bytes of an object. Raises FileNotFoundError."""
        with _told(key):
            return bytes(obstore.get(self.bucket, str(key)).bytes())

    def blocks(self, key: PurePosixPath) -> Iterator[bytes]:
        """Yield the bytes of an object."""
        with _told(key):
            for block in obstore.get(self.bucket, str(key)).stream(min_chunk_size=_BLOCK_BYTES):
                yield bytes(block)

    def stamp(self, key: PurePosixPath) -> Stamp | None:
        """Return the stamp of an object, or None where there is none."""
        try:
            with _told(key):
                return _stamp(obstore.head(self.bucket, str(key)))
        except FileNotFoundError:
            return None

    def replace(self, key: PurePosixPath, data: bytes) -> None:
        """Put an object in its place, whatever was there."""
        with _told(key):
            obstore.put(self.bucket, str(key), data, use_multipart=False)

    def remove(self, keys: Iterable[PurePosixPath]) -> None:
        """Remove objects, a thousand with a request; S3 is content with those it has not."""
        names = [str(key) for key in keys]
        if names:
            with _told(PurePosixPath(names[0])):
                obstore.delete(self.bucket, names)

    def remove_folder(self, folder: PurePosixPath) -> None:
        """Remove all below a folder, until nothing is left of it."""
        while files := self.files(folder):
            self.remove(file.key for file in files)

    def files(self, folder: PurePosixPath) -> list[StoredFile]:
        """Return all objects below a folder."""
        with _told(folder):
            listed = [one for some in obstore.list(self.bucket, str(folder)) for one in some]
        found = (StoredFile(PurePosixPath(one["path"]), one["size"], _stamp(one)) for one in listed)
        return sorted(found, key=lambda file: file.key)

    def folders(self, folder: PurePosixPath) -> list[str]:
        """Return the names right below a folder that have something below them."""
        with _told(folder):
            listed = obstore.list_with_delimiter(self.bucket, str(folder))
        return sorted(PurePosixPath(prefix).name for prefix in listed["common_prefixes"])

    def hashes_of(self, files: Sequence[StoredFile]) -> list[HeldFile]:
        """Return the SHA-256 of each, as it came with the object."""
        with ThreadPoolExecutor(_ASKING) as pool:
            return list(pool.map(lambda file: self.hashes.of(file, self._ask_hash), files))

    def _ask_hash(self, file: StoredFile) -> str:
        return self.hash_at(file.key)

    def hash_at(self, key: PurePosixPath) -> str:
        """Return the SHA-256 of an object; read for it where somebody else has put it there."""
        with _told(key):
            found = obstore.get(self.bucket, str(key), options={"head": True})
            if told := found.attributes.get(_SHA256):
                return str(told)
        sha256 = hashlib.sha256()
        for block in self.blocks(key):
            sha256.update(block)
        return sha256.hexdigest()

    @contextmanager
    def hold(self, folder: PurePosixPath) -> Iterator[None]:
        """Hold the call that a folder belongs to, against every other process of this machine."""
        call = self.local.joinpath(*folder.parts[:2])
        call.mkdir(parents=True, exist_ok=True)
        with locked(call):
            yield

    def free_bytes(self) -> None:
        """Nobody knows: a bucket says so when it is full."""


class BucketUpload:
    """One upload, kept on this machine until it is whole and its hash is right."""

    def __init__(self, store: BucketStore, key: PurePosixPath) -> None:
        self.key = key
        self.n_bytes = 0
        self.is_over = False
        self._store = store
        self._sha256 = hashlib.sha256()
        self._lock = threading.Lock()
        self._file: tempfile.SpooledTemporaryFile[bytes] | None = None

    def open(self) -> None:
        """Make room on this machine; nothing of it has a name."""
        with self._lock:
            if not self.is_over:
                self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by discard

    def write(self, block: Parts) -> None:
        """Append a block."""
        with self._lock:
            for part in block if self._file else ():
                assert self._file is not None
                self._sha256.update(part)
                self._file.write(part)
                self.n_bytes += len(part)

    def publish(self, sha256: bytes) -> Outcome:
        """Put the object there, unless another is; return once the bucket has answered."""
        try:
            with self._lock:
                if self._file is None:
                    raise FileNotFoundError(self.key)
                if not hmac.compare_digest(self._sha256.digest(), sha256):
                    return "wrong_hash"
                self._file.seek(0)
                return self._put(self._file.read(), sha256.hex())
        finally:
            self.discard()

    def _put(self, data: bytes, sha256: str) -> Outcome:
        name, bucket = str(self.key), self._store.bucket
        try:
            with _told(self.key):
                given = {_SHA256: sha256, "Content-Type": "video/mp4"}
                put = obstore.put(
                    bucket, name, data, mode="create", attributes=given, use_multipart=False
                )
        except FileExistsError:
            # Somebody's, or our own: the answer to an attempt before this one was lost.
            return "there" if self._store.hash_at(self.key) == sha256 else "other"
        self._store.hashes.learn((name, put["e_tag"]), sha256)
        return "written"

    def discard(self) -> None:
        """Drop what was written."""
        with self._lock:
            self.is_over = True
            if self._file is not None:
                self._file.close()
                self._file = None


def open_bucket(address: str, local: Path, *, may_be_plain: bool) -> BucketStore:
    """Return the store at `s3://BUCKET/PREFIX`; where it is and who we are, AWS_* variables say.

    Nothing is asked of it yet. `may_be_plain` lets it be reached without TLS.
    """
    parts = urlsplit(address)
    bucket = stores.S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options={"allow_http": may_be_plain, "timeout": "60s"},
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
    )
    return BucketStore(bucket, local)


@contextmanager
def _told(key: PurePosixPath) -> Iterator[None]:
    """Turn what the bucket refuses into the OSError that a disk would have raised."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "is not in the bucket", str(key)) from error
    except AlreadyExistsError as error:
        raise FileExistsError(errno.EEXIST, "is in the bucket", str(key)) from error
    except BaseError as error:
        told = str(error)
        number = errno.ENOSPC if _FULL.search(told) else errno.EIO
        # What it says may run over many lines, and the first tells what was refused.
        raise OSError(number, f"the bucket refuses: {told.splitlines()[0][:300]}") from error


def _stamp(found: Any) -> Stamp:
    return (found["path"], found["e_tag"])
