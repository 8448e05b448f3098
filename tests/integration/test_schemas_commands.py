"""`lienthong schemas`: what developers type, against a registry that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, Child
from schemas_kit import Standing, requiring
from typer.testing import CliRunner, Result
from wires import until

from bus.app.schemas_client import SchemasClient
from bus.app.schemas_moves import from_folder, take
from bus.cli.app import build
from bus.cli.errors import CommandError
from bus.cli.exits import Exit

app = build(["schemas"])


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("schemas"))
    yield running
    running.close()


class Desk:
    """A developer's folder with a key."""

    def __init__(self, standing: Standing, folder: Path) -> None:
        self.standing = standing
        self.folder = folder
        self.key = self.file("key", standing.secrets["admin"])
        self.key.chmod(0o600)

    def file(self, name: str, text: object) -> Path:
        path = self.folder / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    def run(self, *arguments: object, url: str | None = None) -> Result:
        at = ("--url", url or self.standing.url, "--key-file", self.key)
        return CliRunner().invoke(app, ["schemas", *map(str, (*arguments, *at))])

    def json(self, *arguments: object) -> Any:  # noqa: ANN401 - any JSON
        done = self.run(*arguments, "--json")
        assert done.exit_code == Exit.DONE, done.exception
        return json.loads(done.stdout)


@pytest.fixture
def desk(standing: Standing, tmp_path: Path) -> Desk:
    return Desk(standing, tmp_path)


def test_a_schema_is_registered_listed_shown_and_deleted(desk: Desk):
    file = desk.file("a.json", requiring())
    assert desk.json("register", "cli-a", file, "--property", "team=x")["version"] == 1
    assert "cli-a version 1: id" in desk.run("register", "cli-a", file).stdout
    assert "cli-a" in desk.run("list", "cli-").stdout
    shown = desk.run("show", "cli-a@1").stdout
    assert '{"type": "object", "required": []}' in shown
    assert "JSON" in shown
    assert desk.json("delete", "cli-a@1") == {"subject": "cli-a", "deleted": [1]}
    assert desk.json("delete", "cli-a", "--permanent") == {"subject": "cli-a", "deleted": [1]}


def test_a_check_says_rule_places_witness_and_mend(desk: Desk):
    desk.run("register", "cli-check", desk.file("old.json", requiring()))
    assert desk.run("check", "cli-check", desk.file("same.json", requiring(title="T"))).exit_code == Exit.DONE
    refused = desk.run("check", "cli-check", desk.file("new.json", requiring("x")))
    assert refused.exit_code == Exit.NO
    for word in ("property-became-required", "/required", "x became required", "shown by {}", "→ give it a default"):
        assert word in refused.stdout
    refused = desk.run("register", "cli-check", desk.file("new.json", requiring("x")))
    assert (refused.exit_code, "property-became-required" in refused.stdout) == (Exit.NO, True)
    found = json.loads(desk.run("check", "cli-check", desk.file("new.json", requiring("x")), "--json").stdout)
    assert found["incompatibilities"][0]["witness"]["text"] == "{}"
    broken = desk.run("check", "cli-check", desk.file("broken.json", "{"))
    assert "this is no JSON" in broken.stdout


def test_two_registered_versions_are_compared(desk: Desk, standing: Standing):
    standing.ask("PUT", "/config/cli-diff", {"compatibility": "FORWARD"})
    standing.put("cli-diff", requiring())
    standing.put("cli-diff", requiring("x"))
    standing.ask("PUT", "/config/cli-diff", {"compatibility": "BACKWARD"})
    refused = desk.run("diff", "cli-diff@1", "cli-diff@2")
    assert (refused.exit_code, "x became required" in refused.stdout) == (Exit.NO, True)
    assert "goes with" in desk.run("diff", "cli-diff@2", "cli-diff@1").stdout


def test_references_and_types_are_told_on_the_command_line(desk: Desk):
    desk.run("register", "cli-base", desk.file("b.json", requiring()))
    refers = desk.file("r.avsc", {"$ref": "b"})
    found = desk.json("register", "cli-refers", refers, "--reference", "b=cli-base@1")
    assert (found["references"], found.get("schemaType")) == (
        [{"name": "b", "subject": "cli-base", "version": 1}],
        None,
    )
    for wrong in (("--reference", "b"), ("--type", "NONE")):
        assert desk.run("register", "cli-refers", refers, *wrong).exit_code != Exit.DONE
    untold = desk.run("register", "cli-refers", desk.file("x.txt", "{}"))
    assert isinstance(untold.exception, CommandError)


def test_settings_are_shown_and_changed(desk: Desk):
    assert desk.json("config")["compatibilityLevel"] == "BACKWARD"
    assert desk.json("config", "cli-set", "--level", "FULL", "--mode", "READONLY") == {
        "compatibilityLevel": "FULL",
        "mode": "READONLY",
    }
    assert desk.json("config", "cli-set", "--unset")["compatibilityLevel"] == "BACKWARD"


def test_a_registry_is_moved_with_its_ids_and_taken_up_again(desk: Desk, standing: Standing):
    for number in range(3):
        standing.put("cli-move/a", requiring(title=str(number)))
    base = standing.put("cli-move-base", requiring(title="base")).body
    reference = [{"name": "b", "subject": "cli-move-base", "version": 1}]
    refers = standing.put("cli-move/z", {"$ref": "b"}, references=reference).body
    folder = desk.folder / "moved"
    assert desk.json("export", folder, "--prefix", "cli-move")["new"] == 5
    assert desk.json("export", folder, "--prefix", "cli-move")["new"] == 0
    assert sorted(file.name for file in (folder / "%2E" / "cli-move%2Fa").iterdir()) == ["1.json", "2.json", "3.json"]

    async def some() -> None:
        async with SchemasClient(standing.url, standing.secrets["admin"]) as client:
            done = await take(client, from_folder(folder)[:2], ".copied", lambda _done, _total: None)
            assert (done.taken, done.known, done.refused) == (2, 0, ())

    asyncio.run(some())
    assert desk.json("import", folder, "--into", "copied") == {"taken": 3, "known": 2, "refused": []}
    copied = standing.ask("GET", "/subjects/:.copied:cli-move%2Fz/versions/1").body
    assert (copied["id"], copied["references"]) == (refers["id"], reference)
    assert standing.ask("GET", "/subjects/:.copied:cli-move-base/versions/1").body["id"] == base["id"]
    assert standing.ask("GET", "/mode/:.copied:").status == 404
    again = desk.json("import", standing.url, "--into", "again", "--prefix", "cli-move", "--source-key-file", desk.key)
    assert again["taken"] == 5


def test_what_cannot_be_taken_is_named_and_the_rest_goes_on(desk: Desk):
    place = desk.folder / "files" / "%2E" / "s"
    place.mkdir(parents=True)
    for number, text in ((1, "{}"), (2, "{")):
        body = {"subject": "s", "version": number, "id": number, "schema": text, "schemaType": "JSON"}
        (place / f"{number}.json").write_text(json.dumps(body), encoding="utf-8")
    done = desk.run("import", desk.folder / "files", "--into", "partly", "--json")
    assert done.exit_code == Exit.NO
    found = json.loads(done.stdout)
    assert (found["taken"], [one[:2] for one in found["refused"]]) == (1, [[":.partly:s", 2]])
    assert desk.run("import", desk.folder / "nothing").exit_code != Exit.DONE


def test_refusals_have_exit_codes(desk: Desk):
    def code(*arguments: object, url: str | None = None) -> Exit:
        error = desk.run(*arguments, url=url).exception
        assert isinstance(error, CommandError)
        return error.code

    assert code("show", "cli-none") == Exit.NO
    assert code("list", url="http://127.0.0.1:9") == Exit.UNREACHABLE
    desk.key.write_text("wrong", encoding="utf-8")
    assert code("list") == Exit.SECRET


async def test_one_is_served_without_a_hub(tmp_path: Path):
    file = tmp_path / "registrants.toml"
    made = CliRunner().invoke(
        app, ["schemas", "keys", "new", "dev", "--file", str(file), "--agency", "a100001", "--may", "read,write@own-"]
    )
    assert made.exit_code == Exit.DONE
    listed = CliRunner().invoke(app, ["schemas", "keys", "list", "--file", str(file)])
    assert "read,write@own-" in listed.stdout
    child = Child.start(tmp_path / "log", *COMMAND, "schemas", "serve", str(tmp_path), "--listen", "127.0.0.1:0")
    try:
        await until(lambda: "Registry of schemas at" in child.text, within_s=60)
        url = child.text.partition("Registry of schemas at ")[2].partition(";")[0]
        async with SchemasClient(url, made.stdout.strip()) as client:
            body = {"schema": '"string"', "schemaType": "AVRO"}
            assert (await client.ask("POST", "subjects", "own-a", "versions", body=body))["id"] == 1
    finally:
        child.stop()
    assert child.process.returncode == 0
    revoked = CliRunner().invoke(app, ["schemas", "keys", "revoke", "dev", "--file", str(file)])
    assert revoked.exit_code == Exit.DONE
    wrong = CliRunner().invoke(
        app, ["schemas", "keys", "new", "x", "--file", str(file), "--agency", "a100001", "--may", "all"]
    )
    assert isinstance(wrong.exception, CommandError)
