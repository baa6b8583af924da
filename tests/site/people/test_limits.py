"""Guessing is slow; who knocks with the right key is let in, whoever else knocked before."""

import pytest

from candid.site.people import limits
from candid.site.people.actions import make_sign_in
from candid.site.people.limits import Pace, Tries, account_key, read_address
from tests.site.people.staff import code_of, give_second_factor, hire, n_until_slowed
from tests.site.people_who_talk import invite_two


def use_up(tries, key):
    while not tries.take(key):
        pass


def test_tries_come_back_with_time():
    now_s = 0.0
    tries = Tries(Pace(n_at_once=2, refill_s=10), now_s=lambda: now_s)
    assert [tries.take("a"), tries.take("a")] == [0, 0]
    assert tries.take("a") == 10
    assert tries.take("b") == 0
    now_s = 4.0
    assert tries.take("a") == 6
    now_s = 10.0
    assert tries.take("a") == 0
    tries.give_back("a")
    assert tries.take("a") == 0
    assert tries.take("a") > 0


def test_what_is_remembered_is_limited():
    tries = Tries(Pace(n_at_once=1, refill_s=3600))
    for number in range(10_500):
        tries.take(str(number))
    assert len(tries._known) == 10_000
    assert tries.take("10499") > 0


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_address_is_counted_as_whoever_holds_it(address, counted_as):
    assert read_address(address) == counted_as


def test_an_account_is_counted_by_its_hash_however_it_is_written():
    assert account_key(" Nora ") == account_key("nora")
    assert len(account_key("n" * 10_000)) == 64


def test_wrong_passwords_are_slowed_with_a_page_that_says_how_long(visitor):
    hire("nora", "Organiser")
    assert n_until_slowed(lambda _: visitor.sign_in("nora", "wrong")) >= 10
    use_up(limits.ACCOUNTS, account_key("nora"))
    slowed = visitor.sign_in("nora")
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 61
    assert "Wait" in slowed.text


def test_the_same_holds_for_a_name_that_nobody_has(visitor):
    assert 10 <= n_until_slowed(lambda _: visitor.sign_in("nobody", "wrong")) < 20


def test_strangers_lock_nobody_out_whose_browser_has_signed_in_before(visitor, another):
    hire("nora", "Organiser")
    visitor.sign_in("nora")
    visitor.send("/desk/logout/")
    use_up(limits.ACCOUNTS, account_key("nora"))
    use_up(limits.ADDRESSES, "127.0.0.1")
    assert another.sign_in("nora").status_code == 429
    assert visitor.sign_in("nora").status_code == 302
    assert visitor.may_enter()


def test_a_known_browser_is_slowed_too_and_known_for_its_own_account_alone(visitor):
    hire("nora", "Organiser")
    hire("olga", "Organiser")
    visitor.sign_in("nora")
    visitor.send("/desk/logout/")
    assert n_until_slowed(lambda _: visitor.sign_in("nora", "wrong")) >= 10
    use_up(limits.ACCOUNTS, account_key("olga"))
    assert visitor.sign_in("olga").status_code == 429


def test_who_is_signed_in_does_not_guess_the_password_of_another_for_free(visitor):
    hire("ada", is_administrator=True)
    hire("nora", "Organiser")
    visitor.sign_in("nora")
    assert 10 <= n_until_slowed(lambda _: guess_from_within(visitor, "ada")) < 20
    assert visitor.may_enter()


def guess_from_within(visitor, name):
    token = visitor.client.cookies["csrftoken"]
    fields = {"username": name, "password": "wrong", "csrfmiddlewaretoken": token}
    return visitor.client.post("/desk/login/", data=fields)


def test_a_cookie_of_ones_own_making_makes_no_known_browser(visitor):
    hire("nora", "Organiser")
    visitor.client.cookies.set("known", f"{account_key('nora')}.x:1:forged", path="/desk/")
    use_up(limits.ACCOUNTS, account_key("nora"))
    assert visitor.sign_in("nora").status_code == 429


def test_one_address_does_not_try_one_password_on_many_accounts(visitor):
    assert n_until_slowed(lambda number: visitor.sign_in(f"nobody{number}", "password")) >= 20


def test_guessed_links_are_slowed_and_a_family_behind_the_address_is_not(visitor, monkeypatch):
    # The clock stands, lest a slow machine's guesses come back before the last of them.
    monkeypatch.setattr(limits.GUESSES, "now_s", lambda: 0.0)
    _, (rosa, _) = invite_two()
    organiser = hire("ada", is_administrator=True)
    token = make_sign_in(organiser)
    guess = f"/with/{'x' * 16}.{'y' * 43}/"
    assert n_until_slowed(lambda _: visitor.get(guess)) >= 30
    use_up(limits.GUESSES, "127.0.0.1")
    assert visitor.get(f"/with/{rosa.participant_id}.{'y' * 43}/call/").status_code == 429
    assert visitor.get(f"/desk/enter/{'z' * 43}/").status_code == 429
    assert visitor.get(f"{rosa.path}agreement/").status_code == 200
    assert visitor.get(f"/desk/enter/{token}/").status_code == 200


def test_what_a_stranger_writes_into_a_header_does_not_change_whom_it_counts_for(visitor):
    def guess(number):
        told = f"203.0.113.{number}"
        headers = {"X-Forwarded-For": told, "X-Real-IP": told, "Forwarded": f"for={told}"}
        return visitor.client.get("/with/not-a-link/", headers=headers)

    assert n_until_slowed(guess) >= 30


def test_codes_are_slowed_by_address_as_well(visitor):
    authenticator, _ = give_second_factor(hire("nora", "Organiser"))
    visitor.sign_in("nora")
    use_up(limits.ADDRESSES, "127.0.0.1")
    answer = visitor.send("/desk/second-factor/", code=code_of(authenticator))
    assert answer.status_code == 429
