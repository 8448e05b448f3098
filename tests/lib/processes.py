"""A hub with its parts and nodes as processes of their own: started, killed, looked for; and commands run to their end.

Promises: ports are chosen free; at the end nobody is left, or the test fails.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import orjson
from agency_system import AgencySystem
from nation import PEOPLE
from wires import PATIENCE_S, Ground, Tap, free_ports, until

from bus.app.layout import LaidOut, Plan, lay_out
from bus.app.prepare import State
from bus.sample.serve import PORTS, Kind
from config.secrets import read_secret

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
COMMAND = (sys.executable, "-P", "-m", "bus")


class Ended(NamedTuple):
    """A command that has run."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever a command says
        """The one JSON document on standard output."""
        return orjson.loads(self.out)


def run_command(*arguments: str, timeout_s: float = 60.0) -> Ended:
    """Run `lienthong` with these arguments."""
    done = subprocess.run(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, env=ENV, timeout=timeout_s, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr.decode())


def running(*words: str) -> list[int]:
    """Processes whose command line holds all these words."""
    return [pid for pid, line in _command_lines() if all(word in line for word in words)]


def _command_lines() -> Iterator[tuple[int, str]]:
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid():
            try:
                line = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                state = (path / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z":
                yield int(path.name), line


@dataclass
class Child:
    """One process of ours, with its log in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, log: Path, *arguments: str) -> Child:
        with log.open("ab") as out:
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ENV, start_new_session=True
            )
        return cls(process, log)

    @property
    def text(self) -> str:
        """All that it printed."""
        return self.log.read_text(encoding="utf-8")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Every log line of this name."""
        lines = (line for line in self.log.read_bytes().splitlines() if line.startswith(b"{"))
        return [line for line in map(orjson.loads, lines) if line.get("event") == event]

    async def ended(self, within_s: float = PATIENCE_S) -> int:
        """Its exit code."""
        await until(lambda: self.process.poll() is not None, within_s)
        return self.process.returncode

    def stop(self) -> None:
        """SIGTERM; whoever does not listen is killed."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass
class Processes:
    """A hub with its parts and some of its nodes, each a process of its own, laid out in a folder."""

    folder: Path
    ground: Ground
    plan: Plan
    laid: LaidOut
    taps: dict[Kind, Tap]
    children: dict[str, Child] = field(default_factory=dict)

    @classmethod
    def lay_out(cls, folder: Path, *, workers: int = 2) -> Processes:
        """Prepare the folder; nothing but the sample systems and their taps is started."""
        ports = free_ports(workers + 6 + len(PORTS))
        plan = Plan(
            hub_port=ports, workers=workers, node_port=ports + workers, system_port=ports + workers + 6, people=PEOPLE
        )
        laid = lay_out(folder, plan, lambda _what, _done: None)
        ground = Ground()
        sample = State(folder, "").sample
        taps = {kind: Tap(ground, kind, sample, port).start() for kind, port in plan.systems.items()}
        return cls(folder, ground, plan, laid, taps)

    @property
    def state(self) -> State:
        return State(self.folder, "ledger.lienthong.test/vn-test")

    @property
    def counter(self) -> AgencySystem:
        return AgencySystem(self.laid.node_url, read_secret(self.laid.key_file).decode())

    def hub(self) -> Child:
        """Start the hub with its supervisor."""
        return self._start("hub", "hub", str(self.laid.hub))

    def part(self, part: str) -> Child:
        """Start one part of the hub alone, as a service manager does."""
        return self._start(part, "hub", str(self.laid.hub), "--part", part)

    def node(self, agency: str) -> Child:
        """Start one node."""
        return self._start(f"node-{agency}", "node", str(self.laid.nodes[agency]))

    def nodes(self, *agencies: str) -> None:
        for agency in agencies:
            self.node(agency)

    async def stands(self, *agencies: str, within_s: float = 60.0) -> None:
        """Wait until these nodes are connected to every worker, and the consumer's answers."""
        wanted = self.plan.workers

        def linked() -> bool:
            for agency in agencies:
                child = self.children[f"node-{agency}"]
                assert child.process.poll() is None, child.log.read_text()
            opened = [line for child in self._hubs() for line in child.logged("link.opened")]
            return all(len([line for line in opened if agency in line["agencies"]]) >= wanted for agency in agencies)

        await until(linked, within_s)
        await until(self.answers, within_s)

    async def answers(self) -> bool:
        """Whether the consumer's node takes requests and reaches the hub."""
        try:
            return (await AgencySystem(self.laid.node_url, None).send("GET", "/health")).status == 200
        except aiohttp.ClientError:
            return False

    def pids(self, *words: str) -> list[int]:
        """Processes of this folder whose command line holds all these words."""
        return running(str(self.folder), *words)

    async def kill(self, *words: str) -> int:
        """kill -9 the one process whose command line holds these words."""
        (pid,) = self.pids(*words)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pid not in self.pids(*words))
        return pid

    def rewrite(self, file: Path, old: str, new: str) -> None:
        """Change a settings or registry file."""
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old} is not in {file}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    async def command(self, *arguments: str) -> Ended:
        """Run one `lienthong` command to its end."""
        return await asyncio.to_thread(run_command, *arguments)

    async def ledger(self) -> dict[str, Any]:
        """What `lienthong ledger show` says."""
        return dict((await self.command("ledger", "show", str(self.laid.hub), "--json")).json)

    async def close(self) -> None:
        """Stop all; nobody may be left."""
        nodes = [child for name, child in self.children.items() if name.startswith("node")]
        others = [child for name, child in self.children.items() if not name.startswith("node")]
        for group in (nodes, others):
            await asyncio.gather(*(asyncio.to_thread(child.stop) for child in group))
        left = self.pids()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        for tap in self.taps.values():
            tap.close()
        self.ground.close()
        assert not left, left

    def _hubs(self) -> list[Child]:
        return [child for name, child in self.children.items() if not name.startswith("node")]

    def _start(self, name: str, *arguments: str) -> Child:
        child = Child.start(self.folder / f"{name}.log", *COMMAND, *arguments)
        self.children[name] = child
        return child
