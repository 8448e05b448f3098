"""The registry of schemas put together: tables, comparison processes, keys, face.

Promises: it stands by itself or beside a hub; tables are made where they are missing; with a ledger no change is
answered before it is recorded there. Leaves out: settings of a hub (`bus.app.schemas_process`).
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import structlog
from aiohttp import web

from bus.app.hub import listen_on, port_of
from bus.app.lasting import lasting
from bus.audit.indexer import Shelf
from bus.clock import Clock
from bus.http.registry import RegistryFace
from bus.ledger.port import Ledger
from bus.registration.access import Registrants
from bus.registration.changes import Recorder
from bus.registration.judge import Judge
from bus.registration.named import NamedVersions
from bus.registration.pool import Limits, Pool
from bus.registration.registry import Registry
from bus.registration.store import create_registration
from bus.registration.worker import FORMATS
from bus.registration.writer import Writer
from registry.registered.names import Subject

log = structlog.get_logger(__name__)
GRACE_S = 5.0
GOVERNED = ".gov"


def nothing_named(_subject: Subject, _version: int) -> bool:
    """Where there is no ledger, no record names a version."""
    return False


@dataclass(frozen=True, slots=True)
class SchemasParts:
    """What the registry of schemas is made of.

    Attributes:
        store_url: its tables, `sqlite:///path` or `postgresql://…`.
        registrants: the file of keys.
        listen: host:port; port 0 takes any.
        operator: the agency that runs it.
        name: its name in the ledger's records.
        ledger: where changes are recorded; None keeps them in the list of changes alone.
        governed: the context whose schemas services use.
        formats: where the comparison processes find the formats; tests name their own.
        tls: none where a proxy before it ends TLS, or on loopback.
        shelf: the ledger's records, in which named versions are looked up; closed with it. None: no record names one.
    """

    store_url: str
    registrants: Path
    listen: str
    operator: str
    clock: Clock
    name: str = "schemas"
    ledger: Ledger | None = None
    governed: str | None = GOVERNED
    limits: Limits = field(default_factory=Limits)
    formats: str = FORMATS
    tls: ssl.SSLContext | None = None
    shelf: Shelf | None = None


class Schemas:
    """The running registry of schemas; made by `start`, ended by `close`."""

    def __init__(
        self,
        parts: SchemasParts,
        registry: Registry,
        pool: Pool,
        registrants: Registrants,
        named: NamedVersions | None,
    ) -> None:
        self.registry = registry
        self._pool = pool
        self._named = named
        self._runner = web.AppRunner(
            RegistryFace(registry, registrants).application(), access_log=None, shutdown_timeout=GRACE_S
        )
        self._tasks = [
            lasting(registrants.watch, "registrants-watch"),
            lasting(lambda: registry.known.watch(registry.store.generation), "known-watch"),
        ]
        if named is not None:
            self._tasks.append(lasting(named.watch, "named-versions"))
        self._host = parts.listen.rpartition(":")[0]
        self._scheme = "https" if parts.tls else "http"
        self._port = 0

    @classmethod
    async def start(cls, parts: SchemasParts) -> Self:
        """Open, start the comparison processes, record what a crash left unrecorded, listen.

        Raises:
            StoreError, SecretError, ConfigError: something it needs is missing or not usable.
            OSError: the address is taken.
        """
        registrants = await asyncio.to_thread(Registrants, parts.registrants)
        await asyncio.to_thread(create_registration, parts.store_url)
        store = await asyncio.to_thread(Writer, parts.store_url)
        pool = await Pool.start(parts.limits, parts.formats)
        recorder = Recorder(store, parts.ledger, parts.name, parts.operator, parts.clock)
        judge = Judge(store, pool)
        named = None if parts.shelf is None else NamedVersions(store, parts.shelf, parts.governed)
        by_ledger = nothing_named if named is None else named.named
        registry = Registry(store, judge, recorder, parts.clock, parts.governed, by_ledger)
        schemas = cls(parts, registry, pool, registrants, named)
        try:
            await recorder.record()
            await schemas._listen(parts)
        except BaseException:
            await schemas.close()
            raise
        log.info("schemas-listening", url=schemas.address)
        return schemas

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"{self._scheme}://{self._host}:{self._port}"

    async def close(self) -> None:
        """Finish what is under way, and stop."""
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pool.close()
        if self._named is not None:
            await asyncio.to_thread(self._named.close)
        await asyncio.to_thread(self.registry.store.close)

    async def _listen(self, parts: SchemasParts) -> None:
        await self._runner.setup()
        listener = listen_on(parts.listen)
        self._port = port_of(listener)
        await web.SockSite(self._runner, listener, ssl_context=parts.tls).start()
