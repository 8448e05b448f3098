"""The adapter that is the specification: records in memory, asked through the same declarations.

Promises: what every other kind must do, this one does without a system behind it. Records can be
declared with a fault or a delay, so that a sandbox shows each way in which a real system fails.
Leaves out: persistence, and anything a real system would add.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field

from adapters.operation import Courier, Fault, Operation, Settings, Strict, Texts
from adapters.port import Adapter, DeclarationError, Found, PeerError, Probe, Query, Reach
from adapters.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adapters.port import Bounds


class Record(Strict):
    """What the pretended system holds: `when` is compared with the request, `data` is its own form."""

    when: dict[str, str | int | bool] = Field(default_factory=dict)
    data: dict[str, object] | None = None
    fault: Fault | None = None
    code: str | None = None
    """The system's own code: looked up in `faults`, as a real one's would be."""
    delay_s: float = Field(default=0.0, ge=0, strict=False)


class MemoryOperation(Operation):
    """One operation; `match` names the request fields that choose records (all must be equal)."""

    match: Texts = Field(min_length=1)
    records: Annotated[tuple[Record, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] = ()


class MemorySettings(Settings):
    """Settings of kind `memory`."""

    operations: dict[str, MemoryOperation] = Field(min_length=1)


class MemoryAdapter(Adapter):
    """Answers from declared records."""

    kind: ClassVar[str] = "memory"

    def __init__(self, settings: MemorySettings, surroundings: Surroundings | None = None) -> None:
        self._surroundings = surroundings or Surroundings()
        super().__init__(settings.bounds)
        self._settings = settings
        self._operations = settings.operations
        self._couriers = {name: Courier(operation, settings.faults) for name, operation in settings.operations.items()}
        for name, operation in settings.operations.items():
            unknown = set(operation.match) - set(self._couriers[name].targets)
            if unknown:
                raise DeclarationError(f"operations.{name}.match: not in the question: {sorted(unknown)}")

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._operations)

    async def start(self) -> None:
        """Read the secrets that question maps name."""
        for courier in self._couriers.values():
            courier.read_secrets(self._settings, self._surroundings.secrets)

    async def _ask(self, query: Query) -> Found:
        operation, courier = self._operations[query.operation], self._couriers[query.operation]
        request = courier.request(query)
        wanted = {name: request.get(name) for name in operation.match}
        records = [r for r in operation.records if all(r.when.get(n) == v for n, v in wanted.items())]
        for record in records:
            await asyncio.sleep(record.delay_s)
            if record.fault is not None:
                raise PeerError(record.fault, peer_code=record.code)
            if record.code is not None:
                return courier.refused(record.code)
        held = [record.data for record in records if record.data is not None]
        return courier.found(held, query) if held else courier.absent()

    async def _probe(self) -> Probe:
        return Probe(Reach.REACHABLE, "in memory")


class CallableAdapter(Adapter):
    """Answers by plain async functions, one per operation: for code that is itself the system."""

    kind: ClassVar[str] = "callable"

    def __init__(
        self, answers: Mapping[str, Callable[[Query], Awaitable[Found]]], bounds: Bounds | None = None
    ) -> None:
        super().__init__(bounds)
        self._answers = dict(answers)

    @property
    def operations(self) -> frozenset[str]:
        """The operations given."""
        return frozenset(self._answers)

    async def _ask(self, query: Query) -> Found:
        return await self._answers[query.operation](query)

    async def _probe(self) -> Probe:
        return Probe(Reach.REACHABLE, "in this process")
