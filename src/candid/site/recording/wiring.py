"""The receiver as the site runs it: with its settings, its database, its media folder."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from candid.site.recording.receiver import Receiver, make_receiver
from candid.site.recording.storage import LocalStorage
from candid.site.recording.tokens import LinkTokens


@lru_cache(maxsize=1)
def site_receiver() -> Receiver:
    """Return the one receiver of this process, made when first asked for."""
    return make_receiver(LinkTokens(), LocalStorage(settings.MEDIA_ROOT))
