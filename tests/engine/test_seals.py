"""An artefact is whole to the last bit, or it is none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from candid.engine.files import json_sha256
from candid.engine.seals import read_sealed, write_sealed

KNOWN = {"words": ["Łódź", "soup"], "gain_db": -1.25, "n": None}


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """A seal over two files, one of them in another folder."""
    for name in ("work/samples.pcm", "media/camera.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(bytes(range(256)) * 20)
    seal = tmp_path / "work/seal.json"
    write_sealed(seal, KNOWN, [tmp_path / "work/samples.pcm", tmp_path / "media/camera.mp4"])
    return seal


def test_what_was_sealed_is_read_back(artefact: Path) -> None:
    assert read_sealed(artefact) == KNOWN


def test_an_artefact_may_be_moved_with_its_files(artefact: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("work", "media"):
        (tmp_path / name).rename(moved / name)
    assert read_sealed(moved / "work/seal.json") == KNOWN


def test_every_flipped_bit_of_the_seal_is_found(artefact: Path) -> None:
    whole = artefact.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        artefact.write_bytes(damaged)
        # White space between the values tells nothing, so its change is no damage.
        assert read_sealed(artefact) in (None, KNOWN)
        assert read_sealed(artefact) is None or whole[at : at + 1].isspace()


@pytest.mark.parametrize("name", ["work/samples.pcm", "media/camera.mp4"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: data + b"\0",
        lambda data: data[:700] + bytes([data[700] ^ 4]) + data[701:],
    ],
    ids=["cut off", "empty", "longer", "one bit"],
)
def test_a_file_that_is_not_what_was_sealed_is_found(
    artefact: Path, tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / name
    file.write_bytes(damage(file.read_bytes()))
    assert read_sealed(artefact) is None


def test_a_file_that_is_gone_or_no_file_is_found(artefact: Path, tmp_path: Path) -> None:
    file = tmp_path / "media/camera.mp4"
    file.unlink()
    assert read_sealed(artefact) is None
    file.mkdir()
    assert read_sealed(artefact) is None


@pytest.mark.parametrize(
    "left",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"document": NaN, "files": {}, "sha256": ""}',
    ],
    ids=lambda left: repr(left[:12]),
)
def test_a_seal_that_holds_something_else_is_none(tmp_path: Path, left: bytes) -> None:
    seal = tmp_path / "seal.json"
    assert read_sealed(seal) is None
    seal.write_bytes(left)
    assert read_sealed(seal) is None


def test_a_value_that_was_edited_is_found(artefact: Path) -> None:
    sealed = json.loads(artefact.read_text())
    assert sealed.pop("sha256") == json_sha256(sealed)
    sealed["document"]["gain_db"] = 0.0
    artefact.write_text(json.dumps(sealed))
    assert read_sealed(artefact) is None
