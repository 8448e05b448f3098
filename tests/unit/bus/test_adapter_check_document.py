"""docs/adapter-check.md as written: its files are laid out, its commands run, its options are all there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.cli.app import build

TEXT = (Path(__file__).parents[3] / "docs" / "adapter-check.md").read_text(encoding="utf-8")
FILES = re.findall(r"```toml (\S+)\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    shlex.split(line.replace("\\\n", " "))[1:]
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in re.split(r"(?<!\\)\n", block.strip())
]
ALONE = [command for command in COMMANDS if "--node" not in command]


@pytest.fixture
def laid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("laid")
def test_the_check_says_what_the_page_says():
    (command,) = [one for one in ALONE if "check" in one]
    ended = CliRunner().invoke(build(["adapter"]), command)
    (counts,) = re.findall(r"`(met: [^`]+)`", TEXT)
    assert counts in ended.stdout
    assert ended.exit_code == int(re.findall(r"exit code (\d):", TEXT)[0])


@pytest.mark.usefixtures("laid")
def test_the_samples_are_as_expected():
    (command,) = [one for one in ALONE if "dev" in one]
    ended = CliRunner().invoke(build(["adapter"]), [*command, "--once"])
    assert ended.exit_code == 0, ended.stdout
    assert ended.stdout.count("╭─ standing") == 5


@pytest.mark.parametrize("name", ["check", "dev"])
def test_every_option_is_in_the_page_and_there(name: str):
    shown = CliRunner().invoke(build(["adapter"]), ["adapter", name, "--help"], env={"COLUMNS": "200"}).stdout
    there = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", shown)) - {"--help", "--page"}
    used = {word for command in COMMANDS if name in command for word in command if word.startswith("--")}
    assert used <= there
    assert {option for option in there if f"`{option}`" not in TEXT} == set()
