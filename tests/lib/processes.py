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
from wires import PATIENCE_S, Ground, Relay, Tap, free_ports, until

from bus import net
from bus.app.layout import LaidOut, Plan, lay_out
from bus.app.prepare import State
from bus.ledger import tools
from bus.sample.serve import PORTS, Kind
from config.secrets import read_secret

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
NODES = 6
FEW = ("a100010", "a100001", "a100002")
"""The nodes that most tests need: the city's, which asks; the population database's; civil status'."""
STRANGER = "a100005"
"""An agency that the directory lists and that runs no node here; whoever looks at a worker's health shows its card."""
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

    async def says(self, event: str, times: int = 1) -> None:
        """Wait until it has logged this that often."""
        await until(lambda: len(self.logged(event)) >= times)

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
    """A hub with its parts and nodes, each a process of its own, laid out in a folder.

    Before every worker stands a relay, and before every sample system a tap; both live on the ground's loop.
    """

    folder: Path
    ground: Ground
    plan: Plan
    laid: LaidOut
    taps: dict[Kind, Tap]
    relays: list[Relay]
    children: dict[str, Child] = field(default_factory=dict)

    @classmethod
    def lay_out(cls, folder: Path, *, workers: int = 2) -> Processes:
        """Prepare the folder; nothing but taps and relays, and the systems behind the taps, is started."""
        faces = 4
        first = free_ports(2 * workers + NODES + len(PORTS) + faces)
        hub, node, system, relay = first, first + workers, first + workers + NODES, first + workers + NODES + len(PORTS)
        ledger = relay + workers
        plan = Plan(
            hub_port=hub,
            workers=workers,
            node_port=node,
            ledger_port=ledger,
            audit_port=ledger + 1,
            schemas_port=ledger + 2,
            usages_port=ledger + 3,
            system_port=system,
            people=PEOPLE,
        )
        laid = lay_out(folder, plan, lambda _what, _done: None)
        ground = Ground()
        sample = State(folder, "").sample
        taps = {kind: Tap(ground, kind, sample, port).start() for kind, port in plan.systems.items()}
        relays = [Relay(ground, hub + number, relay + number).start() for number in range(workers)]
        for number in range(workers):
            for file in (laid.hub, *laid.nodes.values()):
                text = file.read_text(encoding="utf-8")
                listen = f'"listen" = "127.0.0.1:{hub + number}"'
                moved = text.replace(f":{hub + number}", f":{relay + number}").replace(
                    f'"listen" = "127.0.0.1:{relay + number}"', listen
                )
                file.write_text(moved, encoding="utf-8")
        for file in (laid.hub, *laid.nodes.values()):
            with file.open("a", encoding="utf-8") as settings:
                settings.write('\n[log]\nformat = "json"\n')
        for file in laid.nodes.values():
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("[link]\n", "[link]\nlongest_wait_seconds = 0.5\n"), encoding="utf-8")
        return cls(folder, ground, plan, laid, taps, relays)

    @property
    def state(self) -> State:
        """Where things lie."""
        return State(self.folder, "ledger.lienthong.test/vn-test")

    @property
    def counter(self) -> AgencySystem:
        """The city's one-stop system."""
        return AgencySystem(self.laid.node_url, read_secret(self.laid.key_file).decode())

    async def start(self) -> None:
        """Start the hub, then the consumer's node and two others; wait until all stand."""
        self.hub()
        for worker in range(self.plan.workers):
            await until(lambda at=worker: self.listens(at))
        for agency in FEW:
            self.node(agency)
        await self.stands(*FEW)

    def hub(self) -> Child:
        """Start the hub with its supervisor."""
        return self._start("hub", "hub", str(self.laid.hub))

    def node(self, agency: str) -> Child:
        """Start one node."""
        return self._start(f"node-{agency}", "node", str(self.laid.nodes[agency]))

    async def listens(self, worker: int) -> bool:
        """Whether a worker takes connections."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.plan.hub_port + worker)
        except OSError:
            return False
        writer.close()
        return True

    async def health(self, worker: int) -> dict[str, Any]:
        """What a worker says of itself to whoever shows a certificate; nothing while it is down."""
        keys = self.state.keys
        context = net.client_context(
            keys.link_certificate(STRANGER), keys.link_key(STRANGER), keys.root.read_text("ascii")
        )
        url = f"https://127.0.0.1:{self.plan.hub_port + worker}/health"
        try:
            async with aiohttp.ClientSession() as session, session.get(url, ssl=context) as answer:
                return dict(await answer.json()) if answer.status == 200 else {}
        except (aiohttp.ClientError, TimeoutError):
            return {}

    async def seen_by(self, worker: int) -> set[str]:
        """The agencies that a worker has links to now."""
        return set((await self.health(worker)).get("agencies", []))

    async def stands(self, *agencies: str) -> None:
        """Wait until these agencies are linked to every worker, and the consumer's node answers."""
        wanted = set(agencies or FEW)

        async def linked() -> bool:
            for name, child in self.children.items():
                assert child.process.poll() is None, f"{name}: {child.text[-2000:]}"
            seen = [await self.seen_by(worker) for worker in range(self.plan.workers)]
            return all(wanted <= one for one in seen)

        await until(linked, within_s=60, every_s=0.1)
        await until(self.answers)

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

    async def ledger(self) -> tools.Shown:
        """What `lienthong ledger show` says."""
        return await asyncio.to_thread(tools.show, self.state.ledger)

    async def ledger_holds(self) -> bool:
        """What `lienthong ledger verify` says."""
        return (await asyncio.to_thread(tools.verify, self.state.ledger, lambda _done, _total: None)).holds

    async def settled(self, size: int) -> bool:
        """Whether the ledger has grown so far, and nothing in it is left open."""
        shown = await self.ledger()
        return shown.head.size >= size and shown.open_asked == 0

    async def command(self, *arguments: str) -> Ended:
        """Run one `lienthong` command to its end."""
        return await asyncio.to_thread(run_command, *arguments)

    async def close(self) -> None:
        """Stop all; nobody may be left."""
        nodes = [child for name, child in self.children.items() if name.startswith("node")]
        others = [child for name, child in self.children.items() if not name.startswith("node")]
        for group in (nodes, others):
            await asyncio.gather(*(asyncio.to_thread(child.stop) for child in group))
        left = self.pids()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        for end in (*self.relays, *self.taps.values()):
            end.close()
        self.ground.close()
        assert not left, left

    def _start(self, name: str, *arguments: str) -> Child:
        if name in self.children:
            self.children[name].process.wait(PATIENCE_S)
        child = Child.start(self.folder / f"{name}.log", *COMMAND, *arguments)
        self.children[name] = child
        return child
