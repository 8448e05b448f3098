import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from registry.mistakes import RegistryError

SAMPLE = Path(__file__).parents[3] / "config/sample/registry"
app = build()
runner = CliRunner()


@pytest.fixture
def authored(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "authored"))


def run(*arguments: object) -> dict[str, object]:
    result = runner.invoke(app, ["registry", *map(str, arguments), "--json"])
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))


def ends(*arguments: object) -> Exit:
    error = runner.invoke(app, ["registry", *map(str, arguments)]).exception
    assert isinstance(error, Exception)
    return failure_of(error).code


def test_check_counts_what_is_there(authored: Path):
    counts = run("check", authored)["counts"]
    assert isinstance(counts, dict)
    assert counts["agencies"] >= 8
    assert counts["procedures"] >= 3


def test_check_names_every_mistake_at_its_place(authored: Path):
    instance = authored / "instance.toml"
    instance.write_text(instance.read_text(encoding="utf-8") + "\nunheard_of = 1\n", encoding="utf-8")
    error = runner.invoke(app, ["registry", "check", str(authored)]).exception
    assert isinstance(error, RegistryError)
    assert failure_of(error).code == Exit.CONFIG
    assert {mistake.file for mistake in error.mistakes} == {"instance.toml"}


def test_check_judges_what_would_be_added_together_with_the_folder(authored: Path, tmp_path: Path):
    term = '[[term]]\nid = "a.b"\nname = { vi = "a", en = "a" }\ntype = "string"\nsensitivity = "open"\n'
    for name, text in (("good", term), ("bad", term.replace("string", "text"))):
        (tmp_path / name / "dictionary").mkdir(parents=True)
        (tmp_path / name / "dictionary" / "more.toml").write_text(text, encoding="utf-8")
    before = run("check", authored)["counts"]
    added = run("check", authored, "--with", tmp_path / "good")["counts"]
    assert isinstance(before, dict)
    assert added == {**before, "terms": before["terms"] + 1}
    assert ends("check", authored, "--with", tmp_path / "bad") == Exit.CONFIG


def test_from_an_empty_folder_to_a_second_version(tmp_path: Path, authored: Path):
    repository, keys = tmp_path / "repository", tmp_path / "keys"
    assert run("init", repository, "--keys", keys)["root"] == str(keys / "root.json")
    assert run("show", repository)["version"] == 0
    assert run("publish", authored, "--repository", repository, "--keys", keys)["version"] == 1
    assert run("publish", authored, "--repository", repository, "--keys", keys)["changed"] == []
    (authored / "instance.toml").write_text(
        (authored / "instance.toml").read_text(encoding="utf-8").replace("VN-test", "VN-other"), encoding="utf-8"
    )
    assert run("publish", authored, "--repository", repository, "--keys", keys)["version"] == 2
    assert run("timestamp", repository, "--keys", keys)["version"] == 2
    roles = run("show", repository)["roles"]
    assert isinstance(roles, list)
    assert [state["role"] for state in roles] == ["root", "targets", "directory", "registrar", "snapshot", "timestamp"]


def test_what_stands_in_the_way_has_its_code(tmp_path: Path, authored: Path):
    repository, keys = tmp_path / "repository", tmp_path / "keys"
    assert ends("show", repository) == Exit.STATE
    assert ends("check", tmp_path / "nowhere") == Exit.CONFIG
    run("init", repository, "--keys", keys)
    assert ends("init", repository, "--keys", keys) == Exit.STATE
    shutil.rmtree(keys)
    assert ends("publish", authored, "--repository", repository, "--keys", keys) == Exit.SECRET


def test_what_would_break_an_agreement_is_told_before_and_refused_when_published(tmp_path: Path, authored: Path):
    repository, keys = tmp_path / "repository", tmp_path / "keys"
    run("init", repository, "--keys", keys)
    run("publish", authored, "--repository", repository, "--keys", keys)
    first = authored / "schemas" / "population-residence" / "1.json"
    document = json.loads(first.read_text(encoding="utf-8"))
    document["required"].remove("full_name")
    (first.parent / "2.json").write_text(json.dumps(document), encoding="utf-8")
    services = authored / "services" / "population.toml"
    text = services.read_text(encoding="utf-8")
    services.write_text(text.replace("population-residence@1", "population-residence@2"), encoding="utf-8")
    assert run("check", authored)["mistakes"] == []
    for command in (("check", authored, "--against", repository), ("publish", authored, "--repository", repository)):
        keyed = ("--keys", keys) if command[0] == "publish" else ()
        error = runner.invoke(app, ["registry", *map(str, (*command, *keyed))]).exception
        assert isinstance(error, RegistryError)
        (told,) = error.mistakes
        assert (told.rule, told.file) == ("breaks-agreements", "services/population.toml")
        assert "full_name" in told.message_en
    assert run("show", repository)["version"] == 1
