"""Recordings go when their time is over, and whoever left an address hears of it before."""

import datetime as dt
from contextlib import suppress

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import mail
from django.utils import timezone

from candid.engine.recording.take import read_take
from candid.site.agreements.actions import load_first_text, sign, verify_ledger
from candid.site.agreements.deeds import deeds_of
from candid.site.agreements.models import LedgerEntry
from candid.site.conversations.models import Campaign
from candid.site.people.actions import is_sign_in_open, make_first_organiser, make_sign_in
from candid.site.people.models import SignIn
from candid.site.recording import actions, rounds
from candid.site.recording.letters import Letter, write_letters
from candid.site.recording.models import Erasure, Keeping
from candid.site.recording.places import call_folder
from candid.site.recording.retention import keep_promises, tell_due
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike
from candid.site.recording.wiring import site_storage
from tests.site.desk.kept import files_of, put, send_take, take_of, token_of
from tests.site.people_who_talk import invite_two, live
from tests.site.recording.material import DeadError, DyingStore

DAY = dt.timedelta(days=1)
START = timezone.now()


@pytest.fixture(autouse=True)
def letters(settings, studio):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


@pytest.fixture
def held(studio):
    """A conversation of a campaign of thirty days, signed for, with a take; the desk knows it."""
    conversation, people = invite_two()
    campaign = Campaign.objects.create(name="Spring", keep_days=30)
    conversation.campaigns.add(campaign)
    conversation.save()
    for one in people:
        sign(one.participant_id, one.name, load_first_text(), conversation.keep_days)
        send_take(studio, one)
    get_user_model().objects.filter(pk=make_first_organiser().pk).update(email="desk@example.org")
    keep_promises(START)
    return conversation


def kept_until(conversation, last_day):
    """Let a studio make its round every day, and tell on which day the files went."""
    for day in range(1, last_day + 1):
        keep_promises(START + day * DAY)
        if not files_of(conversation.call_id):
            return day
    return None


def test_recordings_go_on_the_day_that_was_promised_and_receipts_stay(held, letters):
    assert kept_until(held, 40) == 30
    erasures = list(Erasure.objects.all())
    assert [(one.reason, len(one.receipts)) for one in erasures] == [("time", 1)] * 2
    assert all(one.receipts[0]["tracks"]["microphone"]["fragments"] for one in erasures)
    for one in held.participants.all():
        [deed] = deeds_of([one.participant_id])
        assert (deed.kind, deed.reason) == ("recording.erased", "time")
    assert verify_ledger() == []


def test_everybody_is_told_once_a_week_before_and_once_when_it_is_done(held, letters):
    kept_until(held, 22)
    assert letters == []
    kept_until(held, 29)
    day = (START + 30 * DAY).strftime("%-d %B %Y")
    assert sorted(letter.to[0] for letter in letters) == [
        "daniel@example.org",
        "desk@example.org",
        "rosa@example.org",
    ]
    assert all(f"will be erased on {day}" in letter.body for letter in letters)
    kept_until(held, 40)
    assert len(letters) == 6
    assert all("erased" in letter.body for letter in letters)


def test_the_day_is_that_of_the_studio_s_own_clocks(held, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    evening = dt.datetime(2026, 3, 12, 20, tzinfo=dt.UTC)
    for kind in ("announced", "erased"):
        told = [letter.words for letter in write_letters(held, kind, evening)]
        assert len(told) == 3
        assert all("13 March 2026" in words for words in told)
    Keeping.objects.update(since=evening - 30 * DAY)
    assert "13 March 2026" in tell_due(held)


def test_what_a_device_sent_that_never_came_back_goes_with_the_rest(held, studio):
    """One take without any manifest, and one with a piece that stands in none."""
    rosa, daniel = held.participants.order_by("name").reverse()
    base = f"{studio}/ingest/takes"
    put(f"{base}/{take_of(rosa, 2)}/camera/0", b"the last picture", token_of(rosa))
    put(f"{base}/{take_of(daniel)}/microphone/3", b"the last word", token_of(daniel))
    assert kept_until(held, 40) == 30
    by_take = {
        receipt["take_id"]: receipt["unlisted"]
        for erasure in Erasure.objects.all()
        for receipt in erasure.receipts
    }
    assert by_take == {
        take_of(rosa): {},
        take_of(rosa, 2): {"camera": [0]},
        take_of(daniel): {"microphone": [3]},
    }


@pytest.mark.parametrize("name", ["receipt.json", "manifest.json"])
def test_a_recording_whose_receipt_cannot_be_read_goes_all_the_same(held, name):
    rosa = held.participants.get(name="Rosa")
    folder = settings.MEDIA_ROOT / call_folder(held.call_id) / rosa.participant_id / take_of(rosa)
    (folder / "receipt.json").unlink()
    (folder / name).write_bytes(b"{")
    assert kept_until(held, 40) == 30


def test_of_several_campaigns_the_shortest_time_counts(held):
    longer = Campaign.objects.create(name="Archive", keep_days=300)
    held.campaigns.add(longer)
    held.save()
    assert kept_until(held, 40) == 30


def test_a_campaign_that_lasts_longer_later_lengthens_nothing_that_was_signed_for(held):
    Campaign.objects.update(keep_days=300)
    assert kept_until(held, 40) == 30


def test_a_campaign_that_is_removed_lengthens_nothing_that_was_signed_for(held):
    Campaign.objects.all().delete()
    assert kept_until(held, 40) == 30


def test_a_time_made_shorter_leaves_a_week_to_hear_of_it(held, letters):
    kept_until(held, 10)
    Campaign.objects.update(keep_days=5)
    keep_promises(START + 10 * DAY)
    assert len(letters) == 3
    assert files_of(held.call_id)
    assert kept_until(held, 40) == 17


def test_a_studio_that_was_away_keeps_what_was_signed_as_soon_as_it_is_back(held, letters):
    keep_promises(START + 45 * DAY)
    assert files_of(held.call_id) == []
    assert len(letters) == 3
    assert all("is erased" in one.body or "are erased" in one.body for one in letters)


def test_a_studio_that_was_away_tells_everybody_first_where_nobody_signed_for_a_time(studio):
    conversation, (rosa, _daniel) = invite_two()
    sign(rosa.participant_id, "Rosa", load_first_text())
    send_take(studio, rosa)
    keep_promises(START)
    keep_promises(START + 400 * DAY)
    assert files_of(conversation.call_id)
    keep_promises(START + 407 * DAY)
    assert files_of(conversation.call_id) == []


class DiskError(OSError):
    pass


@pytest.mark.parametrize("at", ["before the files", "after the files"])
def test_an_erasure_that_was_cut_short_is_ended_by_the_next_round(held, monkeypatch, at):
    """As when the server dies: what was done stays, what was not is done later, and once."""
    with monkeypatch.context() as broken:
        if at == "before the files":

            def fail(*_arguments, **_more):
                raise DiskError

            broken.setattr(actions.shelf, "erase_of", fail)
            keep_promises(START + 30 * DAY)
            assert files_of(held.call_id)
        else:

            def die(*_arguments, **_more):
                raise KeyboardInterrupt

            broken.setattr(actions, "append_entry", die)
            with pytest.raises(KeyboardInterrupt):
                keep_promises(START + 30 * DAY)
    assert Erasure.objects.filter(done_at=None).exists()
    keep_promises(START + 30 * DAY)
    assert files_of(held.call_id) == []
    assert not Erasure.objects.filter(done_at=None).exists()
    for one in held.participants.all():
        assert len(deeds_of([one.participant_id])) == 1
    assert all(len(one.receipts) == 1 for one in Erasure.objects.all())


def test_a_letter_that_the_mail_server_refuses_is_sent_later_and_the_others_at_once(
    held, letters, monkeypatch
):
    sends = []

    def send(letter):
        sends.append(letter.email)
        if letter.email == "rosa@example.org" and sends.count(letter.email) == 1:
            raise DiskError

    monkeypatch.setattr(Letter, "send", send)
    for hours in range(3):
        keep_promises(START + 24 * DAY + dt.timedelta(hours=hours))
    assert sorted(sends) == [
        "daniel@example.org",
        "desk@example.org",
        "rosa@example.org",
        "rosa@example.org",
    ]


@pytest.mark.parametrize("failing", [DiskError, KeyboardInterrupt])
def test_a_letter_about_an_erasure_that_did_not_go_out_goes_with_the_next_round(
    held, letters, monkeypatch, failing
):
    kept_until(held, 29)
    letters.clear()
    send, refused = Letter.send, []

    def fail_once(letter):
        if not refused:
            refused.append(letter.email)
            raise failing
        send(letter)

    monkeypatch.setattr(Letter, "send", fail_once)
    with suppress(KeyboardInterrupt):
        keep_promises(START + 30 * DAY)
    assert files_of(held.call_id) == []
    Campaign.objects.update(keep_days=300)
    for hours in range(1, 3):
        keep_promises(START + 30 * DAY + dt.timedelta(hours=hours))
    everybody = ["daniel@example.org", "desk@example.org", "rosa@example.org"]
    assert sorted(letter.to[0] for letter in letters) == everybody
    assert all("erased" in letter.body for letter in letters)


def test_what_was_announced_and_given_more_time_is_announced_again(held, letters):
    LedgerEntry.objects.all().delete()
    kept_until(held, 24)
    Campaign.objects.update(keep_days=365)
    kept_until(held, 99)
    letters.clear()
    Campaign.objects.update(keep_days=60)
    keep_promises(START + 100 * DAY)
    assert files_of(held.call_id)
    assert len(letters) == 3
    keep_promises(START + 106 * DAY)
    assert files_of(held.call_id)
    keep_promises(START + 107 * DAY)
    assert files_of(held.call_id) == []


def test_what_a_participant_erased_is_written_into_the_ledger_once(held, studio):
    rosa = held.participants.get(name="Rosa")
    headers = {"Authorization": f"Bearer {token_of(rosa)}"}
    httpx.delete(f"{studio}/ingest/takes/", headers=headers, timeout=60).raise_for_status()
    for hours in range(3):
        keep_promises(START + dt.timedelta(hours=hours))
    [deed] = deeds_of([rosa.participant_id])
    assert (deed.kind, deed.reason, deed.by) == ("recording.erased", "asked", "")


def test_what_a_dead_server_left_of_an_erased_voice_goes_with_the_next_round(held, studio):
    rosa, daniel = held.participants.order_by("name").reverse()
    token = token_of(daniel)
    put(f"{studio}/ingest/takes/{take_of(daniel)}/heard/0", b"Rosa's voice", token)
    headers = {"Authorization": f"Bearer {token_of(rosa)}"}
    httpx.delete(f"{studio}/ingest/takes/", headers=headers, timeout=60).raise_for_status()
    guide = settings.MEDIA_ROOT / "calls" / held.call_id / daniel.participant_id
    guide = guide / take_of(daniel) / "heard"
    assert not guide.exists()
    guide.mkdir()
    (guide / "000001.m4s").write_bytes(b"stored, and the server died before it looked again")
    keep_promises(START)
    assert not guide.exists()


def test_what_a_dead_server_stored_of_an_erased_take_goes_with_the_next_round(held):
    one = held.participants.first()
    actions.erase_recordings(held.call_id, [one.participant_id], "desk")
    track = (
        settings.MEDIA_ROOT / "calls" / held.call_id / one.participant_id / take_of(one) / "heard"
    )
    track.mkdir(parents=True)
    (track / "000001.m4s").write_bytes(b"stored, and the server died before it looked again")
    keep_promises(START)
    assert not track.parent.parent.exists()


def test_a_strike_that_was_cut_short_is_ended_by_the_next_round(held):
    """Struck is the second of three seconds of Rosa's take, on her device's own clock."""
    rosa = held.participants.get(name="Rosa")
    folder = settings.MEDIA_ROOT / call_folder(held.call_id) / rosa.participant_id / take_of(rosa)
    take = read_take(folder)
    start_us = take.started_us
    stretch = Stretch(take.clock_id, start_us + 1_400_000, start_us + 1_600_000)
    dying = DyingStore(site_storage().store, 1)
    with pytest.raises(DeadError):
        strike(dying, call_folder(held.call_id), stretch)
    assert (folder / "microphone/000001.m4s").exists()
    keep_promises(START)
    left = sorted(path.name for path in (folder / "microphone").glob("*.m4s"))
    assert left == ["000000.m4s", "000002.m4s"]


def test_of_a_call_that_goes_on_a_round_takes_nothing_that_is_in_doubt(held, studio):
    """What was struck goes, and no track that the device may be about to name."""
    rosa, daniel = held.participants.order_by("-name")
    folder = settings.MEDIA_ROOT / call_folder(held.call_id) / rosa.participant_id / take_of(rosa)
    stretch = Stretch(f"clock-{take_of(rosa)}", 6_400_000, 6_600_000)
    with pytest.raises(DeadError):
        strike(DyingStore(site_storage().store, 1), call_folder(held.call_id), stretch)
    put(f"{studio}/ingest/takes/{take_of(rosa)}/heard/0", b"not named yet", token_of(rosa))

    def left():
        return sorted(str(path.relative_to(folder)) for path in folder.glob("*/0*.m4s"))

    with live(studio, rosa) as browser:
        browser.say(type="state", stage="call")
        browser.hear_state(rosa.participant_id, stage="call")
        keep_promises(START)
        assert left() == ["heard/000000.m4s", "microphone/000000.m4s", "microphone/000002.m4s"]
    with live(studio, daniel) as witness:
        witness.hear_state(rosa.participant_id, is_here=False)
    keep_promises(START)
    assert left() == ["microphone/000000.m4s", "microphone/000002.m4s"]


def test_what_is_wrong_with_one_conversation_stops_no_other(held, studio):
    (settings.MEDIA_ROOT / "calls" / held.call_id / "struck.json").write_bytes(b"{")
    other, people = invite_two()
    send_take(studio, people[0])
    keep_promises(START)
    assert Keeping.objects.filter(call_id=other.call_id).exists()


def test_what_is_wrong_with_a_take_stops_neither_its_erasing_nor_its_calls(held):
    """Neither a receipt nor a strike can be made of a manifest that the disk cannot give."""
    one = held.participants.first()
    spoiled = settings.MEDIA_ROOT / call_folder(held.call_id) / one.participant_id
    spoiled = spoiled / take_of(one) / "manifest.json"
    (spoiled.parent / "receipt.json").unlink()
    spoiled.unlink()
    spoiled.mkdir()
    with pytest.raises(IsADirectoryError):
        strike(site_storage().store, call_folder(held.call_id), Stretch("server", 0, 9))
    assert kept_until(held, 40) == 30
    receipts = {each.participant_id: each.receipts for each in Erasure.objects.all()}
    assert receipts[one.participant_id] == [{"take_id": take_of(one)}]


@pytest.mark.parametrize("when", [0, 30])
def test_an_erasure_that_cannot_be_ended_stops_no_other(held, monkeypatch, when):
    ids = sorted(one.participant_id for one in held.participants.all())
    if not when:
        for one in ids:
            Erasure.objects.create(call_id=held.call_id, participant_id=one)
    erase_of, first = actions.shelf.erase_of, ids[0]

    def fail_once(uploader, **more):
        if uploader.participant_id == first:
            raise DiskError
        return erase_of(uploader, **more)

    monkeypatch.setattr(actions.shelf, "erase_of", fail_once)
    keep_promises(START + when * DAY)
    assert [each.participant_id for each in Erasure.objects.filter(done_at=None)] == [first]
    assert Erasure.objects.exclude(done_at=None).exists()


def test_a_round_forgets_ended_sign_ins_whatever_befalls_the_recordings(studio, monkeypatch):
    make_sign_in(make_first_organiser())
    SignIn.objects.update(expires_at=START - DAY)
    still_open = make_sign_in(make_first_organiser())

    def fail(_now):
        raise DiskError

    monkeypatch.setattr(rounds, "keep_promises", fail)
    rounds.make_round()
    assert is_sign_in_open(still_open)
    assert SignIn.objects.count() == 1


def test_recordings_that_belong_to_nobody_are_left_alone(held):
    """A database that was brought back from an older copy must not cost what came since."""
    call_id = held.call_id
    type(held).objects.all().delete()
    keep_promises(START + 1000 * DAY)
    assert files_of(call_id)
    assert Keeping.objects.filter(call_id=call_id).exists()


def test_the_desk_says_until_when(desk, held):
    page = desk.client.get(f"/desk/conversations/inspect/{held.pk}/").text
    assert f"They are kept until {(START + 30 * DAY).strftime('%-d %B %Y')}" in page
    Keeping.objects.update(since=timezone.now() - 25 * DAY)
    page = desk.client.get(f"/desk/conversations/inspect/{held.pk}/").text
    assert "They will be erased on" in page
