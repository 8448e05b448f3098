"""A registry handed over to new keys from the command line: the old hands sign no more, nodes follow."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of

SAMPLE = Path(__file__).parents[3] / "config/sample/registry"
app = build()
runner = CliRunner()


def run(*arguments: object) -> dict[str, object]:
    result = runner.invoke(app, ["registry", *map(str, arguments), "--json"])
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))


@pytest.fixture
def published(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE, tmp_path / "authored")
    run("init", tmp_path / "repository", "--keys", tmp_path / "old")
    run("publish", tmp_path / "authored", "--repository", tmp_path / "repository", "--keys", tmp_path / "old")
    return tmp_path


def test_new_keys_take_over_and_the_old_ones_sign_no_more(published: Path):
    old, new, repository = published / "old", published / "new", published / "repository"
    done = run("change-keys", repository, "--old", old, "--new", new, "--make")
    assert done["root_version"] == 2
    assert json.loads((new / "root.json").read_bytes())["signed"]["version"] == 2
    run("publish", published / "authored", "--repository", repository, "--keys", new)
    run("timestamp", repository, "--keys", new)
    before, after = (json.loads((folder / "root.json").read_bytes())["signed"] for folder in (old, new))
    assert set(before["keys"]).isdisjoint(after["keys"]), "the old hands count no more"


def test_the_same_keys_twice_only_renew_the_root(published: Path):
    old, repository = published / "old", published / "repository"
    assert run("change-keys", repository, "--old", old, "--new", old)["root_version"] == 2
    assert run("change-keys", repository, "--old", old, "--new", old)["root_version"] == 3
    run("publish", published / "authored", "--repository", repository, "--keys", old)


def test_too_few_keys_change_nothing(published: Path):
    (published / "empty").mkdir()
    words = ["change-keys", published / "repository", "--old", published / "old", "--new", published / "empty"]
    error = runner.invoke(app, ["registry", *map(str, words)]).exception
    assert isinstance(error, Exception)
    assert failure_of(error).code == Exit.SECRET
    assert run("change-keys", published / "repository", "--old", published / "old", "--new", published / "old")
