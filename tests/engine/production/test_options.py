"""What may be asked of a film is checked before any work."""

import math
import shutil
from pathlib import Path

import pytest

from candid.engine.errors import BadInputError
from candid.engine.production.aligning import AlignRequest, align_files
from candid.engine.production.cut_job import cut_again
from candid.engine.production.film_job import make_film
from candid.engine.production.options import FilmRequest, resolved_offsets
from candid.engine.recording.source import open_sources
from tests.engine.recording.material import Given, edit_manifest

NO_SECONDS = [math.nan, math.inf, -math.inf, 1e300, -86_401.0]


@pytest.fixture
def takes(given: Given, tmp_path: Path) -> tuple[Path, Path]:
    """Return the take and a copy of it with ids of its own."""
    other = tmp_path / "ben"
    shutil.copytree(given.folder, other)
    ids = {"participant_id": "ben", "take_id": "ben-1", "clock_id": "ben-1"}
    edit_manifest(other, lambda document: document.update(ids))
    return given.folder, other


def refuse_to_listen() -> None:
    raise AssertionError("nobody may be listened to")


@pytest.mark.parametrize("name", ["ben-1", "ben"])
def test_an_offset_names_a_take_by_its_id_or_its_file(takes: tuple[Path, Path], name: str) -> None:
    assert resolved_offsets([(name, -2.5)], open_sources(takes)) == (("ben-1", -2.5),)


@pytest.mark.parametrize("offset_s", NO_SECONDS)
def test_an_offset_that_is_no_number_of_seconds_is_refused_with_one_line(
    takes: tuple[Path, Path], tmp_path: Path, offset_s: float
) -> None:
    offsets = (("ben-1", offset_s),)
    with pytest.raises(BadInputError, match=r"^--offset: of 'ben-1' is .*seconds within a day$"):
        align_files(AlignRequest(takes, offsets=offsets), tmp_path)
    request = FilmRequest(takes, tmp_path / "film", offsets=offsets)
    with pytest.raises(BadInputError, match=r"^--offset: of 'ben-1' is .*seconds within a day$"):
        make_film(request, refuse_to_listen)  # type: ignore[arg-type]
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize("target_s", [*NO_SECONDS, 0.0])
def test_a_length_that_no_film_can_have_is_refused_with_one_line(
    takes: tuple[Path, Path], tmp_path: Path, target_s: float
) -> None:
    request = FilmRequest(takes, tmp_path / "film", target_s=target_s)
    with pytest.raises(BadInputError, match=r"^--target: is .*seconds within a day$"):
        make_film(request, refuse_to_listen)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match=r"^--target: is .*seconds within a day$"):
        cut_again(tmp_path / "film", target_s)
    assert not (tmp_path / "film").exists()
