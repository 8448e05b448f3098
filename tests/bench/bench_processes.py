"""Processes under measurement: started one by one, asked for their processor time, stopped by their id.

Promises: processor time is the kernel's own count of user and system time of the whole process, threads included,
to 10 ms; what was started is stopped, also after a failure.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench_nation import Nation

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
START_S: Final = 40.0
STOP_S: Final = 15.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'lib'}:{HERE}"}


def cpu_us_of(pid: int) -> float:
    """User and system time of a process so far, all threads, in microseconds (proc(5), stat fields 14 and 15)."""
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) * 1e6 / _TICKS


def _busy_us() -> float:
    """Time that all processors have spent on anything (proc(5), /proc/stat: all but idle and waiting for disks)."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) * 1e6 / _TICKS


class Running:
    """One process of ours."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=_ENVIRONMENT, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_us(self) -> float:
        """Its user and system time so far."""
        return cpu_us_of(self.pid)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def must_run(self) -> None:
        """Say what it said, if it has died."""
        if self._process.poll() is not None:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} ended with {self._process.returncode}: {said}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@dataclass
class Others:
    """Whoever else used the machine: so many of its cores, on average."""

    cores: float = 0.0

    def __str__(self) -> str:
        return f"other work took {self.cores:.1f} of {os.cpu_count()} cores meanwhile"


class Bench:
    """The running nation.

    Attributes:
        ledger, worker, counter, provider: its four processes.
    """

    def __init__(self, nation: Nation, place: Path) -> None:
        self.nation = nation
        self._place = place
        self._all: list[Running] = []
        hub, ledger = str(nation.hub), nation.state.folder / "ledger.sock"
        self.ledger = self.start("ledger", *bus("hub", hub, "--part", "ledger"))
        self._until(ledger.exists, self.ledger)
        self.worker = self.start("worker", *bus("hub", hub, "--part", "worker-0"))
        self.provider = self.start("provider", *bus("node", str(nation.provider)))
        self.counter = self.start("counter", *bus("node", str(nation.counter)))
        for node, port in ((self.provider, nation.provider_port), (self.counter, nation.counter_port)):
            self._until(lambda port=port: _healthy(port), node)

    def start(self, name: str, *command: str) -> Running:
        """Start one more process, stopped with the others."""
        one = Running(name, command, self._place / f"{name}.log")
        self._all.append(one)
        return one

    def run(self, script: str, **settings: object) -> dict[str, Any]:
        """Run a generator as a process of its own until it ends; what it measured."""
        return finished(HERE / script, settings)

    @contextmanager
    def watching(self) -> Iterator[Others]:
        """Learn how much of the machine others used while the block ran."""
        others, began = Others(), time.perf_counter()
        busy_us, own_us = _busy_us(), self._own_us()
        yield others
        spent = (_busy_us() - busy_us) - (self._own_us() - own_us)
        others.cores = max(0.0, spent / 1e6 / (time.perf_counter() - began))

    def _own_us(self) -> float:
        """Of everything that was started here, generators included, and of the test itself."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        done_us = sum(one.ru_utime + one.ru_stime for one in used) * 1e6
        return done_us + sum(one.cpu_us() for one in self._all if one.runs)

    def close(self) -> None:
        for one in reversed(self._all):
            one.stop()

    def _until(self, done: Callable[[], object], who: Running) -> None:
        for _ in range(int(START_S / 0.1)):
            who.must_run()
            if done():
                return
            time.sleep(0.1)
        raise RuntimeError(f"{who.name} did not come up within {START_S:.0f} s")


def _healthy(port: int) -> bool:
    """Whether a node's face answers, and its link stands."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def bus(*arguments: str) -> tuple[str, ...]:
    """The command line, as an operator runs it."""
    return (sys.executable, "-P", "-m", "bus", *arguments)


def finished(script: Path, settings: dict[str, object]) -> dict[str, Any]:
    """Run a generator to its end; it reads settings from its first argument and writes JSON."""
    command = [sys.executable, "-P", str(script), json.dumps(settings, default=str)]
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{script.name}: {done.stderr.decode(errors='replace')[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def running(nation: Nation, place: Path) -> Iterator[Bench]:
    """The nation, until the block ends."""
    bench = Bench(nation, place)
    try:
        yield bench
    finally:
        bench.close()
