"""A question and its answer at the hub: the eight steps of a data request.

Promises: denied by default; the asked record is durable before anything leaves; the answer is forwarded only if its
provider sealed it for this very question and it holds agreed terms only; if a record cannot be written the exchange
fails closed; every refusal is sealed by the hub and names where the fault lies. At most once: see `_record_asked`.
Leaves out: which session leads to whom (`bus.hub.routes`) and dossiers' declarations (`bus.hub.declaration`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bus import bodies, shapes
from bus.about import is_about, must_name_its_subjects
from bus.blame import blaming, the_consumer, the_provider
from bus.clock import Clock
from bus.directory import Directory
from bus.gate import DOSSIER, Grant, admit, asked, must_speak_for_itself
from bus.hub import recording
from bus.hub.parts import LargeParts
from bus.hub.routes import Routes, Speaker
from bus.ledger.port import Append, Appended, Ledger, LedgerError, Refusal, Refused
from bus.link.errors import LinkBusyError, LinkError, LinkResetError, LinkTimeoutError
from bus.link.frames import ResetCode
from bus.link.messages import Message
from bus.link.session import Session
from bus.link.spool import Spool
from bus.notary import Judge, Notary, Opened
from bus.problems import of_exception
from bus.replies import check_reply, outcome_of
from bus.topics import Reply, Topic, head, read_reply
from schemas.envelope import Envelope, InReplyTo, Kind
from schemas.problems import Code, FaultAt, Problem, ProblemError, problem
from schemas.record import Outcome, decode_details, decode_leaf
from schemas.sealed import Sealed, pack, unpack
from schemas.text import moment_ms

MAX_BODY_BYTES: Final = 512 * 1024 * 1024
FAULT_LIFETIME_MS: Final = 5 * 60 * 1000
RECEIPT_LIFETIME_MS: Final = 24 * 3600 * 1000
_UNRECORDED: Final = frozenset({Code.PEER_NOT_ON_THIS_WORKER, Code.TOO_BUSY, Code.REPLAYED, Code.RECORD_NOT_WRITTEN})
"""Refusals that the consumer may or must answer by sending the same bytes again: they leave no record."""


@dataclass(slots=True)
class Case:
    """One exchange on its way through the steps."""

    sealed: Sealed
    hops: dict[str, int] = field(default_factory=dict)
    question: Envelope | None = None
    grant: Grant | None = None
    asked: recording.Entry | None = None
    index: int = -1
    body: object = None
    answer: Opened | None = None
    parts: Sequence[bytes] = ()
    validated: bool | None = None

    @property
    def correlation(self) -> str | None:
        """The id that the agency's system gave its request, once the question could be read."""
        return self.question.correlation if self.question else None


class Exchange:
    """The hub's side of every data request."""

    def __init__(
        self,
        *,
        directory: Directory,
        judge: Judge,
        notary: Notary,
        ledger: Ledger,
        routes: Routes,
        clock: Clock,
        spool: Spool | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._directory = directory
        self._judge = judge
        self._notary = notary
        self._ledger = ledger
        self._routes = routes
        self._clock = clock
        self._parts = LargeParts(spool)
        self._max_body_bytes = max_body_bytes

    async def __call__(self, speaker: Speaker, message: Message) -> Message:
        """Carry one question through; always answers, with the provider's envelope or the hub's sealed fault.

        Raises:
            SealedFormatError: the head is no sealed envelope at all; the link resets that stream.
        """
        case = Case(unpack(message.head), {"received": self._clock()})
        try:
            with blaming(the_consumer):
                self._admit(case, speaker, message.parts)
                session = self._reachable(case)
                await self._record_asked(case)
            self._parts.grant(_question(case), speaker.x5t, _question(case).id, session.peer.x5t)
            reply = await self._forward(case, session, message.parts)
            concluded = await self._take(case, reply, session.peer.x5t)
            self._parts.grant(_answer(case), session.peer.x5t, _question(case).id, speaker.x5t)
        except Exception as error:  # noqa: BLE001 - every refusal is sealed; unlisted ones are logged and bare
            why = of_exception(error, fault_at=FaultAt.HUB, correlation=case.correlation)
            concluded = await self._refuse(case, why)
        finally:
            if case.question is not None:
                self._parts.forget(case.question, speaker.x5t)
        return concluded

    def _admit(self, case: Case, speaker: Speaker, parts: Sequence[bytes]) -> None:
        """①②③ Seal, freshness and who speaks; the gate; digests and the question's shape."""
        now_ms = self._clock()
        question = self._judge.open(case.sealed, now_ms).envelope
        asked(question)
        must_speak_for_itself(question)
        speaker.must_speak_for(question.sealer)
        case.question = question
        case.grant = grant = admit(self._directory.snapshot, question, now_ms)
        bodies.match(question, parts, self._max_body_bytes, self._parts.held(speaker.x5t, question.id))
        case.body = self._read_question(question, parts, grant)
        case.validated = not grant.service.opaque
        case.hops["admitted"] = self._clock()

    def _read_question(self, question: Envelope, parts: Sequence[bytes], grant: Grant) -> object:
        """The question's body by its schema, about the subjects that it names; an opaque one is not looked into."""
        where, schema, others = FaultAt.CONSUMER_SYSTEM, grant.operation.question, shapes.beside(grant.service)
        if schema is None:
            return shapes.only_body(question, parts, shapes.OPAQUE, where, others)[1]
        body = shapes.read_body(
            question, parts, schema, terms=None, wrong=Code.QUESTION_SHAPE, fault_at=where, others=others
        )
        must_name_its_subjects(self._directory.snapshot, schema, body, question.subjects)
        return body

    def _reachable(self, case: Case) -> Session:
        """④ Is the provider on this worker? Looked at before the record, so that a detour is recorded once."""
        grant = _granted(case)
        return self._routes.session_of(grant.service.agency, self._directory.snapshot)

    async def _record_asked(self, case: Case) -> None:
        """④ Durably, before anything leaves.

        A repeat of the same bytes whose first asked has no outcome yet (this hub died in between, or its link did)
        goes on under that first record: the provider's node answers a repeat with the bytes it archived. Any other
        repeat is refused.
        """
        question, grant, now_ms = _question(case), _granted(case), self._clock()
        entry = recording.asked_entry(
            case.sealed,
            question,
            grant.agreement.id,
            self._directory.snapshot.version,
            now_ms,
            shaped=not grant.service.opaque,
        )
        item = recording.append_of(
            entry,
            unique=recording.unique_key(question),
            quota=recording.quota_of(grant.agreement, now_ms),
            deadline_ms=moment_ms(question.expires) + recording.OUTCOME_GRACE_MS,
            needs=_needs(question),
        )
        outcome = await self._append(item)
        if isinstance(outcome, Appended):
            case.asked, case.index = entry, outcome.index
        else:
            await self._go_on_or_refuse(case, outcome)
        case.hops["recorded"] = self._clock()

    async def _go_on_or_refuse(self, case: Case, refused: Refused) -> None:
        if refused.reason is Refusal.QUOTA:
            quota = _granted(case).agreement.quota
            raise problem(Code.QUOTA_USED_UP, rule="quota", limit=quota.count if quota else 0)
        if refused.reason is Refusal.NEEDS:
            raise _not_of_the_dossier(refused.index or 0, len(_question(case).subjects))
        if refused.index is None or not refused.open:
            raise problem(Code.REPLAYED, rule="unique-id", place="/id")
        first = await self._recorded(refused.index)
        if first is None or decode_details(first.details).envelope != bodies.digest(case.sealed.envelope):
            raise problem(Code.REPLAYED, rule="unique-id", place="/id")
        case.asked, case.index = first, refused.index

    async def _append(self, item: Append) -> Appended | Refused:
        try:
            return await self._ledger.append(item)
        except LedgerError as error:
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB) from error

    async def _forward(self, case: Case, session: Session, parts: Sequence[bytes]) -> Message:
        """⑤ The very bytes that came, under what is left of the question's life."""
        question, grant = _question(case), _granted(case)
        left_ms = min(moment_ms(question.expires) - self._clock(), grant.operation.timeout_ms)
        message = Message(Topic.EXCHANGE, pack(case.sealed), tuple(parts))
        try:
            reply = await session.call(message, left_ms / 1000)
        except LinkError as error:
            raise _unanswered(error, safe=grant.operation.safe) from error
        case.hops["answered"] = self._clock()
        return reply

    async def _take(self, case: Case, reply: Message, provider: str) -> Message:
        """⑥⑦⑧ Accept and conclude; from here on the provider may have acted, whatever goes wrong."""
        try:
            with blaming(the_provider):
                self._accept_answer(case, reply, provider)
            return await self._conclude(case)
        except ProblemError as error:
            if _granted(case).operation.safe or error.problem.code is Code.OUTCOME_UNKNOWN:
                raise
            raise _may_have_acted(error.problem) from error

    def _accept_answer(self, case: Case, reply: Message, provider: str) -> None:
        """⑥ The provider's seal, over an answer to this very question, of the agreed shape and terms."""
        question, grant, now_ms = _question(case), _granted(case), self._clock()
        answer = self._judge.open(read_reply(reply.head).sealed, now_ms)
        check_reply(answer.envelope, question, case.sealed, frozenset({grant.service.agency}))
        bodies.match(answer.envelope, reply.parts, self._max_body_bytes, self._parts.held(provider, question.id))
        if answer.envelope.kind is Kind.ANSWER:
            self._read_answer(case, answer.envelope, reply.parts)
        case.answer, case.parts = answer, reply.parts
        case.hops["verified"] = self._clock()

    def _read_answer(self, case: Case, answer: Envelope, parts: Sequence[bytes]) -> None:
        grant, where = _granted(case), FaultAt.PROVIDER_NODE
        schema, others = grant.operation.answer, shapes.beside(grant.service, answer=True)
        if schema is None:
            shapes.only_body(answer, parts, shapes.OPAQUE, where, others)
            return
        body = shapes.read_body(
            answer, parts, schema, terms=grant.terms, wrong=Code.ANSWER_SHAPE, fault_at=where, others=others
        )
        if not is_about(self._directory.snapshot, grant.operation, _question(case).subjects, case.body, body):
            raise problem(Code.ANSWER_TO_ANOTHER_QUESTION, rule="number-of-the-subject", place="/parts/0")

    async def _conclude(self, case: Case) -> Message:
        """⑦⑧ The outcome, durably; then answer and receipt."""
        answer, sealed = _answer(case), _answered(case).sealed
        receipt = await self._settle(case, (sealed, answer), outcome_of(answer))
        return Message(Topic.EXCHANGE, head(Reply(sealed, receipt)), tuple(case.parts))

    async def _settle(self, case: Case, answer: tuple[Sealed, Envelope], outcome: Outcome) -> Sealed:
        """Record how an asked ended, and hand its receipt to the provider too.

        Raises:
            ProblemError: 601, it could not be recorded; 119, somebody settled it before.
        """
        question, asked_entry, now_ms = _question(case), case.asked, self._clock()
        if asked_entry is None:
            raise problem(Code.INTERNAL, rule="asked-before-outcome")
        shaped = case.validated if outcome == "answered" else None
        entry = recording.outcome_entry(
            question, answer, outcome, now_ms, asked=case.index, validated=shaped, hops=case.hops
        )
        settled = await self._append(recording.append_of(entry, closes=case.index))
        index = settled.index if isinstance(settled, Appended) else -1
        if isinstance(settled, Refused):
            entry, index = await self._settled_before(settled, answer[0])
        receipt = recording.receipt_of(
            self._ledger.origin, self._ledger.term, asked_entry.at(case.index), entry.at(index), now_ms
        )
        reply_to = InReplyTo(sha256=bodies.digest(case.sealed.envelope), id=question.id)
        envelope = self._notary.draft(Kind.RECEIPT, RECEIPT_LIFETIME_MS, reply_to, receipt=receipt)
        sealed = await self._notary.seal(envelope)
        self._routes.tell(_granted(case).service.agency, Message(Topic.RECEIPT, pack(sealed)))
        return sealed

    async def _settled_before(self, settled: Refused, answer: Sealed) -> tuple[recording.Entry, int]:
        """Somebody settled this asked first: with this very answer (another worker, for the same bytes), or not.

        Raises:
            ProblemError: 407, recovery had given it up; 119, with another answer.
        """
        index = settled.index if settled.index is not None else -1
        entry = await self._recorded(index)
        if entry is not None and decode_details(entry.details).envelope == bodies.digest(answer.envelope):
            return entry, index
        given_up = entry is not None and decode_leaf(entry.leaf).outcome == "outcome-unknown"
        code = Code.OUTCOME_UNKNOWN if given_up else Code.REPLAYED
        raise problem(code, rule="settled-once", place="/id", fault_at=FaultAt.HUB)

    async def _recorded(self, index: int) -> recording.Entry | None:
        """A record as it stands, unless its details were erased."""
        try:
            kept, leaves = await self._ledger.details(index), await self._ledger.read(index, index + 1)
        except LedgerError as error:
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB) from error
        return recording.Entry(leaves[0], kept.details, kept.salt) if kept else None

    async def _refuse(self, case: Case, why: Problem) -> Message:
        """Seal the refusal; record it if the question was readable; settle the asked if there is one."""
        sealed, envelope = await self._fault(case, why)
        try:
            receipt = await self._record_refusal(case, sealed, envelope, why)
        except ProblemError as error:
            receipt = None
            if why.code is not Code.OUTCOME_UNKNOWN:  # that nobody knows is graver than that nobody wrote it down
                sealed, _ = await self._fault(case, error.problem)
        return Message(Topic.EXCHANGE, head(Reply(sealed, receipt)))

    async def _record_refusal(self, case: Case, sealed: Sealed, fault: Envelope, why: Problem) -> Sealed | None:
        if why.code in _UNRECORDED or case.question is None:
            return None
        if case.asked is not None:
            return await self._settle(case, (sealed, fault), outcome_of(fault))
        entry = recording.refused_entry(case.sealed, case.question, int(why.code), self._clock())
        await self._append(recording.append_of(entry))
        return None

    async def _fault(self, case: Case, why: Problem) -> tuple[Sealed, Envelope]:
        question = case.question
        envelope = self._notary.draft(
            Kind.FAULT,
            FAULT_LIFETIME_MS,
            InReplyTo(sha256=bodies.digest(case.sealed.envelope), id=question.id if question else None),
            problem=why,
            consumer=question.consumer if question else None,
            service=question.service if question else None,
            operation=question.operation if question else None,
            correlation=why.correlation or case.correlation,
        )
        return await self._notary.seal(envelope), envelope


def _question(case: Case) -> Envelope:
    if case.question is None:
        raise problem(Code.INTERNAL, rule="admitted-first")
    return case.question


def _answered(case: Case) -> Opened:
    if case.answer is None:
        raise problem(Code.INTERNAL, rule="answer-before-outcome")
    return case.answer


def _answer(case: Case) -> Envelope:
    return _answered(case).envelope


def _granted(case: Case) -> Grant:
    if case.grant is None:
        raise problem(Code.INTERNAL, rule="granted-first")
    return case.grant


def _needs(question: Envelope) -> tuple[str, ...]:
    """The facts that must stand before this question may: its dossier, each subject's part in it, its procedure."""
    if question.purpose != DOSSIER or question.consumer is None:
        return ()
    consumer, dossier = question.consumer.agency, question.dossier or ""
    parties = (recording.party_fact(consumer, dossier, who.scheme, who.id) for who in question.subjects)
    of = (recording.procedure_fact(consumer, dossier, question.procedure),) if question.procedure else ()
    return (recording.dossier_fact(consumer, dossier), *parties, *of)


def _not_of_the_dossier(place: int, subjects: int) -> ProblemError:
    """Which of `_needs` was missing."""
    if place == 0:
        return problem(Code.DOSSIER_NOT_DECLARED, rule="declared-dossier", place="/dossier")
    if place <= subjects:
        return problem(Code.SUBJECT_NOT_PARTY, rule="declared-dossier", place=f"/subjects/{place - 1}")
    return problem(Code.PROCEDURE_NOT_AGREED, rule="declared-dossier", place="/procedure")


def _may_have_acted(why: Problem) -> ProblemError:
    """An operation that is not safe was carried out, or not: without a usable answer nobody may simply ask again."""
    fault_at = why.fault_at or FaultAt.HUB
    return problem(Code.OUTCOME_UNKNOWN, rule=why.rule, place=why.place, fault_at=fault_at, because=int(why.code))


def _unanswered(error: LinkError, *, safe: bool) -> ProblemError:
    """What a question that got no answer is called: nothing left, or nobody knows."""
    busy = isinstance(error, LinkResetError) and error.code in {ResetCode.BUSY, ResetCode.DRAINING}
    if busy or isinstance(error, LinkBusyError):
        return problem(Code.TOO_BUSY, fault_at=FaultAt.PROVIDER_NODE, retry_after_ms=error.retry_after_ms)
    if not error.sent:
        return problem(Code.PROVIDER_NOT_REACHABLE, fault_at=FaultAt.PROVIDER_NODE)
    if not safe:
        return problem(Code.OUTCOME_UNKNOWN, fault_at=FaultAt.PROVIDER_NODE)
    late = isinstance(error, LinkTimeoutError)
    return problem(Code.DEADLINE_PASSED if late else Code.PROVIDER_NOT_REACHABLE, fault_at=FaultAt.PROVIDER_NODE)
