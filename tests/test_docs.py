"""Documentation that a test reads: it cannot go stale."""

import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from candid.cli import main
from candid.site.environment import read
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


FOR_ALL, *SECTIONS = re.split(r"^## ", (ROOT / "docs/commands.md").read_text(), flags=re.MULTILINE)


def options_of(command):
    return [param.opts for param in command.params if isinstance(param, click.Option)]


def section_of(name):
    """Return what the page says of a command, from its heading to the next one."""
    [section] = [each for each in SECTIONS if re.match(rf"`candid {name}\b", each)]
    return section


def names_one_of(options, text):
    """Whether a text has one of an option's names as a word of its own: -o is not --offset."""
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in options)


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_has_help_and_json(name, command):
    assert ["--json"] in options_of(command)
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert command.help.split("\n")[0].split(".")[0][:30] in shown.output


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_the_section_of_every_command_names_each_of_its_options(name, command):
    """What all commands have stands once, above the sections."""
    own = [names for names in options_of(command) if not names_one_of(names, FOR_ALL)]
    assert [names for names in own if not names_one_of(names, section_of(name))] == []


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_the_section_of_every_command_names_no_option_that_it_lacks(name, command):
    known = {each for names in options_of(command) for each in names}
    told = set(re.findall(r"(?<=`)--[a-z][a-z-]+", section_of(name)))
    assert told - known == set()


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_option_says_what_it_is_for(name, command):
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


SETTINGS = dict(
    re.findall(
        r"^\| `(CANDID_\w+)` \|.*\| ([^|]+) \|$", (ROOT / "docs/settings.md").read_text(), re.M
    )
)


def test_every_setting_that_is_read_is_listed_and_no_other():
    code = "".join(path.read_text() for path in (ROOT / "src/candid").rglob("*.py"))
    assert set(SETTINGS) == set(re.findall(r"\bCANDID_[A-Z]+(?:_[A-Z]+)*", code))


def test_the_defaults_of_the_settings_are_those_of_the_code(tmp_path):
    without = read({"CANDID_HOME": str(tmp_path)})
    assert SETTINGS["CANDID_EMAIL"].startswith(f"`{without.email_url}`")
    assert SETTINGS["CANDID_LANGUAGE"] == f"`{without.language}`"
    assert SETTINGS["CANDID_TIME_ZONE"] == f"`{without.time_zone}`"
    assert SETTINGS["CANDID_MEDIA"] == f"`{without.media.name}` in the home folder"
    assert SETTINGS["CANDID_PRODUCTION"] == ("`yes`" if without.is_production else "`no`")
    assert without.database_url == f"sqlite:///{tmp_path}/candid.sqlite3"
    assert (without.turn_urls, without.turn_secret, without.proxies) == ((), "", ())


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
