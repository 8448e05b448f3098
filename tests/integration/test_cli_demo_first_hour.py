"""`lienthong demo` and `up` as a newcomer runs them: from nothing, again, left with Ctrl-C at any moment."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from agency_system import CASE, AgencySystem
from processes import COMMAND, ENV, Child, run_command, running
from wires import until

from bus.sample.procedures import DEMO, REFUSED_FIELDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FACES = ("--ledger-listen", "127.0.0.1:0", "--audit-listen", "127.0.0.1:0", "--schemas-listen", "127.0.0.1:0")
CITIZENS = ("--usages-listen", "127.0.0.1:0", "--xroad-listen", "127.0.0.1:0")
ANYWHERE = ("--node-listen", "127.0.0.1:0", "--hub-listen", "127.0.0.1:0", *FACES, *CITIZENS, "--people", "200")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer") / "var" / "demo"


@pytest.fixture
async def stayed(state: Path, tmp_path: Path) -> AsyncIterator[Child]:
    """`lienthong demo --stay` on the state of the first run."""
    child = Child.start(tmp_path / "stay.log", *COMMAND, "demo", "--stay", "--state", str(state), *ANYWHERE)
    yield child
    child.stop()


def as_expected(document: dict[str, Any]) -> None:
    assert [one["status"] for one in document["dossiers"]] == [201, 201, 201]
    for key, one in zip(DEMO, document["dossiers"], strict=True):
        lines = {line["requirement"]: line for line in one["body"]["lines"]}
        assert {name: line["reason"] for name, line in lines.items() if line["reason"]} == dict(CASE[key].gaps)
        services = {n: tuple(s["service"] for s in line["sources"]) for n, line in lines.items() if not line["reason"]}
        assert services == dict(CASE[key].met)
    refused = document["refused"]
    assert (refused["status"], refused["body"]["number"]) == (409, 702)
    held = {one["field"]: one["held_by"][0] for one in refused["body"]["guard"]["fields"] if not one["allowed"]}
    assert set(held) == set(REFUSED_FIELDS)
    assert all(one["service"] and one["basis_text"]["vi"] for one in held.values())


def test_the_first_run_starts_from_nothing_and_leaves_nobody_behind(state: Path):
    ended = run_command("demo", "--json", "--verbose", "--state", str(state), *ANYWHERE)
    assert ended.code == 0, ended.err
    assert "hub-worker-listening" in ended.err
    as_expected(ended.json)
    assert ended.json["ledger"]["size"] > 30
    assert running(str(state)) == []
    secrets = [path for path in state.rglob("*") if path.is_file() and "key" in path.name and path.suffix != ".json"]
    assert secrets
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets if not path.name.endswith(".pub"))


def test_a_later_run_goes_on_where_the_first_ended(state: Path):
    before = run_command("ledger", "show", str(state), "--json").json["head"]["size"]
    keys = {path: path.read_bytes() for path in (state / "pki").rglob("*.pem")}
    ended = run_command("demo", "--json", "--state", str(state), *ANYWHERE)
    as_expected(ended.json)
    numbers = [one["body"]["dossier"] for one in ended.json["dossiers"]]
    assert ended.json["ledger"]["size"] > before
    assert len(set(numbers)) == 3
    assert {path: path.read_bytes() for path in keys} == keys
    verified = run_command("ledger", "verify", str(state), "--json")
    assert (verified.code, verified.json["holds"]) == (0, True)


async def test_it_stays_up_and_says_where_until_ctrl_c(stayed: Child, state: Path):
    await until(lambda: "Ctrl-C" in stayed.text)
    url = next(word for word in stayed.text.split() if word.startswith("http://127.0.0.1:") and "/health" in word)
    key = (state / "api-keys" / "a100010.one-stop").read_text().strip()
    said = await AgencySystem(url.removesuffix("/health"), key).open("birth")
    assert said.status == 201
    assert len(running(str(state))) == 4  # the bus, and three sample systems
    os.killpg(stayed.process.pid, signal.SIGINT)
    assert await stayed.ended(within_s=15) == 0
    assert running(str(state)) == []
    assert "Traceback" not in stayed.text
    with pytest.raises(aiohttp.ClientError):
        await AgencySystem(url.removesuffix("/health"), key).open("birth")


async def test_ctrl_c_while_it_starts(tmp_path: Path):
    state = tmp_path / "state"
    child = Child.start(tmp_path / "log", *COMMAND, "demo", "--stay", "--state", str(state), *ANYWHERE)
    await until((state / "sample").exists)
    os.killpg(child.process.pid, signal.SIGINT)
    assert await child.ended(within_s=15) == 0
    assert running(str(state)) == []
    assert "Traceback" not in child.text
    again = run_command("demo", "--json", "--state", str(state), *ANYWHERE)
    as_expected(again.json)


async def test_a_bus_that_is_killed_takes_its_systems_along(stayed: Child, state: Path):
    await until(lambda: "Ctrl-C" in stayed.text)
    stayed.process.kill()
    await until(lambda: running(str(state)) == [])


def test_on_a_terminal_of_80_columns_no_line_is_longer(state: Path):
    leader, follower = pty.openpty()
    os.set_blocking(leader, False)
    process = subprocess.Popen(
        [*COMMAND, "demo", "--state", str(state), *ANYWHERE],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**ENV, "COLUMNS": "80", "TERM": "dumb"},
    )
    os.close(follower)
    shown = b"".join(iter(lambda: read_terminal(leader, process), b""))
    assert process.wait(30) == 0
    os.close(leader)
    lines = shown.decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert all(any(words in line for line in lines) for words in ("✔ Bộ Công an", "no-provider", "ag-0001", "702 "))


def read_terminal(leader: int, process: subprocess.Popen[bytes]) -> bytes:
    """The next bytes of a terminal; none once its program has ended."""
    os.set_blocking(leader, True)
    try:
        return os.read(leader, 65_536)
    except OSError:  # the other end is closed
        process.wait()
        return b""
