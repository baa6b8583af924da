"""Everything that can befall an upload, mixed by seed: nothing acknowledged is ever lost."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.site.recording.material import (
    ADA,
    AS_ADA,
    BOB,
    Studio,
    address,
    headers_for,
    leftovers,
    manifest_for,
    some_parts,
)

SEEDS = 200
KINDS = ("microphone", "camera", "heard")


@dataclass(frozen=True)
class Delivery:
    """One attempt to bring bytes under a name, and what goes wrong with it."""

    what: str
    data: bytes
    mishap: str = "none"
    tear_at: int | None = None

    @property
    def claimed(self) -> bytes:
        return b"what the browser had" if self.mishap == "wrong hash" else self.data

    @property
    def token(self) -> str:
        return "token-of-bob" if self.mishap == "stranger" else "token-of-ada"


@dataclass
class Mixture:
    """A take, how its parts are brought, and what was acknowledged."""

    studio: Studio
    chance: random.Random
    parts: dict[str, list[bytes]] = field(default_factory=dict)
    acknowledged: dict[str, bytes] = field(default_factory=dict)

    def deliveries(self) -> list[Delivery]:
        """Return every part once or more or never, spoilt or not, in any order."""
        self.parts = {kind: some_parts(self.chance.randint(1, 5)) for kind in KINDS}
        planned = [
            self.spoilt(f"{kind}/{number}", data)
            for kind, parts in self.parts.items()
            for number, data in zip(("init", *range(len(parts))), parts, strict=False)
            for _ in range(self.chance.choice((0, 1, 1, 1, 2, 3)))
        ]
        self.chance.shuffle(planned)
        return planned

    def spoilt(self, what: str, data: bytes) -> Delivery:
        mishap = self.chance.choice(
            ("none",) * 6 + ("torn", "wrong hash", "stranger", "other content")
        )
        if mishap == "other content":
            return Delivery(what, data + b"?", mishap)
        tear_at = self.chance.randrange(len(data)) if mishap == "torn" else None
        return Delivery(what, data, mishap, tear_at)

    async def bring(self, delivery: Delivery) -> None:
        """Send it, check the answer, and keep what was acknowledged."""
        told = await self.studio.ask(
            "PUT",
            address(delivery.what),
            body=delivery.data,
            headers=headers_for(delivery.claimed, delivery.token),
            tear_at=delivery.tear_at,
        )
        is_revoked = delivery.token not in self.studio.tokens
        if told is None:
            assert delivery.mishap == "torn"
        elif told.status in (200, 201):
            assert delivery.mishap in ("none", "other content")
            assert self.acknowledged.setdefault(delivery.what, delivery.data) == delivery.data
        else:
            expected = {"wrong hash": 422, "stranger": 403}.get(delivery.mishap, 409)
            assert told.status == (401 if is_revoked else expected)

    async def bring_all(self) -> None:
        """Bring up to four at a time; between them links are revoked and the server restarts."""
        waiting = self.deliveries()
        manifest_at = self.chance.randint(0, len(waiting))
        while waiting:
            n = self.chance.randint(1, 4)
            if manifest_at in range(len(waiting) - n, len(waiting) + 1):
                await self.bring_manifest("recording")
            now, waiting = waiting[:n], waiting[n:]
            await asyncio.gather(*(self.bring(each) for each in now))
            self.meddle()
        self.studio.tokens.update({"token-of-ada": ADA, "token-of-bob": BOB})

    def meddle(self) -> None:
        what = self.chance.choice(("nothing",) * 6 + ("restart", "revoke", "reissue", "reissue"))
        if what == "restart":
            self.studio.receiver.pool.shutdown()
            self.studio.restarted()
        elif what == "revoke":
            self.studio.tokens.pop("token-of-ada", None)
        elif what == "reissue":
            self.studio.tokens["token-of-ada"] = ADA

    async def bring_manifest(self, state: str) -> Any:
        body = json.dumps(manifest_for(self.parts, state=state)).encode()
        return await self.studio.ask("PUT", address("manifest"), body=body, headers=AS_ADA)

    async def receipt(self) -> dict[str, Any]:
        told = await self.studio.ask("GET", address("receipt"), headers=AS_ADA)
        assert told is not None
        return told.document

    def expected_holes(self) -> Iterator[tuple[str, int | str, str]]:
        for kind, parts in self.parts.items():
            for number, data in zip(("init", *range(len(parts))), parts, strict=False):
                there = self.acknowledged.get(f"{kind}/{number}")
                if there != data:
                    yield kind, number, "missing" if there is None else "changed"


def stored(studio: Studio) -> dict[str, bytes]:
    """Return the bytes of every fragment and init segment that is kept, by its address."""
    found = {}
    for name, data in studio.kept().items():
        if ".m" in name:
            kind, _, file = name.rpartition("/")
            number = "init" if file == "init.mp4" else int(file[:6])
            found[f"{kind.rpartition('/')[2]}/{number}"] = data
    return found


def receipted(receipt: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the address and hash of everything that a receipt lists."""
    return {
        (f"{kind}/{each.get('number', 'init')}", each["sha256"])
        for kind, track in receipt["tracks"].items()
        for each in ([track["init"]] if track["init"] else []) + track["fragments"]
    }


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_lies_on_the_disk_is_what_was_acknowledged_and_every_hole_is_told(seed, tmp_path):
    asyncio.run(run_mixture(Studio(tmp_path), seed))


async def run_mixture(studio: Studio, seed: int) -> None:
    mixture = Mixture(studio, random.Random(seed))
    await mixture.bring_all()
    told = await mixture.bring_manifest("complete")
    assert told.status == 201

    assert stored(studio) == mixture.acknowledged
    assert leftovers(studio.root) == []
    receipt = await mixture.receipt()
    holes = {(hole["track"], hole["number"], hole["reason"]) for hole in receipt["holes"]}
    assert holes == set(mixture.expected_holes())
    assert receipt["state"] == ("incomplete" if holes else "complete")
    assert receipted(receipt) == {
        (what, hashlib.sha256(data).hexdigest()) for what, data in mixture.acknowledged.items()
    }
    studio.receiver.pool.shutdown()
