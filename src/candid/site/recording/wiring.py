"""The receiver as the site runs it: with its settings, its database, its media folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from django.conf import settings

from candid.site.environment import SettingError
from candid.site.recording.local_store import LocalStore
from candid.site.recording.places import CALLS
from candid.site.recording.receiver import Receiver, make_receiver
from candid.site.recording.storage import TakeStorage
from candid.site.recording.tokens import LinkTokens


@lru_cache(maxsize=1)
def site_storage() -> TakeStorage:
    """Return the one storage of this process, made when first asked for."""
    bucket = settings.ENVIRONMENT.bucket
    if bucket is None:
        return TakeStorage(LocalStore(settings.MEDIA_ROOT))
    try:
        from candid.site.recording.bucket_store import open_bucket
    except ImportError as error:
        raise SettingError("CANDID_MEDIA: a bucket needs pip install 'candid[s3]'") from error

    is_plain = settings.ENVIRONMENT.bucket_endpoint.startswith("http://")
    return TakeStorage(open_bucket(bucket, settings.MEDIA_ROOT, may_be_plain=is_plain))


def reach_recordings() -> None:
    """Look where the recordings lie. Raises SettingError where that is not to be had."""
    try:
        site_storage().store.folders(PurePosixPath(CALLS))
    except OSError as error:
        raise SettingError(f"CANDID_MEDIA: {error.strerror}") from error


@lru_cache(maxsize=1)
def site_receiver() -> Receiver:
    """Return the one receiver of this process, made when first asked for."""
    return make_receiver(LinkTokens(), site_storage())
