"""Recordings at the desk: receipts in words, originals, erasing; and who is told of it."""

import io
import json
import zipfile

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from candid.engine.recording.take import read_take
from candid.site.agreements.actions import load_first_text, sign, verify_ledger
from candid.site.agreements.deeds import BY_SERVER, deeds_of
from candid.site.conversations.actions import end_conversation, note_held
from candid.site.conversations.models import Conversation
from candid.site.recording import actions, shelf
from candid.site.recording.actions import note_download
from candid.site.recording.models import Erasure
from candid.site.recording.originals import Package
from candid.site.recording.places import call_folder
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike
from candid.site.recording.wiring import site_storage
from tests.site.desk.kept import files_of, put, send_take, take_of, token_of
from tests.site.people_who_talk import invite_two, invite_two_who_agreed, live
from tests.site.recording.material import DeadError, DyingStore, headers_for, some_parts


@pytest.fixture
def held(studio):
    """A conversation of two who agreed, and Rosa's take, which is complete."""
    conversation, people = invite_two_who_agreed()
    send_take(studio, people[0])
    return conversation, people


def page_of(desk, conversation):
    return desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/").text


def originals(conversation, take_id):
    return f"/desk/recordings/{conversation.call_id}/{take_id}/originals/"


def test_a_complete_take_is_said_to_be_so_with_its_receipt_to_have(desk, held):
    conversation, (rosa, _daniel) = held
    page = page_of(desk, conversation)
    assert "all of it is here." in page
    assert "Voice: 3 pieces, 0.1 MB" in page
    assert "Nothing has arrived yet." in page
    address = f"/desk/recordings/{conversation.call_id}/{take_of(rosa)}/receipt.json"
    receipt = desk.client.get(address)
    assert receipt.json()["state"] == "complete"
    assert len(receipt.json()["tracks"]["microphone"]["fragments"]) == 3


def test_what_no_film_uses_is_told_apart(desk, held, studio):
    conversation, (_rosa, daniel) = held
    address = f"{studio}/ingest/takes/{take_of(daniel)}/camera/0"
    put(address, b"the last picture", token_of(daniel))
    words = "Picture: 1 piece is kept that no film uses, for its device has not told yet"
    assert words in page_of(desk, conversation)
    with live(studio, daniel) as browser:  # its device may tell it any moment
        browser.say(type="state", stage="call")
        browser.hear_state(daniel.participant_id, stage="call")
        assert words not in page_of(desk, conversation)


def test_what_a_device_gave_nothing_of_is_told(desk, studio):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    stalls = [(65_000_000, 67_500_000), (67_500_000, 71_000_000)]
    gaps = [{"reason": "stalled", "start_us": begin, "end_us": end} for begin, end in stalls]
    send_take(studio, rosa, gaps=tuple({**gap, "kind": "camera"} for gap in gaps))
    words = "Picture: the device gave nothing for 6.0 s, from 1:00"
    assert words in page_of(desk, conversation)


@pytest.mark.parametrize("content", ["{", "null", "5"])
def test_a_damaged_receipt_is_made_anew(desk, held, content):
    conversation, (rosa, _daniel) = held
    folder = settings.MEDIA_ROOT / call_folder(conversation.call_id) / rosa.participant_id
    (folder / take_of(rosa) / "receipt.json").write_text(content)
    assert "all of it is here." in page_of(desk, conversation)


def spoil(path):
    """Put something there that cannot be read as a file, also by root."""
    path.unlink(missing_ok=True)
    path.mkdir()


def test_a_take_that_cannot_be_read_leaves_the_page_and_the_other_takes(desk, held, studio):
    conversation, (rosa, daniel) = held
    send_take(studio, daniel)
    folder = settings.MEDIA_ROOT / call_folder(conversation.call_id)
    spoil(folder / rosa.participant_id / take_of(rosa) / "receipt.json")
    page = page_of(desk, conversation)
    assert "Cannot be read at present." in page
    assert "all of it is here." in page


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"stretches": [], "takes": []}'])
def test_pages_open_where_nothing_of_the_recordings_can_be_read(desk, held, content):
    conversation, (rosa, _daniel) = held
    path = settings.MEDIA_ROOT / call_folder(conversation.call_id) / "struck.json"
    spoil(path) if content is None else path.write_text(content)
    page = page_of(desk, conversation)
    assert "The recordings cannot be read at present." in page
    assert "Rosa" in page
    assert states(desk, conversation)[0] == "What has arrived cannot be read at present"
    assert '"arrived": "unknown"' in desk.client.get(f"{rosa.path}call/").text


def states(desk, conversation):
    told = desk.client.get(f"/desk/live/{conversation.call_id}/").json()
    return [one["words"] for one in told["people"]]


def test_the_live_state_goes_on_after_the_call_by_what_has_arrived(desk, studio):
    conversation, (rosa, daniel) = invite_two_who_agreed()
    with live(studio, rosa) as browser:
        browser.say(type="state", stage="call", recording=True)
        browser.say(type="uploads", percent=60)
        send_take(studio, rosa, without=(2,))
        browser.say(type="leave")
        browser.hear_state(rosa.participant_id, stage="after")
        assert states(desk, conversation) == ["Has hung up, 60 % sent", "Agreed"]
    with live(studio, daniel) as witness:
        witness.hear_state(rosa.participant_id, is_here=False)
    assert states(desk, conversation)[0] == "Away, 60 % of the recording sent"
    send_take(studio, rosa)
    assert states(desk, conversation)[0] == "Recording complete"


def test_holes_are_told_by_place_and_length(desk, studio):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    send_take(studio, rosa, without=(1, 2))
    page = page_of(desk, conversation)
    assert "Not complete." in page
    assert "Voice: 2.0 s missing, from 0:01" in page


def test_originals_are_a_take_folder_that_the_engine_reads(desk, held, tmp_path):
    conversation, (rosa, _daniel) = held
    got = desk.send(originals(conversation, take_of(rosa)))
    assert got.status_code == 200
    assert int(got.headers["content-length"]) == len(got.content)
    assert f'filename="rosa-{take_of(rosa)[-8:]}.zip"' in got.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(got.content)) as package:
        assert package.testzip() is None
        package.extractall(tmp_path)
    take = read_take(tmp_path / take_of(rosa))
    assert take.participant_id == rosa.participant_id
    assert (tmp_path / take_of(rosa) / "microphone/000002.m4s").read_bytes() == some_parts(3)[3]


def test_a_download_is_in_the_ledger_and_on_the_participants_page(desk, held):
    conversation, (rosa, daniel) = held
    get_user_model().objects.update(first_name="Maria", last_name="Lind")
    desk.send(originals(conversation, take_of(rosa)))
    [deed] = deeds_of([rosa.participant_id])
    assert (deed.kind, deed.by) == ("recording.downloaded", "Maria Lind")
    assert verify_ledger() == []
    theirs = desk.client.get(f"{rosa.path}call/").text
    assert "Your recording was downloaded by Maria Lind on " in theirs
    assert "downloaded by" not in desk.client.get(f"{daniel.path}call/").text
    assert "Downloaded by Maria Lind" in page_of(desk, conversation)


def test_a_copy_by_the_command_is_told_in_plain_words(desk, held):
    conversation, (rosa, _daniel) = held
    [take] = shelf.takes_of(conversation.call_id)
    note_download(take, BY_SERVER)
    theirs = desk.client.get(f"{rosa.path}call/").text
    assert "Your recording was copied by whoever runs the server, on " in theirs
    assert BY_SERVER not in theirs


def test_a_take_that_may_hold_what_was_struck_cannot_be_had(desk, held):
    """Struck on a clock that this device never heard of."""
    conversation, (rosa, _daniel) = held
    stretch = Stretch("another clock", 0, 1_000_000)
    strike(site_storage().store, call_folder(conversation.call_id), stretch)
    page = page_of(desk, conversation)
    assert "Until its device tells where that is, the take cannot be had." in page
    assert "Download originals" not in page
    desk.send(originals(conversation, take_of(rosa)))
    refusal = "Something that was struck is not found in this recording yet."
    assert refusal in page_of(desk, conversation)
    assert deeds_of([rosa.participant_id]) == []


@pytest.mark.parametrize("told_by", ["the studio", "the device"])
def test_a_piece_that_came_after_its_strike_and_stands_in_no_manifest_does_not_leave(
    desk, held, studio, told_by
):
    """Its device died before it told of it; no round has been made since."""
    conversation, (_rosa, daniel) = held
    where = {"start_us": 8_400_000, "end_us": 8_900_000}
    gaps = ({"reason": "struck", **where},) if told_by == "the device" else ()
    take_id = send_take(studio, daniel, state="recording", gaps=gaps)
    if told_by == "the studio":
        stretch = Stretch(f"clock-{take_id}", **where)
        strike(site_storage().store, call_folder(conversation.call_id), stretch)
    put(f"{studio}/ingest/takes/{take_id}/microphone/3", b"said and struck", token_of(daniel))
    desk.send(originals(conversation, take_id))
    assert "000003.m4s" in files_of(conversation.call_id)  # it cannot be had yet
    end_conversation(conversation)
    got = desk.send(originals(conversation, take_id))
    with zipfile.ZipFile(io.BytesIO(got.content)) as package:
        left = [name for name in package.namelist() if "microphone/0" in name]
    assert left == [f"{take_id}/microphone/00000{number}.m4s" for number in range(3)]
    assert "000003.m4s" not in files_of(conversation.call_id)


def test_a_take_in_which_something_is_struck_as_it_leaves_has_its_receipt_with_it(desk, held):
    """A server died as it struck; no round has been made since."""
    conversation, (rosa, _daniel) = held
    stretch = Stretch(f"clock-{take_of(rosa)}", 6_400_000, 6_600_000)
    with pytest.raises(DeadError):
        strike(DyingStore(site_storage().store, 1), call_folder(conversation.call_id), stretch)
    got = desk.send(originals(conversation, take_of(rosa)))
    with zipfile.ZipFile(io.BytesIO(got.content)) as package:
        told = json.loads(package.read(f"{take_of(rosa)}/receipt.json"))
        names = package.namelist()
    assert told["struck"] == {"microphone": [1]}
    assert f"{take_of(rosa)}/microphone/000001.m4s" not in names


def test_where_somebody_leaves_the_call_as_it_is_asked_no_empty_package_is_given(
    desk, held, monkeypatch
):
    conversation, (rosa, _daniel) = held
    answers = iter([True])
    monkeypatch.setattr("candid.site.recording.desk.is_running", lambda _id: next(answers, False))
    assert desk.send(originals(conversation, take_of(rosa))).status_code == 302
    assert deeds_of([rosa.participant_id]) == []


def test_a_download_by_a_link_alone_takes_nothing(desk, held):
    conversation, (rosa, _daniel) = held
    address = originals(conversation, take_of(rosa))
    assert desk.client.get(address).status_code == 405
    assert desk.client.post(address).status_code == 403
    assert deeds_of([rosa.participant_id]) == []


def test_nothing_of_a_running_call_leaves_the_studio(desk, held, studio):
    conversation, (rosa, daniel) = held
    with live(studio, daniel) as browser:
        browser.say(type="state", stage="call")
        browser.hear_state(daniel.participant_id, stage="call")
        assert "Download originals" not in page_of(desk, conversation)
        assert desk.send(originals(conversation, take_of(rosa))).status_code == 302
        assert "Yes, erase them" not in erase_page(desk, conversation)
    assert deeds_of([rosa.participant_id]) == []


def test_a_take_that_has_not_ended_can_be_had_once_the_conversation_has(desk, studio):
    conversation, (rosa, _daniel) = invite_two_who_agreed()
    take_id = send_take(studio, rosa, state="recording")
    assert desk.send(originals(conversation, take_id)).status_code == 302
    end_conversation(conversation)
    assert desk.send(originals(conversation, take_id)).status_code == 200


def test_what_is_struck_while_it_is_sent_breaks_the_package_off(held):
    _conversation, (rosa, _daniel) = held
    take = shelf.find_take(rosa.conversation.call_id, take_of(rosa))
    package = Package(take.take_id, shelf.files_to_give(take))
    last = shelf.files_of(take)[-1]
    (settings.MEDIA_ROOT / last.key).unlink()

    async def read():
        return [block async for block in package]

    import asyncio

    with pytest.raises(FileNotFoundError):
        asyncio.run(read())


def erase_page(desk, conversation):
    return desk.client.get(f"/desk/recordings/{conversation.call_id}/erase/").text


def erase(desk, conversation):
    return desk.send(f"/desk/recordings/{conversation.call_id}/erase/")


def test_erasing_leaves_receipts_and_a_ledger_entry_and_no_recording(desk, held, studio):
    conversation, (rosa, _daniel) = held
    assert "One take is erased for good" in erase_page(desk, conversation)
    assert files_of(conversation.call_id)
    erase(desk, conversation)
    assert files_of(conversation.call_id) == []
    erasure = Erasure.objects.get(participant_id=rosa.participant_id)
    [receipt] = erasure.receipts
    assert receipt["take_id"] == take_of(rosa)
    assert len(receipt["tracks"]["microphone"]["fragments"]) == 3
    assert [(deed.kind, deed.by) for deed in deeds_of([rosa.participant_id])] == [
        ("recording.erased", "organiser")
    ]
    assert "Your recording was erased by organiser" in desk.client.get(f"{rosa.path}call/").text
    assert "Erased at the desk" in page_of(desk, conversation)
    with pytest.raises(httpx.HTTPStatusError, match="410"):
        send_take(studio, rosa, number=2)


def test_a_folder_that_an_upload_left_of_an_erased_take_is_no_recording(desk, held):
    """It was let in before, and its sender went away after."""
    conversation, (rosa, _daniel) = held
    actions.erase_recordings(conversation.call_id, [rosa.participant_id], "asked")
    left = settings.MEDIA_ROOT / call_folder(conversation.call_id) / rosa.participant_id
    (left / take_of(rosa) / "camera").mkdir(parents=True)
    page = desk.client.get(f"/desk/conversations/inspect/{conversation.pk}/")
    assert page.status_code == 200
    assert "Receipt in full" not in page.text
    receipt = f"/desk/recordings/{conversation.call_id}/{take_of(rosa)}/receipt.json"
    assert desk.client.get(receipt).status_code == 404
    assert shelf.takes_of(conversation.call_id) == []
    assert shelf.holders_of(conversation.call_id) == set()
    (left / take_of(rosa) / "camera" / "000000.m4s").write_bytes(b"could not be removed")
    assert shelf.holders_of(conversation.call_id) == {rosa.participant_id}


def test_who_erased_their_own_is_not_named_as_the_desk(desk, held):
    conversation, (rosa, _daniel) = held
    headers = {"Authorization": f"Bearer {token_of(rosa)}"}
    desk.client.delete("/ingest/takes/", headers=headers)
    assert "Erased by the participant" in page_of(desk, conversation)


def test_who_erased_their_own_before_the_desk_did_keeps_that_in_the_ledger(desk, held):
    """No round came in between, which would have noted it."""
    conversation, (rosa, _daniel) = held
    headers = {"Authorization": f"Bearer {token_of(rosa)}"}
    own = desk.client.delete("/ingest/takes/", headers=headers).json()
    erase(desk, conversation)
    erasure = Erasure.objects.get(participant_id=rosa.participant_id)
    assert (erasure.reason, erasure.by, erasure.receipts) == ("asked", "", [own])
    assert [(deed.kind, deed.by) for deed in deeds_of([rosa.participant_id])] == [
        ("recording.erased", "")
    ]


@pytest.mark.parametrize("what", ["conversation", "participant"])
def test_nobody_is_removed_while_recordings_of_theirs_are_kept(desk, studio, what):
    conversation, (rosa, *_others) = invite_two("Rosa", "Daniel", "Amina")
    send_take(studio, rosa)
    address = {
        "conversation": f"/desk/conversations/delete/{conversation.pk}/",
        "participant": f"/desk/conversations/remove/{rosa.pk}/",
    }[what]
    before = files_of(conversation.call_id)
    desk.send(address)
    assert "Erase the recordings first." in page_of(desk, conversation)
    assert files_of(conversation.call_id) == before != []
    assert desk.client.get(rosa.path).status_code == 302
    erase(desk, conversation)
    desk.send(address)
    assert not type(rosa).objects.filter(pk=rosa.pk).exists()
    assert verify_ledger() == []


@pytest.mark.parametrize("was_held", [True, False])
def test_who_is_taken_out_before_a_recording_leaves_what_the_others_will_hear(
    desk, studio, was_held
):
    """Somebody who was in a call that was recorded may be heard in it, whatever they sent."""
    conversation, (rosa, daniel, _amina) = invite_two("Rosa", "Daniel", "Amina")
    sign(rosa.participant_id, "Rosa", load_first_text())
    if was_held:
        note_held(conversation.call_id)
    desk.send(f"/desk/conversations/remove/{rosa.pk}/")
    assert not type(rosa).objects.filter(pk=rosa.pk).exists()
    base = f"{studio}/ingest/takes/{take_of(daniel)}"
    headers = headers_for(b"heard", token_of(daniel))
    answer = httpx.put(f"{base}/heard/0", content=b"heard", headers=headers, timeout=60)
    assert answer.status_code == (410 if was_held else 201)


def test_of_a_removed_conversation_nothing_arrives_any_more(desk, studio):
    conversation, (rosa, _daniel) = invite_two()
    token, call_id = token_of(rosa), conversation.call_id
    put(f"{studio}/ingest/takes/{take_of(rosa)}/microphone/0", b"early", token)
    headers = {"Authorization": f"Bearer {token}"}
    desk.client.delete("/ingest/takes/", headers=headers)
    desk.send(f"/desk/conversations/delete/{conversation.pk}/")
    assert not Conversation.objects.exists()
    # The receiver may know the token for a second yet; what it takes then is refused all the same.
    with pytest.raises(httpx.HTTPStatusError, match=r"40[13]|410"):
        put(f"{studio}/ingest/takes/{take_of(rosa)}/microphone/1", b"late", token)
    assert files_of(call_id) == []


def test_who_was_erased_is_told_so_by_their_page_and_the_other_is_not(desk, held):
    _conversation, (rosa, daniel) = held
    headers = {"Authorization": f"Bearer {token_of(rosa)}"}
    assert desk.client.delete("/ingest/takes/", headers=headers).status_code == 200
    for one, is_erased in ((rosa, "true"), (daniel, "false")):
        page = desk.client.get(f"{one.path}call/").text
        assert f'"is_erased": {is_erased}' in page
