"""docs/kit.md: every command run as written on the files that the page shows, every table held against the program."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.cli.adapter import app
from bus.kit.new.refused import RULES

PAGE = Path("docs/kit.md").read_text(encoding="utf-8")
SAMPLE = Path("config/sample/registry").absolute()
BLOCKS = re.findall(r"^```(\w+)(?: ([\w.-]+))?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = {name: (kind, text) for kind, name, text in BLOCKS if name and kind != "toml"}
COMMANDS = [text.strip() for kind, _, text in BLOCKS if kind == "sh"]
SHOWN = {name: text for kind, name, text in BLOCKS if kind == "toml"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page shows, and the registry's."""
    for name, (kind, text) in FILES.items():
        if kind == "sql":
            connection = sqlite3.connect(tmp_path / name)
            connection.executescript(text)
            connection.close()
        else:
            (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copytree(SAMPLE, tmp_path / "authored")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[3])
def test_a_command_makes_what_the_page_shows(place: Path, command: str):
    _, _, *words = shlex.split(command)
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    (file,) = (place / words[1] / "adapter").glob("*.toml")
    assert file.read_text(encoding="utf-8").replace(str(place), "/home/kit") == SHOWN[words[1]]


def test_there_is_a_worked_example_of_each_source():
    named = {
        word for command in COMMANDS for word in command.split() if word in {"--openapi", "--database", "--payload"}
    }
    assert named == {"--openapi", "--database", "--payload"}
    assert "docs/first-hour.md" in PAGE  # the WSDL's


def test_every_rule_of_refusal_stands_in_the_table():
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \|$", PAGE.partition("## 6.")[2], re.MULTILINE)
    assert {rule: (vi, en) for rule, en, vi in rows} == RULES
