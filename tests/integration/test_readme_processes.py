"""The README's page on separate processes, followed to the letter: what it prints to start is started, and works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from agency_system import AgencySystem
from processes import COMMAND, Child, run_command, running
from wires import free_ports, until

from bus.sample.procedures import DEMO

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path("README.md").read_text(encoding="utf-8").partition("## As separate processes")[2].partition("\n## ")[0]
WRITTEN = re.findall(r"^    lienthong (.*?)(?:\s+#.*)?$", PAGE, re.MULTILINE)
PORTS = ("hub", "node", "ledger", "audit", "system")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `demo prepare` prints, on ports that are free here."""
    first = free_ports(40)
    ports = [word for at, name in enumerate(PORTS) for word in (f"--{name}-port", str(first + 8 * at))]
    folder = tmp_path_factory.mktemp("readme") / "nation"
    ended = run_command("demo", "prepare", str(folder), "--people", "200", "--json", *ports)
    assert ended.code == 0, ended.err
    return {**ended.json, "folder": folder}


@pytest.fixture
def started(prepared: dict[str, Any], tmp_path: Path) -> Iterator[list[Child]]:
    """Each command in a process of its own, as printed."""
    children = [
        Child.start(tmp_path / f"{at}.log", *COMMAND, *shlex.split(line)[1:])
        for at, line in enumerate(prepared["commands"])
    ]
    yield children
    for child in reversed(children):
        child.stop()


def test_the_page_shows_the_commands_that_are_printed(prepared: dict[str, Any]):
    last = f"lienthong demo against {prepared['node']} --key-file {prepared['key_file']}"
    printed = {_bare(line, str(prepared["folder"])) for line in (*prepared["commands"], last)}
    written = {_bare(f"lienthong {line}", "var/nation") for line in WRITTEN}
    assert written - printed == {"lienthong demo prepare DIR", "lienthong ledger verify DIR/hub.toml"}
    assert {line for line in printed - written if "node-a10000" not in line} == set()


async def test_all_of_it_stands_and_resolves_the_three_dossiers(prepared: dict[str, Any], started: list[Child]):
    counter = AgencySystem(prepared["node"], None)

    async def answers() -> bool:
        assert all(child.process.poll() is None for child in started), [child.text[-500:] for child in started]
        try:
            return (await counter.send("GET", "/health")).status == 200
        except aiohttp.ClientError:
            return False

    await until(answers, 60, every_s=0.2)
    hub = started[0]
    nodes = sum("lienthong node" in line for line in prepared["commands"])
    await until(lambda: len(hub.text.split("link.opened")) > 2 * nodes, 60, every_s=0.2)
    ended = run_command("demo", "against", prepared["node"], "--key-file", prepared["key_file"], "--json")
    assert ended.code == 0, ended.err
    assert [one["status"] for one in ended.json["dossiers"]] == [201] * len(DEMO)
    assert ended.json["refused"]["status"] == 409
    for child in reversed(started):
        child.stop()
    verified = run_command("ledger", "verify", prepared["hub"])
    assert verified.code == 0, verified.err
    assert running(str(prepared["folder"])) == []


def _bare(line: str, folder: str) -> str:
    """A command without what differs from place to place."""
    words = " ".join(line.replace(folder, "DIR").split())
    return re.sub(r"(--port |127\.0\.0\.1:)\d+", r"\1N", words)
