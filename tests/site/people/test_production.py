"""A studio as others reach it: behind a proxy with TLS, in a process of its own."""

import os
import socket
import subprocess
import sys

import httpx
import pytest

from tests.site.people.staff import n_until_slowed

KEY = "a key for tests alone, of at least thirty-two characters"
DJANGO = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "candid.site.settings"
import django
django.setup()
from candid.site.people import actions
from candid.site.people.models import Authenticator
"""
FIRST = f"{DJANGO}actions.begin_second_factor(actions.make_first_organiser())"
LEFT = f"""{DJANGO}
from wagtail.models import ModelLogEntry
print(Authenticator.objects.count())
print(*ModelLogEntry.objects.order_by("pk").values_list("action", flat=True))
"""
PROXIED = {"Host": "talk.example.org", "X-Forwarded-Proto": "https"}


def environment(home, **values):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDID_")}
    told = {
        "CANDID_HOME": str(home),
        "CANDID_PRODUCTION": "yes",
        "CANDID_ORIGIN": "https://talk.example.org",
        "CANDID_SECRET_KEY": KEY,
        "CANDID_EMAIL": "console:",
    }
    return kept | told | values


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Start a studio in production and return its address."""
    running = []

    def serve(**values):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "candid", "serve", "--port", str(port)],
            env=environment(tmp_path_factory.mktemp("home"), **values),
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        said = process.stdout.readline()
        assert said.startswith("Organiser:"), "it did not start"
        entrance = said.split()[1].removeprefix("https://talk.example.org")
        return f"http://127.0.0.1:{port}", entrance

    yield serve
    for process in running:
        process.terminate()
        assert process.wait(60) == 0
        process.stdout.close()


@pytest.fixture(scope="module")
def studio(serve):
    return serve()


def test_cookies_need_tls_and_belong_to_this_host_alone(studio):
    address, entrance = studio
    page = httpx.get(f"{address}{entrance}", headers=PROXIED)
    csrf = page.headers["set-cookie"]
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = PROXIED | {
        "Cookie": csrf.split(";")[0],
        "Origin": "https://talk.example.org",
    }
    entered = httpx.post(f"{address}{entrance}", headers=form, data={"csrfmiddlewaretoken": token})
    assert entered.headers["location"] == "/desk/password/"
    cookies = [csrf, *entered.headers.get_list("set-cookie")]
    names = {cookie.split("=")[0] for cookie in cookies}
    assert names == {"__Host-csrf", "__Host-desk", "known"}
    for cookie in cookies:
        assert "; Secure" in cookie
        assert "; HttpOnly" in cookie
        assert "; Domain" not in cookie
        assert "SameSite=None" not in cookie


def test_a_form_of_another_site_is_refused(studio):
    address, _ = studio
    page = httpx.get(f"{address}/desk/login/", headers=PROXIED)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    cookie = page.headers["set-cookie"].split(";")[0]
    for told in ({"Origin": "https://elsewhere.example"}, {}):
        answer = httpx.post(
            f"{address}/desk/login/",
            headers=PROXIED | {"Cookie": cookie} | told,
            data={"csrfmiddlewaretoken": token, "username": "x", "password": "y"},
        )
        assert answer.status_code == 403


def test_a_browser_is_told_to_come_by_tls_alone(studio):
    address, _ = studio
    answer = httpx.get(f"{address}/", headers=PROXIED)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "wss://talk.example.org" in answer.headers["Content-Security-Policy"]
    assert "server" not in answer.headers


def guess(address, visitor):
    headers = PROXIED | {"X-Forwarded-For": visitor}
    return httpx.get(f"{address}/with/not-a-link/", headers=headers)


def test_the_proxy_says_whom_a_request_counts_for(studio):
    address, _ = studio
    assert n_until_slowed(lambda _: guess(address, "203.0.113.7")) >= 30
    assert guess(address, "203.0.113.8").status_code == 404
    # What a visitor claims comes before what the proxy adds.
    assert n_until_slowed(lambda n: guess(address, f"198.51.100.{n}, 203.0.113.7")) < 30


def test_who_is_not_the_proxy_says_nothing(serve):
    address, _ = serve(CANDID_PROXIES="192.0.2.1")
    assert n_until_slowed(lambda number: guess(address, f"203.0.113.{number}")) >= 30
    plain = httpx.get(f"{address}/", headers=PROXIED)
    assert "Strict-Transport-Security" not in plain.headers


def test_the_checks_of_django_for_production_find_nothing(tmp_path):
    check = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    told = environment(tmp_path, DJANGO_SETTINGS_MODULE="candid.site.settings")
    done = subprocess.run(check, env=told, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no issues (3 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("setting", "value"),
    [("CANDID_SECOND_FACTOR", "everyone"), ("CANDID_PROXIES", "nginx")],
)
def test_a_setting_that_makes_no_sense_stops_the_start_by_name(tmp_path, setting, value):
    serve = [sys.executable, "-m", "candid", "serve", "--prepare"]
    told = environment(tmp_path, **{setting: value})
    done = subprocess.run(serve, env=told, capture_output=True, text=True)
    assert done.returncode == 1
    assert setting in done.stderr
    assert value in done.stderr


def test_who_has_the_server_gets_in_when_all_other_ways_are_lost(tmp_path):
    told = environment(tmp_path)
    candid = [sys.executable, "-m", "candid"]
    subprocess.run([*candid, "serve", "--prepare"], env=told, check=True)
    lost = subprocess.run([*candid, "enter", "nobody"], env=told, capture_output=True, text=True)
    assert lost.returncode == 1
    assert "nobody at the desk is called nobody" in lost.stderr
    subprocess.run([sys.executable, "-c", FIRST], env=told, check=True)
    done = subprocess.run(
        [*candid, "enter", "organiser", "--reset-second-factor"],
        env=told,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("https://talk.example.org/desk/enter/")
    left = subprocess.run(
        [sys.executable, "-c", LEFT], env=told, capture_output=True, text=True, check=True
    )
    assert left.stdout.split() == ["0", "candid.second_factor.reset", "candid.sign_in.made"]
