"""A node's asking and declaring without a hub: the gate and the shapes are real, the answers invented, nothing sealed.

Promises: what the real bus would refuse of a question (shape, officer, subjects, assurance, and with a named consumer
the agreement too) is refused here by the same number. Leaves out quotas and seals; a dossier is kept in memory only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from adapters.port import PeerError
from bus.about import must_name_its_subjects
from bus.blame import blaming, the_consumer
from bus.clock import Clock
from bus.gate import Grant, admit, admit_under
from bus.kit.sandbox.dice import fingerprint
from bus.kit.sandbox.faults import HANG, WIRE, Fault, as_error
from bus.kit.sandbox.people import TODAY
from bus.kit.sandbox.served import Served
from bus.kit.sandbox.shelf import Shelf
from bus.kit.sandbox.wishes import Wish, Wishes
from bus.node.ask import Answered, Ask
from bus.node.dossiers import DossierRecord, Person
from bus.node.receipts import Proven
from bus.plain import Body
from bus.problems import of_peer
from registry.model import FOREVER, Agreement, Form
from schemas.envelope import VERSION, Envelope, GapNote, Kind, Officer, Override, Party
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.text import moment

ORIGIN: Final = "sandbox.invalid"
"""Stands where a receipt names its ledger: there is none of this name (RFC 2606), so nothing here proves anything."""
_NEVER: Final = moment(0)
_AS_OF: Final = f"{TODAY.isoformat()}T00:00:00.000Z"
_KEPT: Final = 1_000


class WireFaultError(Exception):
    """The answer to this request is a fault of the wire, named by `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class SandboxAsker:
    """One consumer's questions.

    Args:
        agreed: whether the registry's agreements count; else anything that the schema has may be asked.
    """

    def __init__(self, shelf: Shelf, wishes: Wishes, clock: Clock, agency: str, *, agreed: bool) -> None:
        self._shelf = shelf
        self._wishes = wishes
        self._clock = clock
        self._agency = agency
        self._agreed = agreed

    @property
    def connected(self) -> bool:
        """Always."""
        return True

    @property
    def agency(self) -> str:
        """Whose questions these are."""
        return self._agency

    async def ask(self, ask: Ask) -> Answered:
        """Answer one question.

        1. is it served here, and of its shape  2. the gate  3. the delay and the fault that are wished for
        4. a valid answer of the agreed terms

        Raises:
            ProblemError: as the bus would refuse it, or as was wished for.
            WireFaultError: a fault of the wire was wished for.
        """
        served = self._served(ask)
        read = served.read(dict(ask.body))
        with blaming(the_consumer):
            terms = self._admitted(ask, served).terms
            must_name_its_subjects(self._shelf.snapshot, served.question, read.value, ask.subjects)
        await self._carried_out(self._wishes.next(who.id for who in ask.subjects), ask, served)
        try:
            answer = served.answer(read, ask.subjects, terms)
        except PeerError as error:
            raise ProblemError(of_peer(error)) from None
        return self._answered(served, read, answer)

    def _served(self, ask: Ask) -> Served:
        snapshot = self._shelf.snapshot
        code, _, rest = ask.service.partition("/")
        agency = snapshot.resolve(code, self._clock())
        service = f"{agency.id if agency else code}/{rest}"
        if snapshot.operation(service, ask.operation) is None:
            raise problem(Code.NOT_AGREED, place="/service", fault_at=FaultAt.CONSUMER_NODE)
        served = self._shelf.find(service, ask.operation)
        if served is None:
            raise problem(Code.PROVIDER_NOT_REACHABLE, rule="not-in-this-sandbox", fault_at=FaultAt.PROVIDER_NODE)
        return served

    def _admitted(self, ask: Ask, served: Served) -> Grant:
        snapshot, now_ms, service = self._shelf.snapshot, self._clock(), served.service
        held = snapshot.agreement_for(self._agency, ask.system, service.id, ask.operation, ask.purpose, now_ms)
        basis = ask.basis or (held.basis if held and self._agreed else service.basis)
        question = self._envelope(
            Kind.QUESTION,
            self._agency,
            consumer=Party(agency=self._agency, system=ask.system),
            service=service.id,
            operation=ask.operation,
            purpose=ask.purpose,
            basis=basis,
            procedure=ask.procedure,
            dossier=ask.dossier,
            officer=ask.officer,
            subjects=ask.subjects,
            fields=ask.fields,
        )
        if self._agreed:
            return admit(snapshot, question, now_ms)
        agreement = _anything(self._agency, served, ask.purpose, basis)
        return admit_under(snapshot, question, agreement, service, served.operation, now_ms)

    async def _carried_out(self, wish: Wish, ask: Ask, served: Served) -> None:
        limit_ms = min(ask.timeout_ms, served.operation.timeout_ms)
        delay_ms = wish.delay_ms or 0.0
        fault = wish.fault
        if delay_ms >= limit_ms or (fault is not None and fault.name == HANG):
            delay_ms, fault = limit_ms, Fault("timeout", Code.SYSTEM_TIMEOUT)
        await asyncio.sleep(delay_ms / 1000)
        if fault is not None and fault.name in WIRE:
            raise WireFaultError(fault.name)
        if fault is not None:
            raise as_error(fault)

    def _answered(self, served: Served, read: Body, answer: dict[str, object]) -> Answered:
        data = served.as_read(answer)
        exchange = f"sandbox-{fingerprint([served.service.id, served.operation.name, read.data.decode()])}"
        unsealed = self._envelope(Kind.ANSWER, served.service.agency, as_of=_AS_OF)
        return Answered(exchange, answer, data, unsealed, Proven(ORIGIN, 0, 0, 0, _NEVER, _NEVER, {}))

    def _envelope(self, kind: Kind, sealer: str, **members: object) -> Envelope:
        """An envelope that nobody seals: what the gate and the face read."""
        return Envelope(
            v=VERSION,
            instance=self._shelf.snapshot.instance,
            kind=kind,
            id="",
            created=_NEVER,
            expires=_NEVER,
            sealer=sealer,
            **members,  # type: ignore[arg-type] # read here only
        )


def _anything(consumer: str, served: Served, purpose: str, basis: str) -> Agreement:
    """Stands for the agreement that is still to be concluded: everything that the operation gives."""
    return Agreement(
        id="sandbox",
        consumer=consumer,
        consumer_system=None,
        service=served.service.id,
        operations=frozenset({served.operation.name}),
        purposes=frozenset({purpose}),
        basis=basis,
        terms=served.answer_schema.terms,
        procedures=frozenset(),
        assurance=served.operation.assurance,
        quota=None,
        valid_from_ms=0,
        valid_to_ms=FOREVER,
        state="active",
        opaque_reason=None,
    )


class SandboxDeclarer:
    """Declarations that nobody records."""

    def __init__(self) -> None:
        self._opened: dict[str, None] = {}

    async def open(
        self,
        dossier: str,
        form: Form,  # noqa: ARG002 - as the port has it
        parties: Iterable[Person],  # noqa: ARG002 - the same
        officer: Officer,  # noqa: ARG002 - the same
        correlation: str,  # noqa: ARG002 - the same
    ) -> None:
        """A number is used once."""
        if dossier in self._opened:
            raise problem(Code.DOSSIER_EXISTS, fault_at=FaultAt.HUB)
        self._opened[dossier] = None
        if len(self._opened) > _KEPT:
            del self._opened[next(iter(self._opened))]

    async def gaps(
        self, dossier: str, procedure: str, gaps: tuple[GapNote, ...], officer: Officer, correlation: str
    ) -> None:
        """Nothing to do."""

    async def override(
        self, dossier: str, procedure: str, overrides: tuple[Override, ...], officer: Officer, correlation: str
    ) -> None:
        """Nothing to do."""

    async def close(self, dossier: str, procedure: str, correlation: str) -> None:
        """Nothing to do."""


class SandboxDossiers:
    """Dossiers that live as long as the sandbox, at most a thousand."""

    def __init__(self) -> None:
        self._records: dict[str, DossierRecord] = {}
        self._last = 0

    async def keep(self, record: DossierRecord) -> None:
        """See `bus.node.dossiers.DossierStore`."""
        self._records.pop(record.dossier, None)
        self._records[record.dossier] = record
        if len(self._records) > _KEPT:
            del self._records[next(iter(self._records))]

    async def get(self, dossier: str) -> DossierRecord | None:
        """See `bus.node.dossiers.DossierStore`."""
        return self._records.get(dossier)

    async def new_number(self) -> str:
        """A number that nobody had here."""
        self._last += 1
        return f"SANDBOX-{TODAY:%y%m%d}-{self._last:05d}"
