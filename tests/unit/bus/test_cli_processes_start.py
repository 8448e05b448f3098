"""`lienthong hub` and `node`: what stops a start, with its reason and code; nothing is made in passing."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from processes import ENV, run_command, running
from typer.testing import CliRunner
from wires import free_ports

from bus.app.layout import LaidOut, Plan, lay_out
from bus.app.prepare import State
from bus.cli.app import build
from bus.cli.commands import COMMANDS
from bus.cli.exits import Exit
from bus.cli.failures import failure_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `lienthong demo prepare` leaves it; tests change copies."""
    folder = tmp_path_factory.mktemp("prepared") / "nation"
    first = free_ports(11)
    lay_out(folder, Plan(hub_port=first, node_port=first + 2, system_port=first + 8, people=100), lambda *_: None)
    return folder


@pytest.fixture
def nation(prepared: Path, tmp_path: Path) -> Path:
    """A copy, whose settings name the copy."""
    folder = tmp_path / "nation"
    shutil.copytree(prepared, folder, ignore=shutil.ignore_patterns("sample"))
    (folder / "sample").symlink_to(prepared / "sample")
    for file in (*folder.glob("*.toml"), *(folder / "adapters").glob("*.toml")):
        file.write_text(file.read_text(encoding="utf-8").replace(str(prepared), str(folder)), encoding="utf-8")
    return folder


def node_file(nation: Path, agency: str = "a100001") -> Path:
    return nation / f"node-{agency}.toml"


def ends(*arguments: object) -> tuple[int, str]:
    """How a command ends, in this process: its code, and what it says or raises."""
    result = CliRunner().invoke(build([str(arguments[0])]), [*map(str, arguments)])
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.exit_code, result.output
    assert isinstance(result.exception, Exception)
    failure = failure_of(result.exception)
    return failure.code, f"{failure.message} {failure.mistakes}"


def test_a_hub_without_a_ledger_says_so_and_ends(nation: Path):
    shutil.rmtree(nation / "ledger")
    ended = run_command("hub", str(nation / "hub.toml"))
    assert (ended.code, "note.key" in ended.err, "the hub's ledger did not start" in ended.err) == (5, True, True)
    assert not (nation / "ledger").exists()
    assert running(str(nation)) == []


def test_a_hub_whose_store_is_gone_makes_no_new_one(nation: Path):
    store = State(nation, "").ledger.store_url.removeprefix("sqlite:///")
    for file in (nation / "ledger").glob("ledger.sqlite3*"):
        file.unlink()
    code, said = ends("hub", nation / "hub.toml", "--part", "ledger")
    assert (code, "create" in said) == (Exit.STATE, True)
    assert store not in map(str, (nation / "ledger").iterdir())


def test_a_hub_whose_guard_is_gone_does_not_serve(nation: Path):
    (nation / "guard" / "ledger.json").unlink()
    code, said = ends("hub", nation / "hub.toml", "--part", "ledger")
    assert (code, "guard" in said) == (Exit.STATE, True)


def test_a_part_that_is_none(nation: Path):
    code, said = ends("hub", nation / "hub.toml", "--part", "worker-7")
    assert (code, "worker-0" in said) == (Exit.USAGE, True)


def test_a_worker_whose_address_is_taken(nation: Path):
    text = (nation / "hub.toml").read_text(encoding="utf-8")
    port = int(re.findall(r'"listen" = "127.0.0.1:(\d+)"', text)[0])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, said = ends("demo", "--state", nation / "own", "--hub-listen", f"127.0.0.1:{port}", "--people", "100")
    assert (code, "in use" in said) == (Exit.STATE, True)


@pytest.mark.parametrize(
    ("old", "new", "code", "word"),
    [
        ('"name" =', '"nam" =', Exit.CONFIG, "extra_forbidden"),
        ('kind" = "soap"', 'kind" = "carrier-pigeon"', Exit.CONFIG, "no such kind"),
        ("archive/a100001.key", "archive/none.key", Exit.SECRET, "none.key"),
        ('archive" = "', 'archive" = "/nowhere', Exit.STATE, "create"),
        ("link/a100001.key.pem", "link/a100002.key.pem", Exit.SECRET, "KEY_VALUES_MISMATCH"),
        ("registry/repository/metadata/1.root.json", "none.json", Exit.STATE, "none.json"),
    ],
)
def test_what_stops_a_node(nation: Path, old: str, new: str, code: Exit, word: str):
    file = node_file(nation)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    ended = ends("node", file)
    assert ended[0] == code, ended
    assert word in ended[1]


def test_a_key_open_to_others_stops_a_node(nation: Path):
    key = nation / "pki" / "seal" / "a100001.key.pem"
    key.chmod(0o644)
    code, said = ends("node", node_file(nation))
    assert (code, "a100001.key.pem" in said) == (Exit.SECRET, True)


def test_a_wrong_adapter_names_every_mistake_and_its_file(nation: Path):
    adapter = nation / "adapters" / "a100001-population-person.toml"
    adapter.write_text(adapter.read_text(encoding="utf-8").replace("request_id", "moon_phase"), encoding="utf-8")
    code, said = ends("node", node_file(nation))
    assert (code, adapter.name in said, said.count("moon_phase") <= 5) == (Exit.CONFIG, True, True), said


def test_production_refuses_what_was_prepared_for_the_demo(nation: Path):
    for file in (nation / "hub.toml", node_file(nation)):
        file.write_text(file.read_text(encoding="utf-8").replace('"development"', '"production"'), encoding="utf-8")
        code, _ = ends("hub" if file.name == "hub.toml" else "node", file)
        assert code in {Exit.CONFIG, Exit.SECRET}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str):
    code, said = ends(name, "--help")
    assert (code, name in said) == (0, True)


def test_a_process_imports_what_it_runs_and_no_more():
    """A hub's worker needs no SOAP and no SQL, its supervisor not even HTTP: it shall be back at once."""
    imported = "import sys, bus.cli.hub; print({'zeep', 'sqlalchemy', 'aiohttp', 'lxml'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-P", "-c", imported], env=ENV, capture_output=True, check=True)
    assert ended.stdout.strip() == b"set()"


def test_preparing_again_keeps_what_is_there(nation: Path, prepared: Path):
    first = {path: path.read_bytes() for path in (nation / "pki").rglob("*.pem")}
    plan = Plan(people=100)
    again: LaidOut = lay_out(nation, plan, lambda *_: None)
    assert {path: path.read_bytes() for path in first} == first
    assert len(again.commands) == 1 + 3 + len(again.nodes)
    assert again.node_url.endswith(":8500")
    assert prepared != nation
