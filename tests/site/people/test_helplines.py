"""Helplines: kept by editors, vouched for by somebody, until a day."""

import datetime as dt

import pytest
from django.utils import timezone

from candid.site.people.actions import load_first_helplines
from candid.site.people.models import HelpCountry, Helpline
from tests.site.people.staff import hire


def day(offset=0):
    """Return the day that is so many days after today."""
    return timezone.localdate() + dt.timedelta(days=offset)


def dated(fields):
    """Take a number for the day that is so many days after today, whichever day the test runs."""
    return {name: day(at) if isinstance(at, int) else at for name, at in fields.items()}


def list_one(**fields):
    country, _ = HelpCountry.objects.get_or_create(name="Norway", emergency_number="113")
    vouched = {
        "verified_by": "Ada",
        "verified_on": day(-30),
        "expires_on": day(),
        "source": "https://helpline.example/about/",
    }
    told = {"service": "Night line", "telephone": "116 123", "website": "https://helpline.example/"}
    return Helpline.objects.create(country=country, **(told | vouched | fields))


def test_what_somebody_vouches_for_is_shown_with_its_number(visitor):
    list_one(for_whom="everybody", text="Send HI to 2000", languages="Norwegian", hours="18 to 24")
    page = visitor.get("/help/").text
    assert 'href="tel:116123"' in page
    for words in ("For everybody", "Send HI to 2000", "Norwegian", "18 to 24", "113"):
        assert words in page


@pytest.mark.parametrize(
    "lapsed",
    [
        {"expires_on": -1},
        {"verified_on": None},
        {"verified_by": ""},
    ],
    ids=["expired", "never verified", "verified by nobody"],
)
def test_what_nobody_vouches_for_leads_to_the_website_and_the_emergency_number(visitor, lapsed):
    list_one(text="Send HI to 2000", **dated(lapsed))
    page = visitor.get("/help/").text
    assert "116 123" not in page
    assert "2000" not in page
    assert "https://helpline.example/" in page
    assert "113" in page


def test_a_fresh_studio_has_few_rows_and_each_is_to_be_verified(visitor):
    load_first_helplines()
    load_first_helplines()
    assert [line.standing for line in Helpline.objects.all()] == ["Verify before launch"] * 4
    page = visitor.get("/help/").text
    assert "116 123" not in page
    assert "https://www.samaritans.org/" in page


def test_the_desk_is_warned_on_every_page_until_it_is_verified_again(visitor):
    hire("nora", "Organiser")
    line = list_one(expires_on=day(-1))
    visitor.sign_in("nora")
    assert "Verify 1 signpost" in visitor.get("/desk/conversations/").text
    shown = visitor.get("/desk/helplines/").text
    assert "1 helpline is to be verified" in shown
    assert "Expired on" in shown
    line.expires_on = day()
    line.save()
    assert "Verify 1" not in visitor.get("/desk/conversations/").text


def fields_of(line, **changed):
    told = {
        "country": line.country_id,
        "service": line.service,
        "telephone": line.telephone,
        "website": line.website,
        "source": line.source,
        "verified_by": line.verified_by,
        "verified_on": line.verified_on,
        "expires_on": line.expires_on,
    }
    return {name: str(value or "") for name, value in (told | changed).items()}


def test_an_organiser_verifies_a_row(visitor):
    hire("nora", "Organiser")
    line = list_one(verified_on=None, verified_by="", expires_on=None)
    visitor.sign_in("nora")
    fields = fields_of(line, verified_by="Nora", verified_on=day(), expires_on=day())
    late = day(90)
    saved = visitor.send(f"/desk/helplines/edit/{line.pk}/", **(fields | {"expires_on": str(late)}))
    assert saved.status_code == 302
    line.refresh_from_db()
    assert line.is_vouched_for


@pytest.mark.parametrize(
    "mistake",
    [
        {"source": ""},
        {"expires_on": ""},
        {"verified_by": ""},
        {"expires_on": 400},
        {"verified_on": 1, "expires_on": 9},
        {"website": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_row_is_not_verified_by_half(visitor, mistake):
    hire("nora", "Organiser")
    line = list_one()
    visitor.sign_in("nora")
    answer = visitor.send(f"/desk/helplines/edit/{line.pk}/", **fields_of(line, **dated(mistake)))
    assert answer.status_code == 200
    line.refresh_from_db()
    assert line.verified_by == "Ada"


def test_a_moderator_does_not_change_them(visitor):
    hire("mo", "Moderator")
    line = list_one()
    visitor.sign_in("mo")
    assert visitor.get(f"/desk/helplines/edit/{line.pk}/").status_code == 302


def test_a_country_that_has_helplines_is_not_removed_and_the_desk_says_why(visitor):
    hire("nora", "Organiser")
    line = list_one()
    visitor.sign_in("nora")
    address = f"/desk/help-countries/delete/{line.country_id}/"
    refused = visitor.send(address)
    assert refused.status_code == 302
    shown = visitor.get(refused.headers["location"])
    assert "Helplines are listed for Norway. Remove those first" in shown.text
    assert HelpCountry.objects.exists()
    line.delete()
    visitor.send(address)
    assert not HelpCountry.objects.exists()


def test_the_page_asks_nothing_of_where_the_reader_is(visitor):
    list_one()
    page = visitor.get("/help/")
    assert not visitor.client.cookies
    assert "<form" not in page.text
    elsewhere = visitor.client.get(
        "/help/", headers={"X-Forwarded-For": "203.0.113.9", "CF-IPCountry": "NO"}
    )
    assert elsewhere.text == page.text
