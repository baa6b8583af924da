"""Two people open their links and talk: the whole way, from the first click to the film.

Two browsers with speech for a voice, the studio as it is started by hand, and the film engine on
what arrived. The conversation is held once; each test looks at one thing that it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright

from candid.engine.alignment.result import Alignment
from candid.engine.production.aligning import AlignRequest, align_files
from candid.engine.recording.take import read_take
from tests.browser.journey import Guest, be_recorded, guest, meet
from tests.browser.pages import CHROMIUM, FLAGS, make_picture
from tests.browser.studio import Studio, running_studio
from tests.browser.takes import DEVICE_STALL_S
from tests.browser.voices import write_voice
from tests.commands.conftest import candid

pytestmark = [pytest.mark.xdist_group("conversation"), pytest.mark.timeout(600)]

LAST_FRAGMENT = 9
TRACKS = {"microphone", "camera", "heard"}


@dataclass(frozen=True)
class Talk:
    """What a conversation left: the studio, and both guests at their last page."""

    studio: Studio
    guests: list[Guest]

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads((take / "manifest.json").read_text()) for take in self.studio.takes()]

    def receipts(self) -> list[dict[str, Any]]:
        return [json.loads((take / "receipt.json").read_text()) for take in self.studio.takes()]


@pytest.fixture(scope="module")
def talk(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """Let two people find each other, talk for a while, and hang up."""
    with ExitStack() as stack:
        studio = stack.enter_context(running_studio(tmp_path_factory.mktemp("home")))
        guests = [
            stack.enter_context(
                _at_their_browser(playwright, studio, name, tmp_path_factory.mktemp(name))
            )
            for name in ("Rosa", "Daniel")
        ]
        _converse(guests)
        yield Talk(studio, guests)


@contextmanager
def _at_their_browser(
    playwright: Playwright, studio: Studio, name: str, folder: Path
) -> Iterator[Guest]:
    flags = [
        *FLAGS,
        "--allow-loopback-in-peer-connection",
        f"--use-file-for-fake-audio-capture={write_voice(folder / 'voice.wav', name)}",
        f"--use-file-for-fake-video-capture={make_picture(folder / 'camera.y4m')}",
    ]
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
    with guest(browser, studio.links[name], name) as arrived:
        yield arrived
    browser.close()


def _converse(guests: list[Guest]) -> None:
    meet(*guests)
    be_recorded(*guests)
    for one in guests:
        one.see("Both of you are being recorded")
    for one in guests:
        one.await_kept("microphone", LAST_FRAGMENT)
    for one in guests:
        one.hang_up()
        one.see("You may close this page.")


def test_the_studio_holds_two_takes_that_are_complete_by_its_own_word(talk: Talk) -> None:
    assert [receipt["state"] for receipt in talk.receipts()] == ["complete", "complete"]
    assert [receipt["holes"] for receipt in talk.receipts()] == [[], []]


def test_each_take_holds_voice_picture_and_what_was_heard(talk: Talk) -> None:
    for manifest in talk.manifests():
        assert {track["kind"] for track in manifest["tracks"]} == TRACKS
        for track in manifest["tracks"]:
            assert len(track["fragments"]) >= LAST_FRAGMENT


def test_each_take_names_its_participant_and_the_same_call(talk: Talk) -> None:
    first, second = talk.manifests()
    assert first["call_id"] == second["call_id"]
    assert {first["name"], second["name"]} == {"Rosa", "Daniel"}


def test_each_clock_was_asked_by_the_other_and_by_the_studio(talk: Talk) -> None:
    takes = [read_take(folder) for folder in talk.studio.takes()]
    for own, other in (takes, takes[::-1]):
        peers = {beacon.peer_clock_id for beacon in own.beacons}
        assert other.clock_id in peers
        assert len(peers) == 2


@pytest.fixture(scope="module")
def alignment(talk: Talk, tmp_path_factory: pytest.TempPathFactory) -> Alignment:
    request = AlignRequest(tuple(talk.studio.takes()))
    return align_files(request, tmp_path_factory.mktemp("work"))


def test_the_two_takes_are_put_on_one_clock_by_beacons_without_a_hole(
    alignment: Alignment,
) -> None:
    assert [hole for hole in alignment.holes if hole.duration_s > DEVICE_STALL_S] == []
    assert alignment.takes[1].evidence == ("beacons",)


def test_nothing_was_asked_of_anybody_but_the_studio(talk: Talk) -> None:
    for one in talk.guests:
        own = urlsplit(one.link).netloc
        strangers = {url for url in one.requests if not url.startswith(("data:", "blob:"))}
        assert {urlsplit(url).netloc for url in strangers} == {own}


def test_no_page_told_a_fault(talk: Talk) -> None:
    assert [one.faults for one in talk.guests] == [[], []]


def test_the_film_of_the_conversation_is_made_with_no_further_input(
    talk: Talk, tmp_path: Path
) -> None:
    made = candid("film", *talk.studio.takes(), "-o", tmp_path / "film", "--draft", "--json")
    assert made.code == 0, made.err
    assert (tmp_path / "film" / "film.mp4").stat().st_size > 0
    transcript = json.loads((tmp_path / "film" / "transcript.json").read_text())
    people = {take.parent.name for take in talk.studio.takes()}
    assert {segment["participant"] for segment in transcript["segments"]} == people
