"""The ledger's process killed, out of disk, with a torn write-ahead log, twice at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ledger_kit import record
from ledger_process import files_in
from postgresql_kit import needs_postgresql, own_schema

from bus.ledger import tools
from bus.ledger.client import LedgerClient
from bus.ledger.guard import GuardError
from bus.ledger.port import Append, Appended, LedgerStoppedError, LedgerUnreachableError
from bus.ledger.process import start_ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Coroutine

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "lib" / "ledger_process.py"
ROUNDS = int(os.environ.get("LIENTHONG_TEST_KILLS", "20"))
"""How often the process is killed; `.ci/run` has it killed hundreds of times."""


class Processes:
    """Ledger processes on one folder, one after the other; every one started here is ended here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._all: list[asyncio.subprocess.Process] = []

    async def start(self, *limit: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAM),
            str(self.folder),
            *limit,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._all.append(process)
        await self.says(process, "ready")
        return process

    async def says(self, process: asyncio.subprocess.Process, word: str) -> None:
        assert process.stdout is not None
        lines = []
        async for line in process.stdout:
            lines.append(line.decode().strip())
            if lines[-1] == word:
                return
        pytest.fail(f"it never said {word!r}: {lines}")

    async def close(self) -> None:
        for process in self._all:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    tools.init(files_in(tmp_path))
    made = Processes(tmp_path)
    yield made
    await made.close()


def item(number: int) -> Append:
    return record(number, unique=b"key %d" % number)


async def sound(folder: Path, acknowledged: dict[int, int], numbers: Collection[int], url: str = "") -> None:
    """Each of these records stands once, the acknowledged where they were said to; chain, notes and guard agree."""
    ledger = await start_ledger(files_in(folder, url), cadence_s=3600)
    leaves: list[bytes] = []
    while more := await ledger.read(len(leaves), len(leaves) + 4096):
        leaves += more
    await ledger.close()
    assert sorted(leaves) == sorted(record(number).leaf for number in numbers)
    for number, index in acknowledged.items():
        assert leaves[index] == record(number).leaf
    await whole(folder, url)


async def whole(folder: Path, url: str = "") -> None:
    """The whole log, hashed again: leaves, every checkpoint ever signed, and the guard agree."""
    verified = await asyncio.to_thread(tools.verify, files_in(folder, url))
    assert {finding.step: finding.holds for finding in verified.findings if finding.step != "details"} == {
        "leaves": True,
        "checkpoints": True,
        "guard": True,
    }


class Forked:
    """One ledger process after another, forked from one warm process and killed at a word."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        if self._process is None:
            words = (str(PROGRAM), "--again", str(self.folder), self.url)
            pipe = asyncio.subprocess.PIPE
            env = {**os.environ, "PYTHONPATH": str(ROOT)}
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *words, stdin=pipe, stdout=pipe, env=env
            )
        await self._told("start", "ready")

    async def kill(self) -> None:
        await self._told("kill", "dead")

    async def _told(self, word: str, answer: str) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{word}\n".encode())
        async for line in process.stdout:
            if line.decode().strip() == answer:
                return
        pytest.fail(f"it never said {answer!r}")

    async def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()  # it ends with its input
            await self._process.wait()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
async def forked(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Forked]:
    with own_schema() if request.param == "postgresql" else contextlib.nullcontext("") as url:
        tools.init(files_in(tmp_path, url))
        made = Forked(tmp_path, url)
        yield made
        await made.close()


@pytest.mark.timeout(900)
async def test_killed_again_and_again_it_loses_nothing_and_records_nothing_twice(forked: Forked):
    rounds, acknowledged, enough = ROUNDS // 2 if forked.url else ROUNDS, dict[int, int](), asyncio.Event()
    await forked.start()
    clients = [await LedgerClient.connect(forked.folder / "s", patience_s=60) for _ in range(2)]
    progress = asyncio.Event()

    async def worker(which: int) -> None:
        for number in itertools.count(which, 8):
            if enough.is_set():
                return
            # One key in two: the client must recognise its own record without one, too.
            outcome = await clients[which % 2].append(item(number) if number % 2 else record(number))
            assert isinstance(outcome, Appended), outcome
            acknowledged[number] = outcome.index
            progress.set()

    work = asyncio.gather(*(worker(which) for which in range(8)))
    for _ in range(rounds):
        for _ in range(12):
            progress.clear()
            await first_of(progress.wait(), work)
        await forked.kill()
        await whole(forked.folder, forked.url)
        await forked.start()
    progress.clear()
    await first_of(progress.wait(), work)  # the clients have met the last one
    enough.set()
    await work
    assert max(client.term for client in clients) == 1 + rounds
    for client in clients:
        await client.close()
    await forked.kill()
    await sound(forked.folder, acknowledged, set(acknowledged), forked.url)


async def first_of(wait: Coroutine[None, None, object], work: asyncio.Future[object]) -> None:
    """Wait for a step of the work, or for all of it."""
    step = asyncio.ensure_future(wait)
    await asyncio.wait({step, work}, return_when=asyncio.FIRST_COMPLETED)
    step.cancel()


async def test_with_the_disk_full_it_stops_acknowledges_nothing_and_recovers_by_a_restart(processes: Processes):
    process = await processes.start(str(300 * 1024))
    client = await LedgerClient.connect(processes.folder / "s", patience_s=60)
    acknowledged: dict[int, int] = {}

    async def until_full() -> None:
        for number in range(4000):
            outcome = await client.append(item(number))
            assert isinstance(outcome, Appended)
            acknowledged[number] = outcome.index

    with pytest.raises(LedgerStoppedError):
        await until_full()
    await processes.says(process, "LedgerStoppedError")
    assert await process.wait() == 3
    assert 0 < len(acknowledged) < 4000
    process = await processes.start()
    count = len(acknowledged) + 20
    for number in range(count):
        outcome = await client.append(item(number))
        if isinstance(outcome, Appended):
            acknowledged[number] = outcome.index
    await client.close()
    process.kill()
    await process.wait()
    await sound(processes.folder, acknowledged, range(count))


async def fill_and_kill(processes: Processes, count: int) -> dict[int, int]:
    process = await processes.start()
    client = await LedgerClient.connect(processes.folder / "s", patience_s=60)
    outcomes = [await client.append(item(number)) for number in range(count)]
    while b"\n%d\n" % count not in await client.checkpoint():  # noqa: ASYNC110 - another process publishes
        await asyncio.sleep(0.01)
    await client.close()
    process.kill()
    await process.wait()
    return {number: one.index for number, one in enumerate(outcomes) if isinstance(one, Appended)}


def torn(wal: bytes) -> bytes:
    """A crash in mid-write: half a frame behind the last commit."""
    return wal + wal[-4120:-2000]


def garbage(wal: bytes) -> bytes:
    return wal + os.urandom(5000)


def overwritten(wal: bytes) -> bytes:
    """Old bytes of the file's former life behind the last commit."""
    return wal + wal[32 : 32 + 3 * 4120]


@pytest.mark.parametrize("tear", [torn, garbage, overwritten])
async def test_a_torn_tail_of_the_write_ahead_log_is_passed_over(processes: Processes, tear: Callable[[bytes], bytes]):
    acknowledged = await fill_and_kill(processes, 30)
    rewrite(processes.folder / "ledger.db-wal", tear)
    await sound(processes.folder, acknowledged, range(30))


async def test_a_disk_that_lied_about_its_syncs_is_found_out_by_the_guard(processes: Processes):
    await fill_and_kill(processes, 30)
    rewrite(processes.folder / "ledger.db-wal", lambda wal: wal[: len(wal) // 2])
    with pytest.raises(GuardError, match="30 records were signed"):
        await start_ledger(files_in(processes.folder))


async def test_a_ledger_restored_from_an_old_backup_is_refused(processes: Processes):
    await fill_and_kill(processes, 10)
    old = saved(processes.folder)
    await fill_and_kill(processes, 20)
    restore(processes.folder, old)
    with pytest.raises(GuardError, match="20 records were signed"):
        await start_ledger(files_in(processes.folder))


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def saved(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.glob("ledger.db*")}


def restore(folder: Path, files: dict[Path, bytes]) -> None:
    for path in folder.glob("ledger.db*"):
        path.unlink()
    for path, data in files.items():
        path.write_bytes(data)


async def test_a_second_process_for_the_same_origin_is_refused(processes: Processes):
    first = await processes.start()
    second = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        str(processes.folder),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    out, _ = await second.communicate()
    assert second.returncode == 3
    assert out.decode().split()[-1] == "StoreHeldError"
    client = await LedgerClient.connect(processes.folder / "s")
    assert await client.append(item(0)) == Appended(0)  # the first serves on
    first.send_signal(signal.SIGKILL)
    await first.wait()
    await processes.start()
    assert await client.append(item(1)) == Appended(1)
    assert client.term == 2
    await client.close()


async def test_nobody_at_the_socket_is_told_within_the_patience(tmp_path: Path):
    with pytest.raises(LedgerUnreachableError):
        await LedgerClient.connect(tmp_path / "s", patience_s=0.05)
