"""The embedded bus on a thread of its own, started once for many tests, with the sample systems beside it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agency_system import AgencySystem
from wires import Ground

from bus.app.embedded import Embedded
from bus.app.prepare import State
from bus.sample.procedures import CONSUMER, CONSUMER_SYSTEM
from config.embedded import EmbeddedSettings, SampleSettings
from schemas.record import Details, Record, decode_details, decode_leaf

PEOPLE = 200


class Recorded(NamedTuple):
    """One record of a ledger, opened."""

    record: Record
    details: Details | None


class EmbeddedNation:
    """The embedded bus in a thread of this process, with the sample systems as processes beside it."""

    def __init__(self, folder: Path, registry: Path | None = None) -> None:
        """`registry`: an authored folder; none takes the sample nation's."""
        self.settings = EmbeddedSettings(
            state_folder=folder,
            registry_source=registry,
            hub_listen="127.0.0.1:0",
            node_listen="127.0.0.1:0",
            ledger_listen="127.0.0.1:0",
            audit_listen="127.0.0.1:0",
            usages_listen="127.0.0.1:0",
            schemas_listen="127.0.0.1:0",
            xroad_listen="127.0.0.1:0",
            sample=SampleSettings(people=PEOPLE),
        )
        self.ground = Ground()
        self._dossiers: dict[str, str] = {}
        self.bus: Embedded = self.ground.run(Embedded.start(self.settings))

    @property
    def state(self) -> State:
        return self.bus.state

    @property
    def node(self) -> str:
        """Where agencies' systems reach the node."""
        return self.bus.addresses.node

    @property
    def key(self) -> str:
        """The API key of the city's one-stop system."""
        return self.state.api_key(CONSUMER, CONSUMER_SYSTEM)

    @property
    def counter(self) -> AgencySystem:
        return AgencySystem(self.node, self.key)

    async def dossier(self, case: str = "birth") -> str:
        """The number of a dossier of this case, opened once and open for good."""
        if case not in self._dossiers:
            self._dossiers[case] = str((await self.counter.open(case)).body["dossier"])
        return self._dossiers[case]

    async def records(self, start: int = 0) -> list[Recorded]:
        """Every record from `start` on."""
        return await self.ground.there(self._records(start))

    async def size(self) -> int:
        return int((await self.ground.there(self.bus.ledger.head())).size)

    async def _records(self, start: int) -> list[Recorded]:
        ledger = self.bus.ledger
        leaves = await ledger.read(start, (await ledger.head()).size)
        opened = [await ledger.details(start + number) for number in range(len(leaves))]
        return [
            Recorded(decode_leaf(leaf), decode_details(kept.details) if kept else None)
            for leaf, kept in zip(leaves, opened, strict=True)
        ]

    def restart(self) -> None:
        """Close everything, and start again on what was kept."""
        self.ground.run(self.bus.close())
        self.bus = self.ground.run(Embedded.start(self.settings))

    def close(self) -> None:
        self.ground.run(self.bus.close())
        self.ground.close()
