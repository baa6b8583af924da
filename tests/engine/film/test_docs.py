"""docs/film.md names every option and holds the defaults that the code has."""

from dataclasses import fields
from pathlib import Path

import pytest

from candid.engine.film.defaults import FilmOptions, SoundOptions

PAGE = (Path(__file__).parents[3] / "docs" / "film.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| `")]
TOLD = {
    name.strip(" `"): value.strip()
    for names, values in ROWS
    for name, value in zip(names.split(","), (values + ",").split(","), strict=False)
}


@pytest.mark.parametrize("options", [FilmOptions(), SoundOptions()], ids=["film", "sound"])
def test_every_option_is_told_with_its_default(options: FilmOptions | SoundOptions) -> None:
    for field in fields(options):
        assert field.name in TOLD
        value = getattr(options, field.name)
        if isinstance(value, int | float):
            assert float(TOLD[field.name]) == value
