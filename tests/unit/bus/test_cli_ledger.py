import json
from pathlib import Path

import pytest
from hub_settings import hub_settings
from typer.testing import CliRunner

from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of

app = build()
runner = CliRunner()

HUB = hub_settings("ledger.example.vn/vn-test")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, encoding="utf-8")
    return file


def run(*arguments: object) -> dict[str, object]:
    result = runner.invoke(app, ["ledger", *map(str, arguments), "--json"])
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))


def ends(*arguments: object) -> Exit:
    error = runner.invoke(app, ["ledger", *map(str, arguments)]).exception
    assert isinstance(error, Exception)
    return failure_of(error).code


def test_a_new_ledger_is_shown_and_verified(hub: Path):
    made = run("init", hub)
    assert str(made["vkey"]).startswith("ledger.example.vn/vn-test+")
    shown = run("show", hub)
    assert shown["head"] == {"size": 0, "root": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    assert shown["vkey"] == made["vkey"]
    verified = run("verify", hub)
    assert verified["holds"] is True
    assert run("migrate", hub, "--backup", hub.parent / "copy")["to"] == shown["store_format"]


def test_people_get_tables(hub: Path):
    run("init", hub)
    assert "ledger.example.vn" in runner.invoke(app, ["ledger", "show", str(hub)]).stdout
    assert "holds" in runner.invoke(app, ["ledger", "verify", str(hub)]).stdout


def test_nothing_is_created_twice_or_by_looking(hub: Path):
    assert ends("show", hub) == Exit.STATE
    assert ends("verify", hub) == Exit.SECRET
    run("init", hub)
    assert ends("init", hub) == Exit.STATE


def test_a_lost_guard_makes_verify_say_no(hub: Path):
    run("init", hub)
    (hub.parent / "guard/head").unlink()
    result = runner.invoke(app, ["ledger", "verify", str(hub), "--json"])
    assert result.exit_code == Exit.NO
    assert json.loads(result.stdout)["holds"] is False
    assert ends("restore-guard", hub, hub) == Exit.STATE


def test_erasing_asks_first(hub: Path):
    run("init", hub)
    order = ["--by", "a court", "--reason", "a mistake"]
    asked = runner.invoke(app, ["ledger", "erase", str(hub), "3", *order], input="n\n")
    assert asked.exit_code == Exit.NO
    assert ends("erase", hub, "3", *order, "--yes") == Exit.NO
    assert ends("erase", hub, "3-x", *order, "--yes") == Exit.USAGE


def test_a_place_without_a_ledger_is_named(tmp_path: Path):
    assert ends("show", tmp_path) == Exit.CONFIG
    (tmp_path / "node.toml").write_text("agencies = []\n", encoding="utf-8")
    assert ends("show", tmp_path / "node.toml") == Exit.CONFIG
    assert ends("show", tmp_path / "none.toml") == Exit.STATE
