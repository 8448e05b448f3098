"""One dossier's questions: asked together within bounds, alternatives as soon as one has failed, until the deadline.

Promises: a slow provider holds up nobody else; what has no answer by the deadline stays without one; only listed
problems become outcomes, anything else is a fault of ours and is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bus.about import holds
from bus.clock import Clock
from bus.directory import Directory
from bus.node.ask import Answered, Ask
from bus.node.dossiers import Person
from bus.node.ports import Asking
from bus.node.subjects import differs
from registry import outcomes
from registry.outcomes import Failed, Found
from registry.procedures import GapReason, Plan
from schemas.envelope import Officer
from schemas.problems import Code, ProblemError

MIN_TIMEOUT_MS: Final = 50

REASONS: Final[Mapping[Code, GapReason]] = {
    Code.NO_MATCH: GapReason.NO_MATCH,
    Code.SEVERAL_MATCHES: GapReason.SEVERAL_MATCHES,
    Code.SYSTEM_BAD_ANSWER: GapReason.BAD_ANSWER,
    Code.ANSWER_SHAPE: GapReason.BAD_ANSWER,
    Code.ANSWER_TO_ANOTHER_QUESTION: GapReason.BAD_ANSWER,
    Code.PROVIDER_NOT_REACHABLE: GapReason.PROVIDER_DOWN,
    Code.PEER_NOT_ON_THIS_WORKER: GapReason.PROVIDER_DOWN,
    Code.TOO_BUSY: GapReason.PROVIDER_DOWN,
    Code.DEADLINE_PASSED: GapReason.PROVIDER_DOWN,
    Code.NO_HUB: GapReason.PROVIDER_DOWN,
    Code.SYSTEM_UNREACHABLE: GapReason.PROVIDER_DOWN,
    Code.SYSTEM_TIMEOUT: GapReason.PROVIDER_DOWN,
    Code.SYSTEM_OVERLOADED: GapReason.PROVIDER_DOWN,
    Code.SYSTEM_FAULT: GapReason.PROVIDER_DOWN,
    Code.ADAPTER_MISSING: GapReason.PROVIDER_DOWN,
    Code.OUTCOME_UNKNOWN: GapReason.OUTCOME_UNKNOWN,
}
"""How a problem reads in a dossier; every other number is a refusal."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What every question of one dossier has in common."""

    dossier: str
    officer: Officer
    correlation: str
    system: str | None
    until_ms: int
    max_parallel: int


@dataclass(slots=True)
class Gathered:
    """What came back: outcomes by the plan's keys, and the answers with their receipts by exchange."""

    outcomes: dict[str, outcomes.Outcome] = field(default_factory=dict)
    answers: dict[str, Answered] = field(default_factory=dict)


class Questions:
    """The questions of one dossier."""

    def __init__(
        self,
        *,
        asker: Asking,
        directory: Directory,
        clock: Clock,
        plan: Plan,
        people: Mapping[str, Person],
        framing: Framing,
    ) -> None:
        self._asker = asker
        self._directory = directory
        self._clock = clock
        self._plan = plan
        self._people = people
        self._framing = framing
        self._gate = asyncio.Semaphore(framing.max_parallel)
        self._wanted = {wanted.key: wanted for need in plan.needs for choice in need.choices for wanted in choice}
        self._asked: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()
        self.gathered = Gathered()

    async def ask_all(self) -> Gathered:
        """Ask until the plan is at its end or the deadline comes."""
        try:
            while self._begin() and (left_s := self._left_ms() / 1000) > 0:
                done, self._running = await asyncio.wait(
                    self._running, timeout=left_s, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
        return self.gathered

    def _begin(self) -> bool:
        """Start what can be asked now; whether anything is under way."""
        for ask in outcomes.next_asks(self._plan, self.gathered.outcomes):
            if self._asked.isdisjoint(ask.serves):
                self._asked.update(ask.serves)
                self._running.add(asyncio.create_task(self._one(ask)))
        return bool(self._running)

    def _left_ms(self) -> int:
        return self._framing.until_ms - self._clock()

    async def _one(self, ask: outcomes.Ask) -> None:
        async with self._gate:
            outcome = await self._put(ask, self._people[ask.role])
        for key in ask.serves:
            self.gathered.outcomes[key] = self._enough(key, ask, outcome)

    async def _put(self, ask: outcomes.Ask, who: Person) -> outcomes.Outcome:
        question = self._question(ask, who)
        try:
            answered = await self._asker.ask(question)
        except ProblemError as error:
            code = error.problem.code
            return Failed(REASONS.get(code, GapReason.REFUSED), error.exchange, int(code))
        self.gathered.answers[answered.exchange] = answered
        operation = self._directory.snapshot.operation(ask.service, ask.operation)
        schema = operation.answer if operation else None
        if schema is not None and differs(schema, answered.data, who.name, who.birth):
            return Failed(GapReason.MISMATCH, answered.exchange)
        return Found(answered.data, answered.exchange)

    def _enough(self, key: str, ask: outcomes.Ask, outcome: outcomes.Outcome) -> outcomes.Outcome:
        """An answer silent on what the evidence consists of shows nothing; where there is a condition, that decides."""
        wanted = self._wanted[key]
        if isinstance(outcome, Failed) or wanted.source is None or wanted.source.condition is not None:
            return outcome
        operation = self._directory.snapshot.operation(ask.service, ask.operation)
        schema = operation.answer if operation else None
        if schema is None or holds(schema, outcome.body, wanted.terms):
            return outcome
        return Failed(GapReason.NO_MATCH, outcome.exchange)

    def _question(self, ask: outcomes.Ask, who: Person) -> Ask:
        facts = {"id": who.id, "name": who.name, "birth": who.birth}
        framing = self._framing
        return Ask(
            service=ask.service,
            operation=ask.operation,
            purpose=self._plan.purpose,
            body=outcomes.fill_question(ask.question, facts),
            basis=ask.agreement.basis,
            procedure=self._plan.procedure.code,
            dossier=framing.dossier,
            system=framing.system,
            officer=framing.officer,
            subjects=(who.subject(self._asker.agency),),
            fields=tuple(sorted(ask.terms)),
            correlation=framing.correlation,
            timeout_ms=max(MIN_TIMEOUT_MS, min(self._left_ms(), ask.timeout_ms)),
        )
