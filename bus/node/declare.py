"""Declarations of one agency's dossiers at the hub: sealed, carried, acknowledged under the hub's seal.

Promises: what returns without an error is recorded in the ledger. Leaves out: what is declared (`bus.node.dossier`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from bus import bodies
from bus.blame import blaming, the_hub
from bus.clock import Clock
from bus.directory import Directory
from bus.link.errors import LinkError
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.node.archive import Archive
from bus.node.dossiers import Person
from bus.notary import Judge, Notary
from bus.topics import Topic, read_reply
from registry.model import Form
from schemas.envelope import Declaration, Envelope, GapNote, Kind, Officer, Override, Party
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.sealed import Sealed, pack

LIFETIME_MS: Final = 60_000
TIMEOUT_S: Final = 10.0
_TRIES: Final = 3


class Declarer:
    """Declares for one agency."""

    def __init__(
        self, *, notary: Notary, judge: Judge, directory: Directory, link: NodeLink, archive: Archive, clock: Clock
    ) -> None:
        self._notary = notary
        self._judge = judge
        self._directory = directory
        self._link = link
        self._archive = archive
        self._clock = clock

    async def open(
        self, dossier: str, form: Form, parties: Iterable[Person], officer: Officer, correlation: str
    ) -> None:
        """Declare a dossier open, with its parties.

        Raises:
            ProblemError: as the hub refuses it, or 405.
        """
        await self._declare(
            Declaration(act="open", form=f"{form.id}@{form.version}"),
            dossier,
            form.procedure,
            correlation,
            officer=officer,
            parties=parties,
        )

    async def gaps(
        self, dossier: str, procedure: str, gaps: tuple[GapNote, ...], officer: Officer, correlation: str
    ) -> None:
        """Declare what is left to the citizen, and why."""
        await self._declare(Declaration(act="gaps", gaps=gaps), dossier, procedure, correlation, officer=officer)

    async def override(
        self, dossier: str, procedure: str, overrides: tuple[Override, ...], officer: Officer, correlation: str
    ) -> None:
        """Declare what is asked although it is held, and for which of the four reasons."""
        declaration = Declaration(act="override", overrides=overrides)
        await self._declare(declaration, dossier, procedure, correlation, officer=officer)

    async def close(self, dossier: str, procedure: str, correlation: str) -> None:
        """Declare a dossier closed."""
        await self._declare(Declaration(act="close"), dossier, procedure, correlation)

    async def _declare(
        self,
        declaration: Declaration,
        dossier: str,
        procedure: str,
        correlation: str,
        *,
        officer: Officer | None = None,
        parties: Iterable[Person] = (),
    ) -> None:
        agency = self._notary.agency
        envelope = self._notary.draft(
            Kind.DECLARATION,
            LIFETIME_MS,
            consumer=Party(agency=agency),
            declaration=declaration,
            dossier=dossier,
            procedure=procedure,
            officer=officer,
            subjects=tuple(person.subject(agency) for person in parties),
            correlation=correlation,
        )
        sealed = await self._notary.seal(envelope)
        packed = pack(sealed)
        kept = self._archive.keep(envelope.id, "declaration", packed, ())
        answer, _ = await asyncio.gather(self._carry(Message(Topic.DECLARE, packed)), kept)
        with blaming(the_hub):
            said = self._acknowledged(sealed, answer)
        await self._archive.keep(envelope.id, "status", answer.head, ())
        if said.problem is not None:
            raise ProblemError(said.problem)

    def _acknowledged(self, declared: Sealed, answer: Message) -> Envelope:
        """The operator's word on this very declaration."""
        said = self._judge.open(read_reply(answer.head).sealed, self._clock()).envelope
        if said.sealer != self._directory.snapshot.operator or said.kind not in {Kind.STATUS, Kind.FAULT}:
            raise problem(Code.ANSWER_TO_ANOTHER_QUESTION, rule="status-of-the-operator", place="/sealer")
        if said.in_reply_to is None or said.in_reply_to.sha256 != bodies.digest(declared.envelope):
            raise problem(Code.ANSWER_TO_ANOTHER_QUESTION, rule="in-reply-to", place="/in_reply_to")
        return said

    async def _carry(self, message: Message) -> Message:
        """The same bytes again are recorded once, so a lost link is no reason to give up."""
        for attempt in range(_TRIES):
            try:
                return await self._link.call(message, TIMEOUT_S)
            except LinkError as error:
                if attempt == _TRIES - 1:
                    raise problem(Code.NO_HUB, fault_at=FaultAt.CONSUMER_NODE) from error
        raise problem(Code.NO_HUB, fault_at=FaultAt.CONSUMER_NODE)
