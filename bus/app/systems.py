"""The sample agencies' systems as processes of their own: started, found, stopped.

Promises: each is a separate server with its own data and port; one that dies at its start is reported with what it
said; all are stopped with us, even if we are killed. Leaves out: what they answer (`bus.sample`).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

import orjson
import structlog

from bus.sample.serve import Kind

log = structlog.get_logger(__name__)
START_S: Final = 20.0
STOP_S: Final = 5.0
ROOT: Final = Path(__file__).resolve().parents[2]


class SystemNotStartedError(Exception):
    """A sample system did not come up; the message holds its own last words."""


class SampleSystems:
    """Running sample systems; made by `start`, ended by `close`."""

    def __init__(self) -> None:
        self.urls: dict[Kind, str] = {}
        self._processes: list[asyncio.subprocess.Process] = []

    @classmethod
    async def start(cls, kinds: Iterable[Kind], data: Path, *, delay_ms: int = 0) -> Self:
        """Start each kind on a free port of the loopback.

        Raises:
            SystemNotStartedError: one of them did not come up.
        """
        systems = cls()
        try:
            await asyncio.gather(*(systems._start(kind, data, delay_ms) for kind in kinds))
        except BaseException:
            await systems.close()
            raise
        return systems

    async def close(self) -> None:
        """Stop them all; one that does not listen is killed."""
        for process in self._processes:
            if process.returncode is None:
                process.terminate()
        for process in self._processes:
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _start(self, kind: Kind, data: Path, delay_ms: int) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "bus.sample", "serve", kind, "--data", str(data), "--port", "0"),
            *("--delay-ms", str(delay_ms), "--parent", str(os.getpid())),
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        self._processes.append(process)
        if process.stdout is None:
            raise SystemNotStartedError(f"{kind}: no output")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_S)
            self.urls[kind] = str(orjson.loads(line)["url"])
        except (TimeoutError, orjson.JSONDecodeError, KeyError) as error:
            raise SystemNotStartedError(f"{kind}: did not come up within {START_S:.0f} s") from error
        log.info("sample-system-listening", kind=kind, url=self.urls[kind])
