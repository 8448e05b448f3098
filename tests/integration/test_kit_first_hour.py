"""docs/first-hour.md, followed to the letter: three unknown systems, each from its description to a sealed answer."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from page_shell import PageShell, Typed
from wires import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path("docs/first-hour.md").read_text(encoding="utf-8")
PORTS = ("hub", "node", "ledger", "audit", "usages", "schemas", "system")
SHOWN = re.compile(r'^\{"exchange".*\}$', re.MULTILINE)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[PageShell]:
    """A folder to type in, on ports that are free here."""
    first = free_ports(64)
    ports = {name: first + 8 * at for at, name in enumerate(PORTS)}
    options = " ".join(f"--{name}-port {port}" for name, port in ports.items())
    stranger = first + 8 * len(PORTS)
    words = {
        "demo prepare var/nation": f"demo prepare var/nation --people 200 --workers 1 {options}",
        "stranger_systems.py var/given": f"stranger_systems.py var/given --port {stranger}",
        "127.0.0.1:8500": f"127.0.0.1:{ports['node']}",
    }
    (tmp_path / "var").mkdir()
    made = PageShell(tmp_path, words)
    yield made
    made.close()


def asked(shell: PageShell, line: str) -> Typed:
    """A question, again until the node that was started anew has its links."""
    for _ in range(300):
        done = shell.type(line)
        assert done is not None
        if '"exchange"' in done.out:
            return done
        time.sleep(0.2)
    raise AssertionError(done.out)


@pytest.mark.timeout(300)  # three starts of nodes and a dozen commands, on a machine that does other things too
def test_the_page_is_typed_and_each_system_answers_under_seal(shell: PageShell):
    answers: list[dict[str, Any]] = []
    given = shell.folder / "var/given/pension.sqlite3"

    def laid_out(_log: str) -> bool:
        return given.exists()

    for line in shell.lines(PAGE):
        if line.startswith("curl"):
            answers.append(json.loads(asked(shell, line).out))
            continue
        done = shell.type(line, laid_out if "stranger" in line else None)
        waits = "--dry-run" in line
        assert done is None or (done.code == 1) == waits, (line, done.out, done.err)
    shown = [json.loads(text) for text in SHOWN.findall(PAGE)]
    assert [one["answer"] for one in answers] == [one["answer"] for one in shown]
    assert all(one["receipt"]["outcome"] == one["receipt"]["asked"] + 1 for one in answers)
    shell.close()
    verified = shell.type("lienthong ledger verify var/nation/hub.toml --json")
    assert verified is not None
    assert (verified.code, json.loads(verified.out)["holds"]) == (0, True), verified.err
