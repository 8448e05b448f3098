"""How an agency's own systems stand behind its node: each circuit, for the agency's eyes and for `doctor`.

Promises: an adapter that retries an operation which the registry does not call safe is refused; what is told names no
person and no question; the state file is replaced whole at each change, and starts empty with the node.
Leaves out: what opens a circuit (`adapters.breaker`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.breaker import Circuit
from adapters.guard import Standing
from adapters.port import Adapter, DeclarationError
from bus.clock import Clock
from registry.snapshot import Snapshot

STATE_FILE: Final = "circuits.json"


class SystemView(msgspec.Struct, frozen=True):
    """One system behind a service: its circuit, seconds since that changed, failures of late, and counts since start.

    `outcomes` counts answers ("found") and refusals by their reason; `inside` is how many questions are under way.
    """

    service: str
    kind: str
    circuit: str
    seconds: float
    failures: int
    retries: int
    inside: int
    outcomes: dict[str, int]


class CircuitState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One circuit that is not closed."""

    service: str
    circuit: str
    since_ms: int
    failures: int


def must_agree(snapshot: Snapshot, adapters: Mapping[str, Adapter]) -> None:
    """Refuse adapters that would put an operation twice which the registry does not call safe.

    Raises:
        DeclarationError: every such operation.
    """
    mistakes = [
        f"{service}: {name}: retried here, but the registry does not call it safe [unsafe-retry]"
        for service, adapter in adapters.items()
        for name in sorted(adapter.guard.retried)
        if (operation := snapshot.operation(service, name)) is not None and not operation.safe
    ]
    if mistakes:
        raise DeclarationError(*mistakes)


def systems_of(adapters: Mapping[str, Adapter]) -> tuple[SystemView, ...]:
    """How things stand just now."""
    return tuple(_view(service, adapter) for service, adapter in sorted(adapters.items()))


def _view(service: str, adapter: Adapter) -> SystemView:
    standing, tally = adapter.guard.standing, adapter.tally
    return SystemView(
        service=service,
        kind=adapter.kind,
        circuit=standing.circuit.value,
        seconds=round(standing.seconds, 1),
        failures=standing.failures,
        retries=standing.retries,
        inside=tally.inside,
        outcomes=dict(tally.outcomes),
    )


class Circuits:
    """Watches the circuits of a node's adapters and keeps a file of those that are not closed."""

    def __init__(self, file: Path | None, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._open: dict[str, CircuitState] = {}

    def watch(self, adapters: Mapping[str, Adapter]) -> None:
        """Begin: each adapter learns which service it answers for, and tells of each change."""
        for service, adapter in adapters.items():
            adapter.service = service
            adapter.on_circuit = self._told
        self._write()

    def _told(self, service: str, standing: Standing) -> None:
        if standing.circuit is Circuit.CLOSED:
            self._open.pop(service, None)
        else:
            since_ms, circuit = self._clock(), standing.circuit.value
            self._open[service] = CircuitState(service, circuit, since_ms, standing.failures)
        self._write()

    def _write(self) -> None:
        """In place in one step; not durable, for after a power loss every circuit is closed."""
        if self._file is not None:
            beside = self._file.with_name(f".{self._file.name}.new")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(sorted(self._open.values(), key=lambda one: one.service)))
            beside.replace(self._file)


def read_circuits(file: Path) -> tuple[CircuitState, ...] | None:
    """What a node has kept; None where there is nothing readable."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[CircuitState, ...])
    except (OSError, msgspec.DecodeError):
        return None
