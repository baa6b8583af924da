"""`candid takes`, and a studio whose recordings lie in a bucket by setting alone."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys

import httpx
import pytest

from candid.engine.recording.source import open_source
from candid.site.recording.local_store import LocalStore
from candid.site.recording.stretches import Stretch
from candid.site.recording.strikes import strike
from tests.commands.serving import Studio, bare_environment, refusal
from tests.engine.recording.material import make_take
from tests.site.recording.bucket import serving_bucket
from tests.site.recording.material import ADA, ADAS_TAKE, CALL, CALL_FOLDER, take_folder

pytestmark = pytest.mark.xdist_group("bucket")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A home folder whose database is made; making it takes longest."""
    home = tmp_path_factory.mktemp("prepared")
    command = [sys.executable, "-m", "candid", "serve", "--prepare"]
    own = bare_environment(home)
    subprocess.run(command, env=own, check=True, capture_output=True, timeout=120)
    return home


@pytest.fixture(params=["folder", "bucket"])
def environment(request, prepared, tmp_path):
    own = bare_environment(shutil.copytree(prepared, tmp_path / "home"))
    if request.param == "folder":
        yield own
        return
    (tmp_path / "s3").mkdir()
    with serving_bucket(tmp_path / "s3") as server:
        yield own | server.environment | {"CANDID_MEDIA": server.fresh_address()}


def agree(link):
    """Sign the agreement as a browser without scripts would; return what the page is told."""
    with httpx.Client(timeout=60, follow_redirects=True) as browser:
        page = browser.get(link)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = hidden | {"name": "Rosa", "answer": "yes"}
        page = browser.post(str(page.url), data=form)
        told = re.search(r'<script id="call" type="application/json">(.*?)</script>', page.text)
        return json.loads(told[1])


def send(origin, told, take):
    """Bring a take folder to the studio, every file of it."""
    base = f"{origin}{told['upload']['base']}/{take.take.take_id}"
    bearer = {"authorization": f"Bearer {told['upload']['token']}"}
    with httpx.Client(timeout=60, headers=bearer) as client:
        for path in sorted(take.folder.rglob("*.m*")):
            number = "init" if path.name == "init.mp4" else int(path.stem)
            data = path.read_bytes()
            digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
            answer = client.put(
                f"{base}/{path.parent.name}/{number}",
                content=data,
                headers={"content-digest": f"sha-256=:{digest}:"},
            )
            assert answer.status_code == 201, answer.text
        manifest = (take.folder / "manifest.json").read_bytes()
        assert client.put(f"{base}/manifest", content=manifest).status_code == 201
        return client.get(base).json()["state"]


def takes(environment, *arguments):
    command = [sys.executable, "-m", "candid", "takes", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_what_a_participant_sent_comes_out_as_a_take_folder_that_films_are_made_of(
    environment, tmp_path
):
    studio = Studio(environment)
    try:
        link = studio.addresses["Rosa"]
        told = agree(link)
        who = {"call_id": told["call_id"], "participant_id": told["participant_id"]}
        take_id = f"{told['participant_id']}-00000001"
        given = make_take(tmp_path / "browser", seconds=3, take_id=take_id, **who)
        assert send(link.partition("/with/")[0], told, given) == "complete"
    finally:
        studio.stop()
        studio.close()

    done = takes(environment, told["call_id"], "-o", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    arrived = tmp_path / "out" / take_id
    for path in given.folder.rglob("*.m*"):
        assert (arrived / path.relative_to(given.folder)).read_bytes() == path.read_bytes()
    assert open_source(arrived).kinds == ("microphone", "heard", "camera")
    is_in_bucket = "CANDID_MEDIA" in environment
    media = tmp_path / "home" / "media"
    assert bool(list(media.rglob("*.m4s"))) != is_in_bucket


def test_of_a_conversation_that_nobody_knows_one_line_is_said(prepared, tmp_path):
    done = takes(bare_environment(prepared), "NoSuchCall123456", "-o", tmp_path / "out")
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert "nothing is kept of a conversation 'NoSuchCall123456'" in line
    assert not (tmp_path / "out").exists()


def refuse(call_folder, take_folder):
    """As a server that died within an erasure: written down, and not removed yet."""
    whose = take_folder.parent.name
    struck = {"stretches": [], "takes": {}, "erased": {whose: {"heard": None}}}
    (call_folder / "struck.json").write_text(json.dumps(struck))


def spoil_struck(call_folder, _take_folder):
    """Nobody can tell what was struck any more, so that nothing may go out."""
    (call_folder / "struck.json").write_bytes(b"{")


def spoil_fragment(_call_folder, take_folder):
    """The disk gives everything but the last file."""
    (take_folder / "receipt.json").write_text(
        json.dumps({"state": "complete", "holes": [], "struck": {}, "unplaced_strikes": 0})
    )
    last = max((take_folder / "microphone").iterdir())
    last.unlink()
    last.symlink_to("/proc/self/mem")


def lose_ledger(call_folder, _take_folder):
    (call_folder.parents[2] / "candid.sqlite3").write_bytes(b"no database at all" * 100)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (refuse, f"nothing is kept of a conversation '{CALL}'"),
        (spoil_struck, "the recordings cannot be read: struck.json, the list of what was struck,"),
        (
            spoil_fragment,
            f"take {ADAS_TAKE}, microphone/init.mp4 cannot be read: Input/output error",
        ),
        (lose_ledger, "the database cannot be used: file is not a database"),
    ],
)
def test_what_cannot_be_brought_is_one_line_and_leaves_nothing_behind(
    prepared, tmp_path, spoil, why
):
    home = shutil.copytree(prepared, tmp_path / "home")
    folder = take_folder(home / "media")
    who = {"call_id": CALL, "participant_id": ADA.participant_id, "take_id": ADAS_TAKE}
    make_take(folder, seconds=1, **who)
    spoil(folder.parents[1], folder)
    done = takes(bare_environment(home), CALL, "-o", tmp_path / "out", "--json")
    assert done.returncode == 1, done.stdout
    [line] = done.stderr.strip().splitlines()
    assert why in line
    assert json.loads(done.stdout)["error"] in line
    assert list(tmp_path.rglob("out/**/*")) == []


def test_a_take_that_may_hold_what_was_struck_stays(prepared, tmp_path):
    """Struck on a clock that this device never heard of."""
    home = shutil.copytree(prepared, tmp_path / "home")
    folder = take_folder(home / "media")
    who = {"call_id": CALL, "participant_id": ADA.participant_id, "take_id": ADAS_TAKE}
    make_take(folder, seconds=1, **who)
    strike(LocalStore(home / "media"), CALL_FOLDER, Stretch("another clock", 0, 1_000_000))
    done = takes(bare_environment(home), CALL, "-o", tmp_path / "out", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"takes": [], "withheld": [ADAS_TAKE]}
    assert not (tmp_path / "out").exists()
    (older := tmp_path / "out" / ADAS_TAKE).mkdir(parents=True)
    told = takes(bare_environment(home), CALL, "-o", tmp_path / "out").stdout
    assert f"{ADAS_TAKE}: not brought, " in told
    assert f"delete {older}, which may hold it" in told


@pytest.mark.parametrize("where", ["s3://recordings/there", "ftp://somewhere", "s3://"])
def test_a_bucket_that_is_not_to_be_had_stops_the_start_by_name(prepared, where):
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1"}
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "CANDID_MEDIA": where}
    line = refusal(bare_environment(prepared) | nobody | keys, "--prepare")
    assert "CANDID_MEDIA: " in line


def test_the_doctor_tries_the_bucket(environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "candid", "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    [found] = [one for one in json.loads(done.stdout)["findings"] if one["name"] == "recordings"]
    where = environment.get("CANDID_MEDIA", str(tmp_path / "home" / "media"))
    assert found["is_well"]
    assert found["detail"].startswith(f"{where} takes 500 kB in ")
