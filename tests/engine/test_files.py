import errno
import os

import pytest

from candid.engine import files
from candid.engine.errors import OutputError


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path):
    path = tmp_path / "film.json"
    files.write_json(path, {"take": 1})

    def write_half(draft):
        draft.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError), files.replacing(path) as draft:
        write_half(draft)
    assert path.read_text() == '{\n "take": 1\n}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_the_draft_keeps_the_suffix_that_muxers_go_by(tmp_path):
    with files.replacing(tmp_path / "film.mp4") as draft:
        draft.write_bytes(b"film")
        assert draft.suffix == ".mp4"


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path):
    def fill(draft):
        draft.write_bytes(b"begun")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "film.mp4"
    with (
        pytest.raises(OutputError, match=r"film.mp4: the disk is full; make room"),
        files.replacing(path) as draft,
    ):
        fill(draft)
    assert not list(tmp_path.iterdir())


def test_a_file_where_a_folder_should_be_is_explained(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match=r"is in the way|is a file, not a folder"):
        files.write_text(tmp_path / "out" / "film.vtt", "WEBVTT")


def test_a_number_that_json_does_not_know_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "report.json", {"error_s": float("nan")})
    assert not list(tmp_path.iterdir())


def test_the_hash_of_a_document_does_not_depend_on_the_order_of_its_fields():
    assert files.json_sha256({"a": 1, "b": [2]}) == files.json_sha256({"b": [2], "a": 1})
    assert files.json_sha256({"a": 1}) != files.json_sha256({"a": 2})
