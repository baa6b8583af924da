"""`candid takes`, run on the studio's own machine while recordings change under it."""

import json

import pytest
from click.testing import CliRunner
from django.conf import settings

from candid.commands import takes
from candid.site.agreements.deeds import BY_SERVER, deeds_of
from candid.site.conversations.actions import end_conversation
from candid.site.recording.places import call_folder
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike
from candid.site.recording.wiring import site_storage
from tests.site.desk.kept import send_take, take_of
from tests.site.people_who_talk import invite_two_who_agreed


@pytest.fixture
def both(studio):
    """A conversation that is over, and a take of each of two, in the order of their names."""
    conversation, people = invite_two_who_agreed()
    for one in people:
        send_take(studio, one)
    end_conversation(conversation)
    return conversation, sorted(people, key=lambda one: one.participant_id)


def bring(conversation, folder):
    done = CliRunner().invoke(takes.takes, [conversation.call_id, "-o", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def strike_in(conversation, clock_id):
    stretch = Stretch(clock_id, 7_400_000, 7_600_000)
    strike(site_storage().store, call_folder(conversation.call_id), stretch)


def test_a_folder_without_a_file_is_passed_over(both, tmp_path):
    """As it stays of a first piece that was torn off."""
    conversation, people = both
    folder = settings.MEDIA_ROOT / call_folder(conversation.call_id)
    (folder / people[0].participant_id / take_of(people[0], 0) / "camera").mkdir(parents=True)
    told = bring(conversation, tmp_path / "out")
    assert [one["folder"] for one in told["takes"]] == [
        str(tmp_path / "out" / take_of(one)) for one in people
    ]
    for one in people:
        assert [deed.by for deed in deeds_of([one.participant_id])] == [BY_SERVER]


def test_brought_again_a_folder_holds_nothing_that_was_struck_in_between(both, tmp_path):
    conversation, (first, second) = both
    out = tmp_path / "out"
    bring(conversation, out)
    assert (out / take_of(first) / "microphone/000002.m4s").exists()
    left = out / f".{take_of(first)}.dead.part"
    left.mkdir()
    (out / ".of-somebody-else.part").touch()
    strike_in(conversation, f"clock-{take_of(first)}")
    # Of the other it is not known where that lies: what was brought of it stays as it is.
    assert bring(conversation, out)["withheld"] == [take_of(second)]
    pieces = sorted((out / take_of(first) / "microphone").iterdir())
    assert [path.name for path in pieces] == ["000000.m4s", "000001.m4s", "init.mp4"]
    assert (out / take_of(second) / "microphone/000002.m4s").exists()
    assert [path.name for path in out.glob(".*")] == [".of-somebody-else.part"]


def test_what_is_struck_while_another_take_is_brought_is_looked_for(both, tmp_path, monkeypatch):
    conversation, (first, second) = both
    read = takes._blocks

    def read_and_strike(take, file):
        yield from read(take, file)
        if file.name == "receipt.json":
            strike_in(conversation, f"clock-{take_of(first)}")

    monkeypatch.setattr(takes, "_blocks", read_and_strike)
    told = bring(conversation, tmp_path / "out")
    assert told["withheld"] == [take_of(second)]
    assert not (tmp_path / "out" / take_of(second)).exists()
