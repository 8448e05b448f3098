"""`lienthong registry profiles`: list, show, check, copy, each for people and for scripts."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from bus.registry.profiles import shipped

EXAMPLES = Path(__file__).parents[3] / "schemas/profiles/examples"
app = build(["registry"])
runner = CliRunner()


def run(*arguments: object, code: Exit = Exit.DONE) -> dict[str, object]:
    result = runner.invoke(app, ["registry", "profiles", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.exception
    return dict(json.loads(result.stdout))


def said(*arguments: object) -> str:
    result = runner.invoke(app, ["registry", "profiles", *map(str, arguments)])
    assert result.exit_code == Exit.DONE, result.exception
    return result.stdout


def ends(*arguments: object) -> Exit:
    error = runner.invoke(app, ["registry", "profiles", *map(str, arguments)]).exception
    assert isinstance(error, Exception)
    return failure_of(error).code


def test_list_names_every_profile_and_its_owner():
    listed = run("list")["profiles"]
    assert isinstance(listed, list)
    assert [row["profile"] for row in listed] == sorted(shipped().profiles)
    assert all(row["official"] == "awaited" and row["owner"]["vi"] for row in listed)
    assert "health-claim-summary@1" in said("list")


def test_show_gives_each_field_its_term():
    fields = run("show", "household")["fields"]
    assert isinstance(fields, list)
    number = next(field for field in fields if field["path"] == "/members/*/citizen_number")
    assert number["required"] is True
    assert number["term"]["id"] == "person.citizen-number"
    assert number["term"]["owner"] == "mps"
    assert "Hộ gia đình" in said("show", "household@1")


def test_metadata_is_what_a_governed_context_asks_for():
    result = runner.invoke(app, ["registry", "profiles", "metadata", "document-status", "--owner", "a100001"])
    properties = json.loads(result.stdout)["properties"]
    assert properties["owner"] == "a100001"
    assert properties["basis"] == "QD28-2018"
    assert properties["effectiveDate"] == "2026-01-01"
    assert properties["term:edXML/edXMLEnvelope/edXMLHeader/MessageHeader/StatusCode"] == "document.status"


def test_check_names_rule_and_place_and_no_value():
    good, bad = (EXAMPLES / "citizen/1" / name for name in ("good-newborn.json", "bad-sex-as-number.json"))
    assert run("check", good, "--as", "citizen")["violations"] == []
    assert "obeys citizen@1" in said("check", good, "--as", "citizen").replace("\n", "")
    found = run("check", bad, "--as", "citizen@1", code=Exit.NO)
    assert found["violations"] == [{"rule": "enum", "pointer": "/sex"}]


@pytest.mark.parametrize(
    ("data", "rule"), [(b"{", "json"), (b'{"a": 1, "a": 2}', "repeated-member"), (b" " * 5_000_000, "too-large")]
)
def test_what_is_no_json_is_one_violation(tmp_path: Path, data: bytes, rule: str):
    (tmp_path / "file").write_bytes(data)
    found = run("check", tmp_path / "file", "--as", "citizen", code=Exit.NO)
    assert found["violations"] == [{"rule": rule, "pointer": ""}]


def test_a_doctype_is_refused_like_anywhere_else(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"<!DOCTYPE a><a/>")
    found = run("check", tmp_path / "file", "--as", "document-packet", code=Exit.NO)
    assert found["violations"] == [{"rule": "doctype", "pointer": ""}]


def test_copy_starts_a_folder(tmp_path: Path):
    written = run("copy", "citizen", "population-answer", "--to", tmp_path / "new")["written"]
    assert isinstance(written, list)
    assert {"schemas/citizen/1.json", "schemas/population-answer/1.xsd"} <= set(written)
    assert all((tmp_path / "new" / name).is_file() for name in written)
    assert run("copy", "citizen", "--to", tmp_path / "new")["written"] == []


def test_what_stands_in_the_way_has_its_code(tmp_path: Path):
    assert ends("show", "nobody") == Exit.USAGE
    assert ends("show", "citizen@2") == Exit.USAGE
    assert ends("check", tmp_path / "nothing", "--as", "citizen") == Exit.STATE
    (tmp_path / "schemas" / "citizen").mkdir(parents=True)
    (tmp_path / "schemas" / "citizen" / "1.json").write_text("{}")
    assert ends("copy", "citizen", "--to", tmp_path) == Exit.STATE
    assert not (tmp_path / "dictionary").exists()
