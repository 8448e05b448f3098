"""The sandbox as a kind of adapter: behind a real node of a test instance, for a service whose system is not there yet.

Promises: answers as `lienthong sandbox` gives them for the same seed; a service whose answers cannot be made stops the
node's start. Leaves out: headers, which do not travel (faults come by reserved numbers and at a rate), and production,
where settings of this kind are refused (`config.node`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final

from pydantic import Field

from adapters.kind import Kind
from adapters.operation import Settings
from adapters.port import Adapter, Found, PeerError, PeerFault, Probe, Query, Reach
from bus.kit.sandbox.delays import Delay
from bus.kit.sandbox.faults import Rates, as_peer_error
from bus.kit.sandbox.refused import SandboxError
from bus.kit.sandbox.shelf import Shelf
from bus.kit.sandbox.wishes import Wishes
from registry.snapshot import Snapshot
from schemas.problems import ProblemError

KIND: Final = "sandbox"
Registry = Callable[[], Snapshot | None]
"""The node's registry as it stands; None before it has one."""


class SandboxSettings(Settings):
    """What a sandbox behind a node is told."""

    seed: int = 1
    """Same seed and same question, same answer."""
    rates: dict[str, float] = Field(default_factory=dict)
    """Fault → its share of the questions."""
    delay: str = "0"
    """Milliseconds, or a distribution (`bus.kit.sandbox.delays`)."""


class SandboxAdapter(Adapter):
    """Invented answers for one service."""

    kind: ClassVar[str] = KIND

    def __init__(self, service: str, settings: SandboxSettings, registry: Registry) -> None:
        super().__init__(settings.bounds)
        self._service = service
        self._seed = settings.seed
        self._registry = registry
        self._wishes = Wishes(Rates(settings.rates, settings.seed), Delay(settings.delay, settings.seed))
        self._shelf: Shelf | None = None

    @property
    def operations(self) -> frozenset[str]:
        """Those of the service in the registry."""
        return frozenset(served.operation.name for served in self.prepared())

    def prepared(self) -> Shelf:
        """What is served by the registry of now.

        Raises:
            SandboxError: there is no registry yet, or answers of the service cannot be made.
        """
        snapshot = self._registry()
        if snapshot is None:
            raise SandboxError("no-registry", self._service, "the node has no registry yet")
        if self._shelf is None or self._shelf.snapshot is not snapshot:
            self._shelf = Shelf(snapshot, [self._service], self._seed)
        return self._shelf

    async def _ask(self, query: Query) -> Found:
        served = self.prepared().find(self._service, query.operation)
        if served is None:
            raise PeerError(PeerFault.BAD_QUESTION, rule="unknown-operation")
        try:
            read = served.read(dict(query.body))
        except ProblemError as error:
            rule, place = error.problem.rule, error.problem.place
            raise PeerError(PeerFault.BAD_QUESTION, rule=rule, at=place) from None
        wish = self._wishes.next(served.identifiers(read))
        await asyncio.sleep((wish.delay_ms or 0.0) / 1000)
        wished = as_peer_error(wish.fault) if wish.fault else None
        if wished is not None:
            raise wished
        return Found(served.answer(read))

    async def _probe(self) -> Probe:
        return Probe(Reach.REACHABLE, "invented answers")


def kind_for(service: str, registry: Registry) -> Kind[SandboxSettings]:
    """The kind as the node's builder takes it, for one service."""
    return Kind(SandboxSettings, lambda settings, _surroundings: SandboxAdapter(service, settings, registry))
