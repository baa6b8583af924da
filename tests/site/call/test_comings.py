"""Who comes into a call while the desk takes them out, and who does not read what they are told."""

import json
import secrets

import pytest
from django.utils import timezone

from candid.site.agreements.actions import load_first_text, sign
from candid.site.call import consumers
from candid.site.call.rooms import ROOMS
from candid.site.conversations import actions
from tests.site.people_who_talk import invite_two, invite_two_who_agreed, live


def test_who_is_taken_out_loses_the_seat_and_the_others_see_it(studio):
    conversation, (rosa, daniel, cleo) = invite_two("Rosa", "Daniel", "Cleo")
    for one in (rosa, daniel, cleo):
        sign(one.participant_id, one.name, load_first_text())
    with live(studio, rosa) as first, live(studio, daniel), live(studio, cleo) as third:
        for browser in (first, third):
            browser.say(type="state", stage="call", ready=True)
        first.hear("record", is_on=True)
        gone = cleo.participant_id
        actions.remove_participant(cleo)
        assert third.close_code() == 4003
        while gone in {one["id"] for one in first.hear("people")["people"]}:
            pass
        assert first.hear("record")["is_on"] is False
    assert list(ROOMS.find(conversation.call_id).seats) == [
        rosa.participant_id,
        daniel.participant_id,
    ]


@pytest.mark.parametrize("what", ["revoked", "ended"])
def test_what_is_revoked_or_ended_while_somebody_comes_in_lets_nobody_stay(
    studio, monkeypatch, what
):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    open_room = ROOMS.open

    def revoke_late(*given):
        """Between the look at the link and the seat: whoever dismisses finds nobody there."""
        monkeypatch.setattr(ROOMS, "open", open_room)
        if what == "revoked":
            type(rosa).objects.filter(pk=rosa.pk).update(link_version=7)
        else:
            type(conversation).objects.filter(pk=conversation.pk).update(ended_at=timezone.now())
        return open_room(*given)

    monkeypatch.setattr(ROOMS, "open", revoke_late)
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with live(studio, rosa) as one:
        assert one.close_code() == 4003
    assert not ROOMS.find(conversation.call_id).seats[rosa.participant_id].is_in_call


def test_who_reads_nothing_holds_up_nobody(studio, monkeypatch):
    monkeypatch.setattr(consumers, "LONGEST_TELL_S", 0.2)
    _conversation, (rosa, daniel) = invite_two_who_agreed()
    # Random letters: what can be compressed fills no line.
    words = secrets.token_hex(32_000)
    told = json.dumps({"to": rosa.participant_id, "type": "signal", "description": words})
    with live(studio, rosa) as sleeper, live(studio, daniel) as other:
        sleeper.hear("welcome")
        for _ in range(450):
            other.say_raw(told)
        other.say(type="ping", t1_us=1)
        other.hear("pong")
        assert sleeper.close_code() == consumers.TOO_SLOW
