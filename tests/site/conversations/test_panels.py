"""What other rooms show on a conversation's page at the desk."""

import pytest
from django.forms import Media
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.ui.components import Component

from candid.site.conversations.panels import PANEL_HOOK
from tests.site.people_who_talk import invite_two


class Weather(Component):  # type: ignore[misc]
    media = Media(css={"all": ["desk/weather.css"]})

    def __init__(self, conversation):
        self.title = conversation.title

    def render_html(self, parent_context=None):
        return format_html("<p>Fair weather for {}</p>", self.title)


@pytest.mark.parametrize(("knows", "is_shown"), [(True, True), (False, False)])
def test_another_room_adds_a_panel_with_its_styles_or_none(desk, knows, is_shown):
    conversation, _people = invite_two()
    asked = []

    def forecast(request, conversation):
        asked.append((request.user.get_username(), conversation.pk))
        return Weather(conversation) if knows else None

    with hooks.register_temporarily(PANEL_HOOK, forecast):
        page = desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/").text
    assert asked == [("organiser", conversation.pk)]
    assert ("Fair weather for Kitchen table" in page) == is_shown
    assert ("desk/weather.css" in page) == is_shown


def test_the_page_says_how_far_everybody_is_before_any_script_runs(desk):
    conversation, _people = invite_two()
    page = desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/").text
    assert page.count("Link not opened yet") == 2
