"""What calendars are told of a conversation: once, again after a change, and when it is off."""

import os
import subprocess
import sys

import icalendar
import pytest
from django.core import mail
from django.utils import timezone

from candid.site.conversations.actions import end_conversation, note_held
from candid.site.conversations.models import Conversation, Participant
from tests.site.conversations.planning import PLAN, change, send
from tests.site.mail_server import send_nowhere


def calendars():
    """Return the calendar of every letter: its method and its one event."""
    read = []
    for letter in mail.outbox:
        [part] = letter.attachments
        calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
        [event] = calendar.walk("VEVENT")
        assert part.get_param("method") == calendar["METHOD"]
        read.append((str(calendar["METHOD"]), event))
    return read


def test_an_entry_is_for_whom_it_was_sent_and_names_nobody_else(planned):
    [(method, event)] = calendars()
    assert (method, event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
    assert str(event["ATTENDEE"]) == "mailto:rosa@example.org"
    assert "Daniel" not in event.to_ical().decode()


def test_a_changed_time_has_the_same_uid_and_a_higher_sequence(desk, planned):
    change(desk, planned, starts_at="19:00")
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "It tells an earlier title or time" in page
    desk.send(f"/desk/conversations/tell/{planned.pk}/")
    (_, before), (method, after) = calendars()
    assert method == "REQUEST"
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.decoded("DTSTART").isoformat() == "2026-03-12T19:00:00+00:00"
    assert "Something has changed" in mail.outbox[-1].body
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "It tells an earlier title or time" not in page


def test_what_no_calendar_shows_asks_nobody_to_look_again(desk, planned):
    change(desk, planned, email_1="daniel@example.org")
    desk.send(f"/desk/conversations/tell/{planned.pk}/")
    assert len(mail.outbox) == 1


def test_calling_it_off_takes_the_entry_back_and_lets_nobody_in(desk, planned):
    change(desk, planned, starts_at="19:00")
    send(desk, planned)
    desk.send(f"/desk/conversations/call-off/{planned.pk}/")
    _, (_, before), (method, event) = calendars()
    assert (method, event["STATUS"], event["UID"]) == ("CANCEL", "CANCELLED", before["UID"])
    assert event["SEQUENCE"] > before["SEQUENCE"]
    planned.refresh_from_db()
    assert planned.ended_at is not None


def test_a_time_that_is_taken_away_takes_the_entry_back_and_the_letter_says_so(desk, planned):
    change(desk, planned, starts_on="", starts_at="")
    desk.send(f"/desk/conversations/tell/{planned.pk}/")
    (_, before), (method, event) = calendars()
    assert (method, event["UID"]) == ("CANCEL", before["UID"])
    assert event["SEQUENCE"] > before["SEQUENCE"]
    assert event.decoded("DTSTART") == before.decoded("DTSTART")
    assert "there is no new one yet" in mail.outbox[-1].body


def test_an_entry_of_a_new_time_is_another_than_the_one_that_was_taken_back(desk, planned):
    change(desk, planned, starts_on="", starts_at="")
    desk.send(f"/desk/conversations/tell/{planned.pk}/")
    change(desk, planned, starts_at="20:00")
    desk.send(f"/desk/conversations/tell/{planned.pk}/")
    desk.send(f"/desk/conversations/call-off/{planned.pk}/")
    _, (_, cancelled), (method, again), (last, off) = calendars()
    assert (method, last) == ("REQUEST", "CANCEL")
    assert again["UID"] == off["UID"] != cancelled["UID"]


@pytest.mark.parametrize("is_told", [True, False])
def test_calling_it_off_takes_back_what_is_in_calendars_and_nothing_else(desk, planned, is_told):
    change(desk, planned, starts_on="", starts_at="")
    if is_told:
        desk.send(f"/desk/conversations/tell/{planned.pk}/")
    desk.send(f"/desk/conversations/call-off/{planned.pk}/")
    sent = [len(letter.attachments) for letter in mail.outbox]
    assert sent == ([1, 1, 0] if is_told else [1, 1])
    assert "called off" in mail.outbox[-1].body


def test_who_was_never_invited_hears_nothing_of_it(desk, planned):
    change(desk, planned, email_1="daniel@example.org")
    desk.send(f"/desk/conversations/call-off/{planned.pk}/")
    assert [letter.to for letter in mail.outbox[1:]] == [["rosa@example.org"]]


def test_somebody_who_is_taken_out_is_told_and_their_link_opens_nothing(desk, planned):
    change(desk, planned, name_2="Amina")
    rosa = Participant.objects.get(name="Rosa")
    desk.send(f"/desk/conversations/remove/{rosa.pk}/")
    assert calendars()[-1][0] == "CANCEL"
    assert desk.client.get(rosa.path).status_code == 404
    assert [one.name for one in planned.participants.order_by("sort_order")] == ["Daniel", "Amina"]


def test_somebody_who_is_taken_out_and_asked_again_has_an_entry_that_was_never_cancelled(
    desk, planned
):
    change(desk, planned, name_2="Amina")
    rosa = Participant.objects.get(name="Rosa")
    desk.send(f"/desk/conversations/remove/{rosa.pk}/")
    names = {f"name_{at}": one.name for at, one in enumerate(planned.participants.all())}
    change(desk, planned, **names, name_2="Rosa", email_2="rosa@example.org")
    send(desk, planned)
    (_, _first), (off, cancelled), (method, again) = calendars()
    assert (off, method) == ("CANCEL", "REQUEST")
    assert again["UID"] != cancelled["UID"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/desk/conversations/link/{rosa}/send/", "Copy the link instead."),
        ("/desk/conversations/remove/{rosa}/", "Tell them another way"),
    ],
)
def test_a_letter_that_the_mail_server_did_not_take_is_said_with_what_helps(
    desk, planned, settings, address, words
):
    change(desk, planned, name_2="Amina")
    send_nowhere(settings)
    desk.send(address.format(rosa=Participant.objects.get(name="Rosa").pk))
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "did not take the letter to Rosa" in page
    assert words in page


def test_a_studio_starts_without_the_library_of_calendars(tmp_path):
    code = (
        "import django, sys; django.setup(); from candid.site import asgi; import candid.site.urls"
    )
    code += "; print('icalendar' in sys.modules)"
    settings = {"DJANGO_SETTINGS_MODULE": "candid.site.settings", "CANDID_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "False"


def test_of_two_nobody_can_be_taken_out(desk, planned):
    rosa = Participant.objects.get(name="Rosa")
    desk.send(f"/desk/conversations/remove/{rosa.pk}/")
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "at least two participants" in page
    assert planned.participants.count() == 2
    assert desk.client.get(rosa.path).status_code == 302


def test_who_is_invited_to_a_conversation_that_is_removed_is_told(desk, planned):
    change(desk, planned, email_1="daniel@example.org")
    desk.send(f"/desk/conversations/delete/{planned.pk}/")
    assert not Conversation.objects.exists()
    (_, before), (method, event) = calendars()
    assert (method, event["UID"]) == ("CANCEL", before["UID"])
    assert mail.outbox[-1].to == ["rosa@example.org"]


@pytest.mark.parametrize("what", ["conversation", "participant"])
def test_of_one_that_was_held_nobody_hears_that_it_was_called_off(desk, planned, what):
    change(desk, planned, name_2="Amina")
    rosa = Participant.objects.get(name="Rosa")
    note_held(planned.call_id)
    address = {
        "conversation": f"/desk/conversations/delete/{planned.pk}/",
        "participant": f"/desk/conversations/remove/{rosa.pk}/",
    }[what]
    desk.send(address)
    assert not Participant.objects.filter(pk=rosa.pk).exists()
    assert len(mail.outbox) == 1


def test_who_could_not_be_told_that_it_is_off_is_told_with_another_press(desk, planned, settings):
    change(desk, planned, email_1="daniel@example.org")
    desk.send(f"/desk/conversations/link/{planned.participants.get(name='Daniel').pk}/send/")
    Participant.objects.filter(name="Daniel").update(apologised_at=timezone.now())
    send_nowhere(settings)
    address = f"/desk/conversations/call-off/{planned.pk}/"
    desk.send(address)
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "did not take the letter to Rosa. Tell them another way" in page
    assert "No letter has told these people that it was called off: Rosa." in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for _ in range(2):
        desk.send(address)
    assert [letter.to[0] for letter in mail.outbox[2:]] == ["rosa@example.org"]
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "No letter has told" not in page


def test_what_was_held_meanwhile_is_not_called_off_from_a_page_of_before(desk, planned):
    note_held(planned.call_id)
    desk.send(f"/desk/conversations/call-off/{planned.pk}/")
    planned.refresh_from_db()
    assert (planned.is_called_off, planned.ended_at) == (False, None)
    assert len(mail.outbox) == 1
    page = desk.client.get(f"/desk/conversations/inspect/{planned.pk}/").text
    assert "so it was not called off" in page


def test_nobody_is_invited_to_what_is_over(desk, planned):
    change(desk, planned, starts_at="19:00")
    end_conversation(planned)
    send(desk, planned)
    desk.send(f"/desk/conversations/tell/{planned.pk}/")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("summer", [True, False])
def test_a_time_holds_on_the_clocks_of_its_zone(desk, summer):
    day = "2026-07-12" if summer else "2026-01-12"
    desk.send("/desk/conversations/new/", **(PLAN | {"starts_on": day}))
    start = Conversation.objects.get().start
    assert start.utcoffset().total_seconds() == (3600 if summer else 0)
    assert (start.hour, start.minute) == (18, 30)
