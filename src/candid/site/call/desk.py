"""What the desk sees of a call: how far everybody is, in words alone."""

from __future__ import annotations

from typing import Any

from django.forms import Media
from django.forms.widgets import Script
from django.urls import reverse
from wagtail.admin.ui.components import Component

from candid.site.call.progress import tell_progress
from candid.site.conversations.models import Conversation


class ProgressPanel(Component):
    """Where each participant stands, asked again every few seconds."""

    template_name = "desk/progress.html"

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @property
    def media(self) -> Media:
        """The script that asks again."""
        return Media(js=[Script("desk/progress.js", type="module")])

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        """Return the participants with their words."""
        words = {line["id"]: line["words"] for line in tell_progress(self._conversation)}
        people = self._conversation.participants.all()
        return {
            "people": [(one, words[one.participant_id]) for one in people],
            "state_url": reverse("live_state", args=[self._conversation.call_id]),
        }
