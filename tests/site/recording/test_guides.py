"""Whoever erases their recording leaves no voice behind in what the others heard."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys

import pytest

from candid.site.recording.erasure import erase
from candid.site.recording.guides import strike_guides
from candid.site.recording.places import Address
from candid.site.recording.storage import TakeStorage
from candid.site.recording.strikes import read_struck
from tests.site.recording.call_of_two import PARTS, bring, bring_all, manifest, receipt_of
from tests.site.recording.material import (
    ADA,
    ADAS_TAKE,
    ALL_TAKES,
    AS_ADA,
    AS_BOB,
    BOB,
    BOBS_TAKE,
    CALL_FOLDER,
    ROOT,
    DeadError,
    DyingStore,
    Studio,
    address,
)

N_BYTES = sum(map(len, PARTS[1:]))


@pytest.fixture
def filled(either: Studio) -> Studio:
    """A studio with a complete take of Ada's and one of Bob's, whose receipt is written."""
    asyncio.run(bring_all(either, ADAS_TAKE))
    asyncio.run(bring_all(either, BOBS_TAKE))
    assert receipt_of(either, BOBS_TAKE)["tracks"]["heard"]
    return either


def heard_by_bob(studio: Studio) -> list[str]:
    return [name for name in studio.kept() if f"{BOBS_TAKE}/heard" in name]


def test_what_the_others_heard_goes_whole_and_the_receipt_says_so(filled):
    receipt = filled.document("DELETE", ALL_TAKES, AS_ADA)
    assert receipt["heard"] == {BOBS_TAKE: {"fragments": 10, "bytes": N_BYTES}}
    assert heard_by_bob(filled) == []
    microphone = [name for name in filled.kept() if f"{BOBS_TAKE}/microphone" in name]
    assert len(microphone) == 11


def test_the_others_take_stays_complete_and_its_receipt_says_struck(filled):
    filled.document("DELETE", ALL_TAKES, AS_ADA)
    kept = filled.kept()[f"{CALL_FOLDER}/{BOB.participant_id}/{BOBS_TAKE}/receipt.json"]
    filled.restarted()
    told = receipt_of(filled, BOBS_TAKE)
    assert json.loads(kept) == told
    assert (told["state"], told["holes"]) == ("complete", [])
    assert told["struck"] == {"heard": list(range(10))}
    assert set(told["tracks"]) == {"microphone"}


def test_what_comes_later_of_it_is_told_that_it_is_gone_and_the_take_is_complete(either):
    """Bob's device was away: of what it holds, what it heard is refused, and his own is kept."""

    async def story():
        await bring_all(either, ADAS_TAKE)
        await bring(either, BOBS_TAKE, "heard/0", PARTS[1])
        await either.ask("DELETE", ALL_TAKES, headers=AS_ADA)
        late = [await bring(either, BOBS_TAKE, f"heard/{n}", PARTS[0]) for n in ("init", 0, 7)]
        for number, data in zip(("init", *range(10)), PARTS, strict=True):
            assert (await bring(either, BOBS_TAKE, f"microphone/{number}", data)).status == 201
        body = json.dumps(manifest(BOBS_TAKE)).encode()
        assert (await bring(either, BOBS_TAKE, "manifest", body)).status == 201
        return late

    late = asyncio.run(story())
    assert [(each.status, each.document["error"]) for each in late] == [(410, "struck")] * 3
    assert heard_by_bob(either) == []
    state = either.document("GET", address("", BOBS_TAKE), AS_BOB)
    assert (state["state"], state["struck"]) == ("complete", {"heard": list(range(10))})


def test_the_film_goes_too(filled):
    film = filled.root / CALL_FOLDER / "film"
    film.mkdir(parents=True)
    (film / "film.mp4").write_bytes(b"a film")
    filled.document("DELETE", ALL_TAKES, AS_ADA)
    assert not film.exists()


def test_both_erase_and_each_receipt_says_what_went_with_it(filled):
    adas = filled.document("DELETE", ALL_TAKES, AS_ADA)
    bobs = filled.document("DELETE", ALL_TAKES, AS_BOB)
    again = filled.document("DELETE", ALL_TAKES, AS_ADA)
    assert adas == again
    assert set(bobs["takes"][BOBS_TAKE]) == {"microphone"}
    assert bobs["heard"] == {}
    assert [name for name in filled.kept() if not name.endswith("struck.json")] == []


def test_who_never_came_takes_nothing_from_the_others(filled):
    """Taken out of the plan before anything was recorded: no device ever heard them."""
    storage = TakeStorage(filled.store, filled.limits)
    storage.erase(ADA, Address("", "takes"), was_heard=False)
    assert len(heard_by_bob(filled)) == 11
    assert asyncio.run(bring(filled, BOBS_TAKE, "heard/0", PARTS[1])).status == 200
    assert asyncio.run(bring(filled, ADAS_TAKE, "heard/0", PARTS[1])).status == 410


@pytest.mark.parametrize("after", range(5))
def test_whatever_a_dying_server_left_the_next_look_takes_away(filled, after):
    with pytest.raises(DeadError):
        erase(DyingStore(filled.store, after), CALL_FOLDER / ADA.participant_id)
    filled.restarted()
    if after == 0:
        assert not read_struck(filled.store, CALL_FOLDER).erased
        filled.document("DELETE", ALL_TAKES, AS_ADA)
    strike_guides(filled.store, CALL_FOLDER)
    assert heard_by_bob(filled) == []
    receipt = receipt_of(filled, BOBS_TAKE)
    assert (receipt["state"], receipt["struck"]) == ("complete", {"heard": list(range(10))})


KILLED = """
import os, signal, sys
from pathlib import Path, PurePosixPath
from candid.site.recording.erasure import erase
from candid.site.recording.local_store import LocalStore

class Killed(LocalStore):
    def remove_folder(self, folder):
        if folder.name == "heard":
            os.kill(os.getpid(), signal.SIGKILL)
        super().remove_folder(folder)

erase(Killed(Path(sys.argv[1])), PurePosixPath(sys.argv[2]))
"""


def test_a_server_killed_within_it_has_it_ended_by_being_asked_again(studio):
    asyncio.run(bring_all(studio, ADAS_TAKE))
    asyncio.run(bring_all(studio, BOBS_TAKE))
    folder = str(CALL_FOLDER / ADA.participant_id)
    command = [sys.executable, "-c", KILLED, str(studio.root), folder]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(heard_by_bob(studio)) == 11
    studio.restarted()
    receipt = studio.document("DELETE", ALL_TAKES, AS_ADA)
    assert receipt["heard"] == {BOBS_TAKE: {"fragments": 10, "bytes": N_BYTES}}
    assert heard_by_bob(studio) == []
