"""Documentation that a test reads: it cannot go stale."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from candid.cli import main
from sample import make_takes

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *(ROOT / "docs").rglob("*.md"),
]
CONTEXT = click.Context(main)
COMMANDS = [(name, main.get_command(CONTEXT, name)) for name in main.list_commands(CONTEXT)]
LINK = re.compile(r"\]\((?!http|#|mailto)([^)#]+)")


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_is_documented_and_has_help_json_and_an_example(name, command):
    text = (ROOT / "docs/commands.md").read_text()
    assert f"## `candid {name}" in text
    options = [param.opts for param in command.params if isinstance(param, click.Option)]
    assert ["--json"] in options
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert command.help.split("\n")[0].split(".")[0][:30] in shown.output
    assert [names for names in options if not any(name in text for name in names)] == []


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_option_says_what_it_is_for(name, command):
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_the_pages_leads_somewhere(page):
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert broken == []


def test_every_room_of_the_engine_stands_on_the_map():
    rooms = [
        path.name
        for path in (ROOT / "src/candid/engine").iterdir()
        if (path / "__init__.py").exists()
    ]
    text = (ROOT / "docs/map.md").read_text()
    assert [room for room in rooms if f"`src/candid/engine/{room}/`" not in text] == []


def test_the_packages_are_empty_so_that_the_import_check_sees_everything():
    filled = [
        path.relative_to(ROOT)
        for path in (ROOT / "src").rglob("__init__.py")
        if path.parent.name != "layouts" and path.read_text().strip()
    ]
    assert filled == []


def test_the_lock_names_every_dependency_with_hashes_and_no_address():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements/dev.txt").read_text()
    names = [re.split(r"[<>=\[ ]", line)[0] for line in project["dependencies"]]
    assert [name for name in names if f"\n{name}==" not in f"\n{lock}"] == []
    assert lock.count("--hash=sha256:") >= lock.count("==")
    assert "://" not in lock


@pytest.mark.xdist_group("film")
@pytest.mark.timeout(600)
def test_the_page_on_the_engine_runs_as_it_is_written(tmp_path, monkeypatch):
    make_takes.build(tmp_path / "build/sample", seconds=40)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/engine.md").read_text()
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(code, "docs/engine.md", "exec"), {"__name__": "engine"})
    assert (tmp_path / "build/engine/film.mp4").exists()
