"""What of the conversation's page a screen reader says by itself."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from candid.site.call.words import WORDS
from tests.site.people_who_talk import invite_two_who_agreed

pytestmark = pytest.mark.django_db

EMPTY = {"meta", "link", "input", "img", "br", "hr"}


class Regions(HTMLParser):
    """Collects the ids of all elements that stand in a live region."""

    def __init__(self) -> None:
        super().__init__()
        self.live: set[str] = set()
        self.silent: set[str] = set()
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        is_region = told.get("role") in {"status", "log", "alert"} or "aria-live" in told
        is_live = is_region or (bool(self._open) and self._open[-1])
        (self.live if is_live else self.silent).add(told.get("id") or "")
        if tag not in EMPTY:
            self._open.append(is_live)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            self._open.pop()


@pytest.fixture
def regions(client):
    _conversation, (rosa, _daniel) = invite_two_who_agreed()
    found = Regions()
    found.feed(client.get(f"{rosa.path}call/").text)
    return found


def test_what_changes_by_itself_and_matters_is_in_a_live_region(regions):
    assert regions.live >= {"recording-words", "start-words", "guide-question", "news"}


def test_what_changes_all_the_time_or_is_shown_as_it_is_filled_is_in_none(regions):
    assert regions.silent >= {"kept-words", "notice", "after-share", "gone-share"}


def test_nothing_that_is_read_out_counts_the_percent_that_is_sent(regions):
    assert regions.live >= {"after-words", "gone-kept"}
    counted = {name for name, words in WORDS.items() if "{percent}" in str(words)}
    # What waits for another link does not grow.
    assert counted == {"kept", "sent_share", "kept_here"}
