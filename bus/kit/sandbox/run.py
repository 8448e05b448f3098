"""A sandbox as a process: from a registry folder to an address.

Promises: nothing is written; everything is checked before it listens. Leaves out the command line (`bus.cli.sandbox`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from aiohttp import web

from bus.access import Principal
from bus.clock import SteadyClock
from bus.kit.sandbox.delays import Delay
from bus.kit.sandbox.face import SandboxFace, desk_of
from bus.kit.sandbox.faults import Rates
from bus.kit.sandbox.refused import SandboxError
from bus.kit.sandbox.shelf import Shelf, snapshot_of
from bus.kit.sandbox.wishes import Wishes

NOBODY: Final = "a000000"
"""Stands for the consumer where none is named: no agreement is looked for."""
MAX_BODY_BYTES: Final = 4 * 1024 * 1024
GRACE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class SandboxParts:
    """What a sandbox is made of.

    Attributes:
        services: ids; none: every service that has schemas.
        consumer: `agency` or `agency/system` whose agreements count; None: whatever the schemas have may be asked.
        faults: name or number of a fault → its share of the questions.
        delay: see `bus.kit.sandbox.delays`.
    """

    folder: Path
    services: tuple[str, ...] = ()
    consumer: str | None = None
    seed: int = 1
    faults: Mapping[str, float] = field(default_factory=dict)
    delay: str = "0"
    listen: str = "127.0.0.1:8590"


class Sandbox:
    """A running sandbox; made by `start`, ended by `close`."""

    def __init__(self, shelf: Shelf, runner: web.AppRunner) -> None:
        self.shelf = shelf
        self._runner = runner

    @classmethod
    async def start(cls, parts: SandboxParts) -> Self:
        """Check everything, then listen.

        Raises:
            SandboxError: a service cannot be served, or a setting is wrong.
            RegistryError, FolderError, RepositoryStateError: the folder is no registry.
        """
        shelf = await asyncio.to_thread(lambda: Shelf(snapshot_of(parts.folder), parts.services, parts.seed))
        agency, _, system = (parts.consumer or NOBODY).partition("/")
        _must_be_known(shelf, parts.consumer, agency, system)
        wishes = Wishes(Rates(parts.faults, parts.seed), Delay(parts.delay, parts.seed))
        desk = desk_of(shelf, wishes, SteadyClock(), agency, agreed=parts.consumer is not None)
        face = SandboxFace(shelf, desk, Principal(agency, system or None), max_body_bytes=MAX_BODY_BYTES)
        runner = web.AppRunner(face.application(), access_log=None, shutdown_timeout=GRACE_S)
        await runner.setup()
        host, _, port = parts.listen.rpartition(":")
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        return cls(shelf, runner)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Stop."""
        await self._runner.cleanup()


def _must_be_known(shelf: Shelf, consumer: str | None, agency: str, system: str) -> None:
    known = shelf.snapshot.agency(agency)
    if consumer is None:
        return
    if known is None:
        raise SandboxError("consumer-unknown", consumer, "the registry has no such agency")
    if system and system not in {one.id for one in known.systems}:
        raise SandboxError("consumer-unknown", consumer, "the agency has no such system")


async def serve(parts: SandboxParts, stop: asyncio.Event, ready: Callable[[Sandbox], None]) -> None:
    """Run until `stop`."""
    sandbox = await Sandbox.start(parts)
    ready(sandbox)
    try:
        await stop.wait()
    finally:
        await sandbox.close()
