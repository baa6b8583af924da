"""A conversation that was planned at the desk."""

import pytest

from candid.site.conversations.models import Conversation
from tests.site.conversations.planning import PLAN, send


@pytest.fixture
def planned(desk, settings):
    """A conversation at a time, of which Rosa was sent the invitation."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    desk.send("/desk/conversations/new/", **PLAN)
    conversation = Conversation.objects.get()
    send(desk, conversation)
    return conversation
