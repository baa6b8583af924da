"""docs/time.md is read: its example is an alignment, and it names every word of the format."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from candid.engine.alignment.result import Alignment, Evidence, alignment_document, read_alignment

PAGE = (Path(__file__).parents[3] / "docs" / "time.md").read_text(encoding="utf-8")


@pytest.fixture
def example() -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    document: dict[str, Any] = json.loads(found[1])
    return document


@pytest.fixture
def alignment(example: dict[str, Any], tmp_path: Path) -> Alignment:
    path = tmp_path / "alignment.json"
    path.write_text(json.dumps(example), encoding="utf-8")
    return read_alignment(path)


def test_the_example_is_what_the_engine_would_write(
    example: dict[str, Any], alignment: Alignment
) -> None:
    written = alignment_document(alignment)
    found, expected = written.pop("map"), example.pop("map")
    assert written == example
    assert found == [pytest.approx(knot) for knot in expected]


def test_the_example_says_what_the_page_says_of_it(alignment: Alignment) -> None:
    daniel = alignment.take("daniel").clock
    (hole,) = alignment.holes
    assert daniel(0.0) == pytest.approx(4.2)
    assert daniel(hole.at_s) - daniel(hole.at_s - 1e-9) == pytest.approx(hole.duration_s)


def test_the_page_names_every_kind_of_evidence() -> None:
    assert [kind for kind in get_args(Evidence) if f"| `{kind}` |" not in PAGE] == []


def test_the_page_names_every_field(example: dict[str, Any]) -> None:
    fields = {*example, *(name for take in example["takes"] for name in take)} - {"schema", "take"}
    assert [name for name in fields if not re.search(rf"`[^`]*{name}[^`]*`", PAGE)] == []
