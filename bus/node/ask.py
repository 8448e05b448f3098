"""A question at the asking node: sealed as its agency, carried over the link, its answer verified end to end.

Promises: the answer's seal is the provider's own and over this very question, whatever the hub says; an answer
without a receipt that opens its leaves is no answer; question, answer and receipt are archived as they came; the same
bytes are sent again only where nothing can happen twice. Leaves out: which questions a dossier needs
(`bus.node.dossier`), who may call (`bus.access`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import structlog

from bus import bodies, plain, shapes
from bus.about import is_about
from bus.blame import blaming, the_hub
from bus.clock import Clock
from bus.directory import Directory
from bus.link.errors import LinkError, LinkTimeoutError
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.link.session import Session
from bus.node.archive import Archive
from bus.node.parts import PartCarrier
from bus.node.receipts import Exchanged, Promised, Proven, check_receipt, nobody
from bus.notary import Judge, Notary
from bus.plain import Body
from bus.replies import check_reply
from bus.topics import Reply, Topic, read_reply
from registry.catalogue import Operation, Service
from registry.model import Agreement
from schemas.envelope import Envelope, Kind, Officer, Party, Subject
from schemas.parts import Carried
from schemas.problems import Code, FaultAt, Problem, ProblemError, problem
from schemas.sealed import Sealed, pack

log = structlog.get_logger(__name__)
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
        parts: to an X-Road service, instead of `body`: the body first, X-Road's own message beside it.
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
    parts: tuple[Carried, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class _Trail:
    """Where a question has been: workers that cannot, whether some link may have carried it, the last refusal."""

    tried: set[Session] = field(default_factory=set)
    sent: bool = False
    reply: tuple[Message, Session] | None = None
    refused: Code | None = None

    def given_up(self) -> tuple[Message, Session]:
        """The sealed refusal that stands at the end of it, when no worker took the question.

        Raises:
            ProblemError: this node's own, where no refusal says it.
        """
        if self.sent:  # whatever others say: a link that was lost may have carried it
            raise problem(Code.OUTCOME_UNKNOWN, fault_at=FaultAt.CONSUMER_NODE)
        if self.reply is None:
            raise problem(Code.NO_HUB, fault_at=FaultAt.CONSUMER_NODE)
        if self.refused is Code.PEER_NOT_ON_THIS_WORKER:
            # Each worker speaks for itself; all of them together have said that the provider is not there.
            raise problem(Code.PROVIDER_NOT_REACHABLE, rule="on-no-worker", fault_at=FaultAt.PROVIDER_NODE)
        return self.reply


class _Put(NamedTuple):
    """A question as it is put: its body as sealed, and the terms that its answer may hold (None: not known here)."""

    question: Envelope
    service: Service
    operation: Operation
    body: Body
    beside: tuple[Carried, ...]
    terms: frozenset[str] | None

    @property
    def data(self) -> tuple[bytes, ...]:
        """The bytes of every part."""
        return (self.body.data, *(one.data for one in self.beside))


class Answered(NamedTuple):
    """An answer that holds.

    Attributes:
        exchange: the question's id.
        value: the body as an agency's system gets it (`bus.plain`).
        data: the body as schemas read it: JSON values, an XML element, or bytes.
        answer: the provider's envelope.
        receipt: what the hub's receipt proves.
        parts: the answer's parts as they travelled, the body first.
    """

    exchange: str
    value: Mapping[str, object]
    data: object
    answer: Envelope
    receipt: Proven
    parts: tuple[Carried, ...] = ()


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
        2. seal and archive: durable before it leaves where the operation is not safe, else before anybody hears of it
        3. carry it over the link
        4. verify the provider's seal, binding, digests, shape and terms
        5. verify the receipt; archive both

        Raises:
            ProblemError: as sealed by whoever refused, or 4xx of this node.
        """
        started = asyncio.get_running_loop().time()
        put = self._draft(ask)
        try:
            return await self._put(put, ask.timeout_ms)
        except ProblemError as error:
            # A lost link may have swallowed the answer; asking for data once more, as a second exchange, harms nobody.
            if error.problem.code is not Code.OUTCOME_UNKNOWN or not put.operation.safe:
                raise
            left_ms = ask.timeout_ms - round((asyncio.get_running_loop().time() - started) * 1000)
            if left_ms <= 0 or not self.connected:
                raise
            return await self._put(self._draft(replace(ask, timeout_ms=left_ms)), left_ms)

    async def _put(self, put: _Put, timeout_ms: int) -> Answered:
        """②③④⑤ for one question as drafted."""
        sealed = await self._notary.seal(put.question)
        exchange = put.question.id
        keeping = asyncio.create_task(self._archive.keep(exchange, "question", pack(sealed), put.data))
        try:
            if not put.operation.safe:
                await asyncio.shield(keeping)
            message, session = await self._carry(put, sealed, timeout_ms)
            await asyncio.shield(keeping)
            return await self._receive(put, sealed, message, session)
        except ProblemError as error:
            await asyncio.shield(keeping)
            error.exchange = exchange
            raise

    async def _receive(self, put: _Put, sealed: Sealed, message: Message, session: Session) -> Answered:
        """④⑤ What does not hold is kept as it came: it is evidence against whoever handed it over."""
        question, parts = put.question, message.parts
        try:
            with blaming(the_hub):
                reply = read_reply(message.head)
                answer, parts = await self._verify(question, sealed, reply, message.parts, session)
                proven = self._receipt(Exchanged(question, sealed, answer, reply.sealed), reply.receipt)
                shown = self._shown(put, answer, parts) if answer.problem is None else None
        except ProblemError as error:
            await self._archive.keep(question.id, "reply-refused", message.head, parts)
            log.warning("reply-does-not-hold", exchange=question.id, reason=str(error), rule=error.problem.rule)
            raise
        await asyncio.gather(*self._kept(question.id, message.head, reply, parts))
        if answer.problem is not None or shown is None:
            raise ProblemError(answer.problem or Problem(code=Code.INTERNAL))
        if proven is None:
            raise problem(Code.RECORD_NOT_WRITTEN, rule="answer-without-receipt", fault_at=FaultAt.HUB)
        came = bodies.named(answer.parts, parts)
        value = {} if put.beside else plain.shown(shown)  # X-Road's callers read the parts
        return Answered(question.id, value, shown.value, answer, proven, came)

    def _kept(
        self, exchange: str, head: bytes, reply: Reply, parts: tuple[bytes, ...]
    ) -> Iterator[Coroutine[None, None, None]]:
        """The reply as it came, and its receipt by itself: that is kept for longer than the reply."""
        yield self._archive.keep(exchange, "reply", head, parts)
        if reply.receipt is not None:
            yield self._archive.keep(exchange, "receipt", pack(reply.receipt), ())

    def _draft(self, ask: Ask) -> _Put:
        service, operation = self._find(ask)
        agreement = self._agreement(ask, service)
        schema, where = operation.question, FaultAt.CONSUMER_SYSTEM
        body = plain.came(ask.parts[0], schema, where) if ask.parts else plain.read(ask.body, schema, where)
        if schema is not None:
            shapes.must_fit(body.value, schema, None, Code.QUESTION_SHAPE, where)
        question = self._notary.draft(
            Kind.QUESTION,
            min(ask.timeout_ms, operation.timeout_ms),
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
            schema=shapes.name_of(schema) if schema else shapes.OPAQUE,
            parts=(bodies.part_of(body.data, body.media_type), *map(bodies.part_named, ask.parts[1:])),
            correlation=ask.correlation,
        )
        terms = frozenset(ask.fields) or (agreement.terms if agreement else None)
        return _Put(question, service, operation, body, ask.parts[1:], terms)

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
        """Only to fill in the basis; the gate decides at the hub, so that a refusal is recorded there.

        Where none holds now, one that held or will hold: so the refusal says what has become of it, also while hub and
        node still differ by one version.
        """
        snapshot, agency, operation = self._directory.snapshot, self.agency, ask.operation
        holds = snapshot.agreement_for(agency, ask.system, service.id, operation, ask.purpose, self._clock())
        others = (one for one in snapshot.agreements_between(agency, service.id) if operation in one.operations)
        return holds or next(others, None)

    async def _carry(self, put: _Put, sealed: Sealed, timeout_ms: int) -> tuple[Message, Session]:
        """Send the same bytes until somebody takes them; the hub's unique key makes a second execution impossible."""
        question, packed = put.question, pack(sealed)
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_ms / 1000
        trail = _Trail()
        for attempt in range(MAX_TRIES):
            session = self._worker(trail)
            if session is None or (left := until - loop.time()) <= 0:
                break
            try:
                inline = await self._parts.put(session, question.id, question.parts, put.data)
                reply = await session.call(Message(Topic.EXCHANGE, packed, inline), left)
            except LinkTimeoutError as error:
                code = Code.DEADLINE_PASSED if put.operation.safe else Code.OUTCOME_UNKNOWN
                raise problem(code, rule="deadline", fault_at=FaultAt.HUB) from error
            except LinkError as error:
                trail.sent = trail.sent or error.sent
                await asyncio.sleep(min(left, max(error.retry_after_ms / 1000, 0.05 * attempt)))
                continue
            refused = self._refused_by_hub(reply)
            if refused is Code.REPLAYED and trail.sent:
                raise problem(Code.OUTCOME_UNKNOWN, rule="link-lost-after-sending", fault_at=FaultAt.HUB)
            if refused not in _ELSEWHERE:
                return reply, session
            if trail.refused is not Code.TOO_BUSY:  # a worker that is busy has not said that the provider is not there
                trail.reply, trail.refused = (reply, session), refused
            trail.tried.add(session)
        return trail.given_up()

    def _worker(self, trail: _Trail) -> Session | None:
        """The least busy worker that has not said that it cannot."""
        left = [session for session in self._link.sessions if session not in trail.tried]
        return min(left, key=lambda session: session.open_streams[0], default=None)

    def _refused_by_hub(self, reply: Message) -> Code | None:
        """The number of the hub's own sealed refusal, if it is one; what does not hold is judged on receipt."""
        if reply.parts:  # no fault has any
            return None
        try:
            envelope = self._judge.open(read_reply(reply.head).sealed, self._clock()).envelope
        except ProblemError:
            return None
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

    def _receipt(self, held: Exchanged, sealed: Sealed | None) -> Proven | None:
        if sealed is None:
            return None
        receipt = self._judge.open(sealed, self._clock()).envelope
        proven = check_receipt(receipt, self._directory.snapshot.operator, held)
        if receipt.receipt is not None:
            self._promised(receipt.receipt)
        return proven

    def _shown(self, put: _Put, answer: Envelope, parts: Sequence[bytes]) -> Body:
        """The body, valid by the schema of this node's own snapshot, of the asked terms, about the subjects asked."""
        schema, where, others = put.operation.answer, FaultAt.PROVIDER_NODE, shapes.beside(put.service, answer=True)
        if schema is None:
            part, data = shapes.only_body(answer, parts, shapes.OPAQUE, where, others)
            return Body(data, part.media_type, data)
        value = shapes.read_body(
            answer, parts, schema, terms=put.terms, wrong=Code.ANSWER_SHAPE, fault_at=where, others=others
        )
        if not is_about(self._directory.snapshot, put.operation, put.question.subjects, put.body.value, value):
            raise problem(Code.ANSWER_TO_ANOTHER_QUESTION, rule="number-of-the-subject", fault_at=where)
        return Body(parts[0], shapes.media_type_of(schema), value)
