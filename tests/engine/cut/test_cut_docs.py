import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from candid.engine.cut.defaults import DirectionOptions, PassageOptions, Prices
from candid.engine.cut.direction import KNOWN_LAYOUTS
from candid.engine.cut.scores import FEATURE_NAMES, WEIGHTS
from candid.engine.cut.store import SHORTEST_SHOT_S, read_cut

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "cut.md").read_text(encoding="utf-8")


def test_the_example_is_a_cut_and_fits_the_schema(tmp_path: Path) -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example
    schema = json.loads((DOCS / "schema/cut-1.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(example[1]))
    (tmp_path / "cut.json").write_text(example[1], encoding="utf-8")
    assert len(read_cut(tmp_path / "cut.json").shots) == 2


@pytest.mark.parametrize("name", FEATURE_NAMES)
def test_every_feature_is_on_the_page_with_its_weight(name: str) -> None:
    assert re.search(rf"\| `{name}`( \*)? \| {getattr(WEIGHTS, name)} \|", PAGE)


@pytest.mark.parametrize("name", [each.name for each in fields(Prices)])
def test_every_price_is_on_the_page(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"`{name}`" in line)
    assert f"{getattr(Prices(), name):g}" in row.split("|")[2].replace(" ", "").split(",")


@pytest.mark.parametrize(
    "name",
    [
        each.name
        for each in (*fields(DirectionOptions), *fields(PassageOptions))
        if each.name != "prices"
    ],
)
def test_every_option_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE or f"| `{name} " in PAGE


def test_the_layouts_of_a_proposal_are_on_the_page() -> None:
    assert all(f"`{layout.name}`" in PAGE for layout in KNOWN_LAYOUTS)
    assert f"less than {SHORTEST_SHOT_S} s" in PAGE
