"""A dossier at the asking node: guard its form, declare it, ask whoever holds its papers, say what is left.

Promises: nothing is asked of the citizen that an agency holds, unless one of four declared reasons lets it; every
requirement ends as evidence with a receipt or as a gap with a reason; a partial result is a result; opening, gaps,
overrides and closing are declared at the hub, sealed. Leaves out: the plan (`registry.procedures`), the guard's rule
(`registry.guard`), putting the questions (`bus.node.questions`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from bus.clock import Clock
from bus.directory import Directory
from bus.node.dossiers import DossierRecord, DossierStore, Person
from bus.node.lines import lines_of
from bus.node.ports import Asking, Declaring
from bus.node.questions import Framing, Questions
from registry import procedures
from registry.guard import Finding, GuardVerdict, Override, check_fields, check_form
from registry.model import Field, Form
from registry.outcomes import conclude
from registry.procedures import Plan, PlanError
from schemas.envelope import GapNote, Officer
from schemas.envelope import Override as DeclaredOverride
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.text import Bilingual, moment

MARGIN_MS: Final = 250
"""What is kept of the deadline for declaring the gaps after the last answer."""


class GuardRefusedError(ProblemError):
    """A form or supplement asks for what is held; `verdict` says who holds each field."""

    def __init__(self, verdict: GuardVerdict, why: ProblemError) -> None:
        super().__init__(why.problem)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Opening:
    """What a counter says when it opens a dossier.

    Attributes:
        form: `form@version` as registered.
        overrides: field → one of the four reasons.
        jurisdiction: the code whose providers count, where it is not the agency's own.
    """

    form: str
    dossier: str
    parties: tuple[Person, ...] = field(repr=False)
    officer: Officer = field(repr=False)
    correlation: str
    system: str | None = None
    jurisdiction: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    timeout_ms: int = 15_000


class Dossiers:
    """One agency's dossiers."""

    def __init__(
        self,
        *,
        asker: Asking,
        declarer: Declaring,
        store: DossierStore,
        directory: Directory,
        clock: Clock,
        max_parallel: int = 16,
    ) -> None:
        self._asker = asker
        self._declarer = declarer
        self._store = store
        self._directory = directory
        self._clock = clock
        self._max_parallel = max_parallel

    async def resolve(self, opening: Opening) -> DossierRecord:
        """Open and resolve one dossier.

        1. the form is registered, and passes the guard
        2. the plan follows from the registry
        3. the dossier is declared open with its parties, and whatever passed the guard by a declared reason
        4. every question that can be asked is asked
        5. the result is kept; what is left is declared

        Raises:
            GuardRefusedError: 702, with who holds what.
            ProblemError: 701, 703, 706, 707, or whatever the hub refuses of a declaration.
        """
        started_ms = self._clock()
        form = self._form(opening.form)
        guarded = self._guard(form, opening)
        plan = self._plan(form, opening)
        overrides = _declared(guarded)
        who = (opening.officer, opening.correlation)
        await self._declarer.open(opening.dossier, form, opening.parties, *who)
        if overrides:
            await self._declarer.override(opening.dossier, form.procedure, overrides, *who)
        record = await self._gather(opening, form, plan, overrides, started_ms)
        gaps = tuple(GapNote(requirement=line.requirement, reason=line.reason) for line in record.lines if line.reason)
        declaring = [self._declarer.gaps(opening.dossier, form.procedure, gaps, *who)] if gaps else []
        # Side by side, and both to their end: what was found must not be lost with a link.
        ended = await asyncio.gather(self._store.keep(record), *declaring, return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error
        return record

    async def show(self, dossier: str) -> DossierRecord:
        """A dossier as it stands.

        Raises:
            ProblemError: 704.
        """
        record = await self._store.get(dossier)
        if record is None:
            raise problem(Code.DOSSIER_UNKNOWN, fault_at=FaultAt.CONSUMER_SYSTEM)
        return record

    async def supplement(
        self, dossier: str, fields: tuple[Field, ...], reasons: Mapping[str, str], officer: Officer, correlation: str
    ) -> GuardVerdict:
        """Judge a request for more from the citizen: the same guard as a form.

        Raises:
            GuardRefusedError: 702.
            ProblemError: 703, 704, 705.
        """
        record = await self._still_open(dossier)
        declared = {name: Override(reason) for name, reason in reasons.items()}
        snapshot, now_ms = self._directory.snapshot, self._clock()
        verdict = check_fields(snapshot, record.procedure, fields, self._asker.agency, now_ms, declared)
        _must_pass(verdict)
        overrides = _declared(verdict)
        if overrides:
            await self._declarer.override(dossier, record.procedure, overrides, officer, correlation)
            said = tuple((one.field, one.reason) for one in overrides)
            await self._store.keep(msgspec.structs.replace(record, overrides=record.overrides + said))
        return verdict

    async def close(self, dossier: str, correlation: str) -> DossierRecord:
        """Close a dossier: from now on nothing may be asked for it.

        Raises:
            ProblemError: 704, 705.
        """
        record = await self._still_open(dossier)
        await self._declarer.close(dossier, record.procedure, correlation)
        closed = msgspec.structs.replace(record, state="closed")
        await self._store.keep(closed)
        return closed

    async def _still_open(self, dossier: str) -> DossierRecord:
        record = await self.show(dossier)
        if record.state != "open":
            raise problem(Code.DOSSIER_CLOSED, fault_at=FaultAt.CONSUMER_SYSTEM)
        return record

    def _form(self, name: str) -> Form:
        form_id, _, version = name.partition("@")
        form = self._directory.snapshot.form(form_id, int(version)) if version.isdecimal() else None
        if form is None:
            raise problem(Code.FORM_UNKNOWN, place="/form", fault_at=FaultAt.CONSUMER_SYSTEM)
        return form

    def _guard(self, form: Form, opening: Opening) -> GuardVerdict:
        reasons = {name: Override(reason) for name, reason in opening.overrides.items()}
        verdict = check_form(self._directory.snapshot, form, self._asker.agency, self._clock(), reasons)
        _must_pass(verdict)
        return verdict

    def _plan(self, form: Form, opening: Opening) -> Plan:
        try:
            return procedures.plan(
                self._directory.snapshot,
                form.procedure,
                {party.role for party in opening.parties},
                self._asker.agency,
                self._clock(),
                consumer_system=opening.system,
                place=opening.jurisdiction,
            )
        except PlanError as error:
            names = ", ".join(error.names)
            raise problem(Code.ROLE_MISSING, rule=error.rule, place="/parties", role=names) from error

    async def _gather(
        self, opening: Opening, form: Form, plan: Plan, overrides: tuple[DeclaredOverride, ...], started_ms: int
    ) -> DossierRecord:
        framing = Framing(
            dossier=opening.dossier,
            officer=opening.officer,
            correlation=opening.correlation,
            system=opening.system,
            until_ms=started_ms + opening.timeout_ms - MARGIN_MS,
            max_parallel=self._max_parallel,
        )
        gathered = await Questions(
            asker=self._asker,
            directory=self._directory,
            clock=self._clock,
            plan=plan,
            people={party.role: party for party in opening.parties},
            framing=framing,
        ).ask_all()
        return DossierRecord(
            dossier=opening.dossier,
            agency=self._asker.agency,
            form=opening.form,
            procedure=form.procedure,
            procedure_name=Bilingual(vi=plan.procedure.name.vi, en=plan.procedure.name.en),
            state="open",
            opened_at=moment(started_ms),
            took_ms=self._clock() - started_ms,
            lines=lines_of(self._directory.snapshot, conclude(plan, gathered.outcomes), gathered.answers),
            overrides=tuple((one.field, one.reason) for one in overrides),
        )


def _declared(verdict: GuardVerdict) -> tuple[DeclaredOverride, ...]:
    return tuple(
        DeclaredOverride(field=one.field, reason=one.override.reason)  # type: ignore[arg-type] # one of the four, judged
        for one in verdict.overridden
        if one.override is not None
    )


def _must_pass(verdict: GuardVerdict) -> None:
    """Refuse what the guard refuses.

    Raises:
        GuardRefusedError: 702. ProblemError: 703, a reason that is none of the four, or for a field not asked.
    """
    if verdict.strays:
        raise problem(Code.OVERRIDE_REASON, rule="override-of-an-asked-field", place="/overrides")
    if any(one.override is not None for one in verdict.refused):
        raise problem(Code.OVERRIDE_REASON, rule="one-of-four-reasons", place="/overrides")
    unbound = next((one.field for one in verdict.refused if one.finding is Finding.UNBOUND), None)
    if unbound is not None:
        raise problem(Code.FIELD_NOT_BOUND, rule="term", fault_at=FaultAt.CONSUMER_SYSTEM, field=unbound)
    if not verdict.passed:
        why = problem(Code.FORM_ASKS_WHAT_IS_HELD, rule="278/2025/NĐ-CP", fault_at=FaultAt.CONSUMER_SYSTEM)
        raise GuardRefusedError(verdict, why)
