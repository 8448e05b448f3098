"""A question at the asking node: sealed as its agency, carried over the link, its answer verified end to end.

Promises: the answer's seal is the provider's own and over this very question, whatever the hub says; an answer
without a receipt that opens its leaves is no answer; question, answer and receipt are archived as they came; the same
bytes are sent again only where nothing can happen twice. Leaves out: which questions a dossier needs
(`bus.node.dossier`), who may call (`bus.access`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import orjson

from bus import bodies, shapes
from bus.clock import Clock
from bus.directory import Directory
from bus.link.errors import LinkError, LinkTimeoutError
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.link.session import Session
from bus.node.archive import Archive
from bus.node.parts import PartCarrier
from bus.node.receipts import Promised, Proven, check_receipt, nobody
from bus.notary import Judge, Notary
from bus.replies import check_reply
from bus.topics import Reply, Topic, read_reply
from registry.catalogue import Operation, Service
from registry.model import Agreement
from schemas.envelope import Envelope, Kind, Officer, Party, Subject
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.sealed import Sealed, pack

DEFAULT_TIMEOUT_MS: Final = 10_000
MAX_TRIES: Final = 4
_ELSEWHERE: Final = frozenset({Code.PEER_NOT_ON_THIS_WORKER, Code.TOO_BUSY})


@dataclass(frozen=True, slots=True)
class Ask:
    """What an agency's system asks, in plain words.

    Attributes:
        service: `agency/system/service`, the agency by id or by a code valid today.
        body: the question by the operation's schema.
        purpose: a code of the list `purpose`; `basis` defaults to the agreement's.
        fields: dictionary terms wanted; empty asks for all that is agreed.
        timeout_ms: how long the answer is worth waiting for, at most five minutes.
    """

    service: str
    operation: str
    purpose: str
    body: Mapping[str, object] = field(default_factory=dict, repr=False)
    basis: str | None = None
    procedure: str | None = None
    dossier: str | None = None
    system: str | None = None
    officer: Officer | None = field(default=None, repr=False)
    subjects: tuple[Subject, ...] = field(default=(), repr=False)
    fields: tuple[str, ...] = ()
    correlation: str | None = None
    timeout_ms: int = DEFAULT_TIMEOUT_MS


@dataclass(slots=True)
class _Trail:
    """Where a question has been: workers that cannot, whether some link may have carried it, the last refusal."""

    tried: set[Session] = field(default_factory=set)
    sent: bool = False
    reply: tuple[Message, Session] | None = None


class Answered(NamedTuple):
    """An answer that holds.

    Attributes:
        exchange: the question's id.
        value: the body, parsed.
        answer: the provider's envelope.
        receipt: what the hub's receipt proves.
    """

    exchange: str
    value: object
    answer: Envelope
    receipt: Proven


class Asker:
    """One agency's questions."""

    def __init__(  # noqa: PLR0913 - its parts, by name
        self,
        *,
        notary: Notary,
        directory: Directory,
        judge: Judge,
        link: NodeLink,
        archive: Archive,
        parts: PartCarrier,
        clock: Clock,
        max_body_bytes: int,
        promised: Promised = nobody,
    ) -> None:
        self._parts = parts
        self._promised = promised
        self._notary = notary
        self._directory = directory
        self._judge = judge
        self._link = link
        self._archive = archive
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    @property
    def connected(self) -> bool:
        """Whether any hub worker takes questions now."""
        return bool(self._link.sessions)

    @property
    def agency(self) -> str:
        """Whose questions these are."""
        return self._notary.agency

    async def ask(self, ask: Ask) -> Answered:
        """Ask one question.

        1. draft by the registry, check the question's shape here already
        2. seal and archive
        3. carry it over the link
        4. verify the provider's seal, binding, digests, shape and terms
        5. verify the receipt; archive both

        Raises:
            ProblemError: as sealed by whoever refused, or 4xx of this node.
        """
        question, operation, body = self._draft(ask)
        sealed = await self._notary.seal(question)
        await self._archive.keep(question.id, "question", pack(sealed), (body,))
        message, session = await self._carry(question, sealed, (body,), ask.timeout_ms)
        reply = read_reply(message.head)
        answer, parts = await self._verify(question, sealed, reply, message.parts, session)
        proven = self._receipt(question, sealed, reply)
        await asyncio.gather(*self._kept(question.id, message.head, reply, parts))
        if answer.problem is not None:
            refused = ProblemError(answer.problem)
            refused.exchange = question.id
            raise refused
        if proven is None:
            raise problem(Code.RECORD_NOT_WRITTEN, rule="answer-without-receipt", fault_at=FaultAt.HUB)
        return Answered(question.id, self._value(answer, operation, parts), answer, proven)

    def _kept(
        self, exchange: str, head: bytes, reply: Reply, parts: tuple[bytes, ...]
    ) -> Iterator[Coroutine[None, None, None]]:
        """The reply as it came, and its receipt by itself: that is kept for longer than the reply."""
        yield self._archive.keep(exchange, "reply", head, parts)
        if reply.receipt is not None:
            yield self._archive.keep(exchange, "receipt", pack(reply.receipt), ())

    def _draft(self, ask: Ask) -> tuple[Envelope, Operation, bytes]:
        service, operation = self._find(ask)
        agreement = self._agreement(ask, service)
        body = orjson.dumps(ask.body)
        schema = operation.question
        if schema is not None:
            shapes.must_fit(ask.body, schema, None, Code.QUESTION_SHAPE, FaultAt.CONSUMER_SYSTEM)
        lifetime_ms = min(ask.timeout_ms, operation.timeout_ms)
        question = self._notary.draft(
            Kind.QUESTION,
            lifetime_ms,
            consumer=Party(agency=self.agency, system=ask.system),
            service=service.id,
            operation=operation.name,
            purpose=ask.purpose,
            basis=ask.basis or (agreement.basis if agreement else "none"),
            procedure=ask.procedure,
            dossier=ask.dossier,
            officer=ask.officer,
            subjects=ask.subjects,
            fields=ask.fields,
            schema=shapes.name_of(schema) if schema else "opaque@1",
            parts=(bodies.part_of(body, shapes.JSON),),
            correlation=ask.correlation,
        )
        return question, operation, body

    def _find(self, ask: Ask) -> tuple[Service, Operation]:
        snapshot = self._directory.snapshot
        agency, _, rest = ask.service.partition("/")
        found = snapshot.resolve(agency, self._clock())
        service = snapshot.service(f"{found.id if found else agency}/{rest}")
        operation = service.operation(ask.operation) if service else None
        if service is None or operation is None:
            raise problem(Code.NOT_AGREED, place="/service", fault_at=FaultAt.CONSUMER_NODE)
        return service, operation

    def _agreement(self, ask: Ask, service: Service) -> Agreement | None:
        """Only to fill in the basis; the gate decides at the hub, so that a refusal is recorded there."""
        return self._directory.snapshot.agreement_for(
            self.agency, ask.system, service.id, ask.operation, ask.purpose, self._clock()
        )

    async def _carry(
        self, question: Envelope, sealed: Sealed, data: tuple[bytes, ...], timeout_ms: int
    ) -> tuple[Message, Session]:
        """Send the same bytes until somebody takes them; the hub's unique key makes a second execution impossible."""
        packed = pack(sealed)
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_ms / 1000
        trail = _Trail()
        for attempt in range(MAX_TRIES):
            session = self._worker(trail)
            if session is None or (left := until - loop.time()) <= 0:
                break
            try:
                inline = await self._parts.put(session, question.id, question.parts, data)
                reply = await session.call(Message(Topic.EXCHANGE, packed, inline), left)
            except LinkTimeoutError as error:
                raise problem(Code.DEADLINE_PASSED, fault_at=FaultAt.HUB) from error
            except LinkError as error:
                trail.sent = trail.sent or error.sent
                await asyncio.sleep(min(left, max(error.retry_after_ms / 1000, 0.05 * attempt)))
                continue
            refused = self._refused_by_hub(reply)
            if refused is Code.REPLAYED and trail.sent:
                raise problem(Code.OUTCOME_UNKNOWN, rule="link-lost-after-sending", fault_at=FaultAt.HUB)
            trail.reply = (reply, session)
            if refused not in _ELSEWHERE:
                return reply, session
            trail.tried.add(session)
        if trail.reply is not None:
            return trail.reply
        raise problem(Code.OUTCOME_UNKNOWN if trail.sent else Code.NO_HUB, fault_at=FaultAt.CONSUMER_NODE)

    def _worker(self, trail: _Trail) -> Session | None:
        """The least busy worker that has not said that it cannot."""
        left = [session for session in self._link.sessions if session not in trail.tried]
        return min(left, key=lambda session: session.open_streams[0], default=None)

    def _refused_by_hub(self, reply: Message) -> Code | None:
        """The number of the hub's own sealed refusal, if it is one."""
        envelope = self._judge.open(read_reply(reply.head).sealed, self._clock()).envelope
        if envelope.problem is None or envelope.sealer != self._directory.snapshot.operator:
            return None
        return envelope.problem.code

    async def _verify(
        self, question: Envelope, sealed: Sealed, reply: Reply, inline: Sequence[bytes], session: Session
    ) -> tuple[Envelope, tuple[bytes, ...]]:
        answer = self._judge.open(reply.sealed, self._clock()).envelope
        provider = (question.service or "").partition("/")[0]
        by_hub = {self._directory.snapshot.operator} if answer.kind is Kind.FAULT else set()
        check_reply(answer, question, sealed, frozenset({provider, *by_hub}))
        parts = await self._parts.fetch(session, question.id, answer, inline, self._max_body_bytes)
        bodies.match(answer, parts, self._max_body_bytes)
        return answer, parts

    def _receipt(self, question: Envelope, sealed: Sealed, reply: Reply) -> Proven | None:
        if reply.receipt is None:
            return None
        receipt = self._judge.open(reply.receipt, self._clock()).envelope
        proven = check_receipt(receipt, self._directory.snapshot.operator, question, sealed, reply.sealed)
        if receipt.receipt is not None:
            self._promised(receipt.receipt)
        return proven

    def _value(self, answer: Envelope, operation: Operation, parts: Sequence[bytes]) -> object:
        """The body, valid by the schema of this node's own snapshot."""
        schema = operation.answer
        if schema is None:
            part, data = bodies.body_of(answer, parts)
            return shapes.parse_body(data, part.media_type, FaultAt.PROVIDER_NODE)
        return shapes.read_body(
            answer, parts, schema, terms=None, wrong=Code.ANSWER_SHAPE, fault_at=FaultAt.PROVIDER_NODE
        )
