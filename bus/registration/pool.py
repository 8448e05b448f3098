"""The comparison processes: started, asked, killed when they take too long, started again.

Promises: a job ends within its time, whatever a schema does: with what came of it, or with the reason why nothing did;
jobs on one subject go to one process, which still has that subject's schemas read; more jobs than the queue holds are
refused at once. Leaves out: what a job means (`bus.registration.judge`).
"""

from __future__ import annotations

import asyncio
import os
import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec
import structlog

from bus.registration.jobs import LENGTH_BYTES, MAX_FRAME_BYTES, Done, Job, Source, framed, read_done
from bus.registration.worker import FORMATS

log = structlog.get_logger(__name__)
START_S: Final = 60.0
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much comparing may take.

    Attributes:
        processes: how many jobs at once.
        job_seconds: wall-clock time of one job; over it the process is killed.
        memory_bytes: address space of one process.
        waiting: jobs that may wait for a process.
        eager: start the processes at once, and fail where they cannot run; else each with its first job.
    """

    processes: int = 2
    job_seconds: float = 10.0
    memory_bytes: int = 1 << 30
    waiting: int = 64
    eager: bool = True


class JobLostError(Exception):
    """A job took too long or ended its process; `rule` says which: `time-spent`, `process-died`."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule: Final = rule


class BusyError(Exception):
    """Too many jobs wait; the same one may be taken later."""


class PoolError(Exception):
    """The comparison processes cannot run here."""


class Pool:
    """Processes for comparing; made by `start`, ended by `close`."""

    def __init__(self, limits: Limits, formats: str = FORMATS) -> None:
        self._limits = limits
        self._processes = [_Process(limits, formats) for _ in range(limits.processes)]
        self._waiting = 0

    @classmethod
    async def start(cls, limits: Limits, formats: str = FORMATS) -> Self:
        """Start every process, where it is to be eager.

        Raises:
            PoolError: they cannot run here.
        """
        pool = cls(limits, formats)
        if limits.eager:
            await asyncio.gather(*(process.start() for process in pool._processes))
        return pool

    async def do(self, subject: str, job: Job) -> Done:
        """Have a job done; `job.sources` names every schema.

        Raises:
            JobLostError: nothing came of it.
            BusyError: too many wait.
        """
        if self._waiting >= self._limits.waiting:
            raise BusyError("too many comparisons wait")
        self._waiting += 1
        try:
            return await self._choose(subject).do(job)
        finally:
            self._waiting -= 1

    def _choose(self, subject: str) -> _Process:
        own = self._processes[zlib.crc32(subject.encode()) % len(self._processes)]
        if not own.lock.locked():
            return own
        return next((process for process in self._processes if not process.lock.locked()), own)

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(process.end() for process in self._processes))


class _Process:
    """One process and what it has read."""

    def __init__(self, limits: Limits, formats: str) -> None:
        self._limits = limits
        self._formats = formats
        self._process: asyncio.subprocess.Process | None = None
        self._has: set[str] = set()
        self.lock = asyncio.Lock()

    async def start(self) -> None:
        self._has = set()
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-B", "-m", "bus.registration.worker"),
            *("--memory", str(self._limits.memory_bytes), "--formats", self._formats, "--parent", str(os.getpid())),
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, sys.path)))},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(START_S):
                await _answer(process)
        except (TimeoutError, OSError, EOFError, msgspec.DecodeError):
            await self.end()
            raise PoolError("a comparison process does not start; its own message says why") from None

    async def do(self, job: Job) -> Done:
        async with self.lock:
            if self._process is None or self._process.returncode is not None:
                await self.start()
            try:
                async with asyncio.timeout(self._limits.job_seconds):
                    done = await self._done(job)
            except TimeoutError:
                log.warning("comparison-killed", seconds=self._limits.job_seconds)
                await self.end()
                raise JobLostError("time-spent") from None
            except (OSError, EOFError, msgspec.DecodeError):
                log.warning("comparison-died")
                await self.end()
                raise JobLostError("process-died") from None
            except BaseException:
                await self.end()  # an answer that nobody waits for must not be the next one's
                raise
            if done.worn:
                await self.end()
            return done

    async def _done(self, job: Job) -> Done:
        sources = {key: source for key, source in job.sources.items() if key not in self._has}
        done = await self._asked(job, sources)
        if done.missing:
            done = await self._asked(job, sources | {key: job.sources[key] for key in done.missing})
        self._has.update(job.sources)
        return done

    async def _asked(self, job: Job, sources: dict[str, Source]) -> Done:
        process = self._process
        if process is None or process.stdin is None:
            raise OSError("a process without pipes")
        process.stdin.write(framed(msgspec.structs.replace(job, sources=sources)))
        await process.stdin.drain()
        return await _answer(process)

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _answer(process: asyncio.subprocess.Process) -> Done:
    """The next frame of a process.

    Raises:
        OSError, EOFError, msgspec.DecodeError: it sent none.
    """
    if process.stdout is None:
        raise OSError("a process without pipes")
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
    if length > MAX_FRAME_BYTES:
        raise OSError("an answer over its limit")
    return read_done(await process.stdout.readexactly(length))
