"""A question at the provider's node: verified again, put to the agency's system once, minimised, sealed.

Promises: the consumer's own seal is judged here, not the hub's word; only agreed terms are sealed; question and
sealed answer are archived before the answer is sent, and a repeat of the same question gets those same bytes; an
operation that is not declared safe is started at most once. Leaves out: how a system is reached (`adapters`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from adapters.port import Adapter, Found, Officer, PeerError, Query
from bus import bodies, plain, shapes
from bus.about import is_about, must_name_its_subjects
from bus.blame import blaming, the_consumer, the_hub
from bus.clock import Clock
from bus.directory import Directory
from bus.gate import Grant, admit
from bus.link.messages import Message
from bus.link.session import Session
from bus.node.archive import Archive
from bus.node.parts import PartCarrier
from bus.notary import Judge, Notary
from bus.plain import Body, shown
from bus.problems import of_exception
from bus.topics import Reply, Topic, head, read_reply
from bus.xroad import agrees
from schemas.envelope import Envelope, InReplyTo, Kind, Subject, decode
from schemas.parts import Carried
from schemas.problems import Code, FaultAt, Problem, ProblemError, problem
from schemas.sealed import Sealed, pack, unpack
from schemas.text import moment, moment_ms

ANSWER_LIFETIME_MS: Final = 5 * 60 * 1000
_LARGE: Final = 128 * 1024
_LATE: Final = frozenset({Code.ENVELOPE_EXPIRED, Code.ENVELOPE_NOT_YET, Code.CLOCK_OFF})
"""Refusals of a question whose seal is sound: only the time is wrong."""


class Provider(NamedTuple):
    """One agency that this node answers for: its seal, its archive, and an adapter per service."""

    notary: Notary
    archive: Archive
    adapters: Mapping[str, Adapter]


class _Asked(NamedTuple):
    """A question that was admitted: its body, and all parts by name where its service is X-Road's."""

    body: Body
    parts: tuple[Carried, ...] = ()


class Answerer:
    """The provider side of one node."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        directory: Directory,
        judge: Judge,
        parts: PartCarrier,
        clock: Clock,
        max_body_bytes: int,
    ) -> None:
        self._parts = parts
        self._providers = providers
        self._directory = directory
        self._judge = judge
        self._clock = clock
        self._max_body_bytes = max_body_bytes
        self._running: dict[tuple[str, str], asyncio.Task[Message]] = {}

    async def __call__(self, session: Session, message: Message) -> Message:
        """Answer one question; a repeat that comes while the first is at work waits for its answer.

        Raises:
            SealedFormatError: the head is no sealed envelope at all.
            ProblemError: it cannot be read, or names nobody here, so there is nobody to seal a fault for it.
        """
        sealed = unpack(message.head)
        try:
            question = self._judge.open(sealed, self._clock()).envelope
        except ProblemError as error:
            return await self._refuse_unopened(sealed, error)
        provider = self._provider_of(question)
        key = (question.sealer, question.id)
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._once(provider, sealed, question, message.parts, session))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        # The link cancels whoever waits when the consumer gives up; the work itself ends in the archive regardless.
        return await asyncio.shield(task)

    async def _refuse_unopened(self, sealed: Sealed, error: ProblemError) -> Message:
        """The seal does not hold here, or no more: whom it names is good enough to say so under that agency's seal.

        The hub took it, so this node's clock or registry is behind, or the question was long on its way; one that was
        answered before gets that answer, and one that was started is not called untouched.
        """
        question = decode(sealed.envelope)
        provider, key = self._provider_of(question), (question.sealer, question.id)
        why = of_exception(error, fault_at=FaultAt.PROVIDER_NODE)
        if error.problem.code in _LATE:
            archived = await provider.archive.answer_for(*key)
            if archived is not None:
                return Message(Topic.EXCHANGE, archived.sealed, archived.parts)
            if not await provider.archive.start(*key):
                why = Problem(code=Code.OUTCOME_UNKNOWN, rule="started-before", fault_at=FaultAt.PROVIDER_NODE)
        return Message(Topic.EXCHANGE, head(Reply(await self._seal_fault(provider, sealed, None, why))))

    def _provider_of(self, question: Envelope) -> Provider:
        provider = self._providers.get((question.service or "").partition("/")[0])
        if provider is None:
            raise problem(Code.AGENCY_NOT_HERE, fault_at=FaultAt.PROVIDER_NODE)
        return provider

    async def _once(
        self, provider: Provider, sealed: Sealed, question: Envelope, inline: Sequence[bytes], session: Session
    ) -> Message:
        """Archived bytes if there are any; else work, archive, send."""
        archived = await provider.archive.answer_for(question.sealer, question.id)
        if archived is not None:
            return await self._message(session, question.id, archived.sealed, archived.parts)
        reply, bodies_in, bodies_out = await self._work(provider, sealed, question, inline, session)
        packed = head(Reply(reply))
        archive = provider.archive
        await asyncio.gather(  # one write: the archive commits in groups
            archive.keep(question.id, "question", pack(sealed), bodies_in),
            archive.keep_answer(question.sealer, question.id, packed, bodies_out),
        )
        return await self._message(session, question.id, packed, bodies_out)

    async def _message(self, session: Session, exchange: str, packed: bytes, data: tuple[bytes, ...]) -> Message:
        """The reply as it travels: large parts go to the hub's spool first."""
        if any(len(body) > bodies.MAX_INLINE_BYTES for body in data):
            envelope = decode(read_reply(packed).sealed.envelope)
            data = await self._parts.put(session, exchange, envelope.parts, data)
        return Message(Topic.EXCHANGE, packed, data)

    async def _work(
        self, provider: Provider, sealed: Sealed, question: Envelope, inline: Sequence[bytes], session: Session
    ) -> tuple[Sealed, tuple[bytes, ...], tuple[bytes, ...]]:
        """The sealed reply, the question's bodies as far as they came, the reply's."""
        parts: tuple[bytes, ...] = ()
        try:
            parts = await self._parts.fetch(session, question.id, question, inline, self._max_body_bytes)
            grant, body = self._admit(question, parts)
            asked = _Asked(body, await self._carried(question, grant, parts))
            reply, bodies_out = await self._act(provider, sealed, question, grant, asked)
        except Exception as error:  # noqa: BLE001 - every refusal is sealed; unlisted ones are logged and bare
            why = of_exception(error, fault_at=FaultAt.PROVIDER_NODE, correlation=question.correlation)
            return await self._seal_fault(provider, sealed, question, why), parts, ()
        return reply, parts, bodies_out

    def _admit(self, question: Envelope, parts: Sequence[bytes]) -> tuple[Grant, Body]:
        """The gate again, by this node's own snapshot; digests; the question's shape, about the subjects it names."""
        snapshot, where = self._directory.snapshot, FaultAt.CONSUMER_SYSTEM
        with blaming(the_consumer):
            grant = admit(snapshot, question, self._clock())
        with blaming(the_hub):
            bodies.match(question, parts, self._max_body_bytes)
        schema, others = grant.operation.question, shapes.beside(grant.service)
        if schema is None:
            part, data = shapes.only_body(question, parts, shapes.OPAQUE, where, others)
            return grant, Body(data, part.media_type, data)
        value = shapes.read_body(
            question, parts, schema, terms=None, wrong=Code.QUESTION_SHAPE, fault_at=where, others=others
        )
        with blaming(the_consumer):
            must_name_its_subjects(snapshot, schema, value, question.subjects)
        return grant, Body(parts[0], shapes.media_type_of(schema), value)

    async def _carried(self, question: Envelope, grant: Grant, parts: Sequence[bytes]) -> tuple[Carried, ...]:
        """All parts by name where the service is X-Road's, and its message says what the envelope says."""
        if grant.service.xroad is None:
            return ()
        carried = bodies.named(question.parts, parts)
        given = (self._directory.snapshot, question, grant.service, carried, self._clock())
        with blaming(the_consumer):
            if sum(map(len, parts)) > _LARGE:  # does not hold up the others
                await asyncio.to_thread(agrees.must_agree, *given)
            else:
                agrees.must_agree(*given)
        return carried

    async def _act(
        self, provider: Provider, sealed: Sealed, question: Envelope, grant: Grant, asked: _Asked
    ) -> tuple[Sealed, tuple[bytes, ...]]:
        """Ask the system, seal its answer. What is not safe has an unknown end once the system was asked in vain."""
        found = await self._ask_system(provider, question, grant, asked)
        try:
            return await self._seal_answer(provider, sealed, question, grant, asked, found)
        except Exception as error:
            if grant.operation.safe:
                raise
            why = of_exception(error, fault_at=FaultAt.PROVIDER_NODE, correlation=question.correlation)
            rule, place, where = why.rule, why.place, why.fault_at or FaultAt.PROVIDER_NODE
            raise problem(
                Code.OUTCOME_UNKNOWN, rule=rule, place=place, fault_at=where, because=int(why.code)
            ) from error

    async def _ask_system(self, provider: Provider, question: Envelope, grant: Grant, asked: _Asked) -> Found:
        """Put it to the agency's system: what is not safe is marked as started first, and never started twice."""
        adapter = provider.adapters.get(grant.service.id)
        if adapter is None:
            raise problem(Code.ADAPTER_MISSING, fault_at=FaultAt.PROVIDER_NODE)
        if not grant.operation.safe and not await provider.archive.start(question.sealer, question.id):
            raise problem(Code.OUTCOME_UNKNOWN, rule="started-before", fault_at=FaultAt.PROVIDER_NODE)
        consumer = self._directory.snapshot.agency(question.sealer)
        now_ms = self._clock()
        query = Query(
            operation=grant.operation.name,
            body={} if asked.parts and grant.service.opaque else shown(asked.body),
            fields=grant.terms,
            purpose=question.purpose,
            procedure=question.procedure,
            dossier=question.dossier,
            officer=Officer(question.officer.id, question.officer.unit) if question.officer else None,
            consumer=(consumer.code(now_ms) if consumer else None) or question.sealer,
            request_id=question.id,
            correlation=question.correlation or question.id,
            timeout_s=max(0.001, (moment_ms(question.expires) - now_ms) / 1000),
            safe=grant.operation.safe,
            parts=asked.parts,
        )
        try:
            return await adapter.ask(query)
        except PeerError as error:
            if grant.operation.safe or error.outcome_known:
                raise
            # The system may have acted: nobody may ask again as if it had not.
            raise problem(Code.OUTCOME_UNKNOWN, rule=error.kind.value, fault_at=FaultAt.PROVIDER_SYSTEM) from error

    async def _seal_answer(
        self, provider: Provider, sealed: Sealed, question: Envelope, grant: Grant, asked: _Asked, found: Found
    ) -> tuple[Sealed, tuple[bytes, ...]]:
        """Minimise, check, seal: in this order."""
        schema, beside = grant.operation.answer, found.parts[1:]
        body = self._minimal(question, grant, asked.body, found)
        self._may_carry(grant, beside)
        answer = provider.notary.draft(
            Kind.ANSWER,
            ANSWER_LIFETIME_MS,
            InReplyTo(sha256=bodies.digest(sealed.envelope), id=question.id),
            consumer=question.consumer,
            service=question.service,
            operation=question.operation,
            schema=shapes.name_of(schema) if schema else shapes.OPAQUE,
            parts=(bodies.part_of(body.data, body.media_type), *map(bodies.part_named, beside)),
            fields=tuple(sorted(grant.terms)) if question.fields else (),
            about=_about(question.subjects, provider.notary.agency),
            as_of=_as_of(found.as_of),
            correlation=question.correlation,
        )
        return await provider.notary.seal(answer), (body.data, *(part.data for part in beside))

    def _may_carry(self, grant: Grant, beside: Sequence[Carried]) -> None:
        """Nothing that no schema judged leaves beside a body that one did."""
        others = shapes.beside(grant.service, answer=True)
        if any(not others.fullmatch(part.id) for part in beside):
            raise problem(Code.SYSTEM_BAD_ANSWER, rule="only-body", place="/parts", fault_at=FaultAt.PROVIDER_NODE)

    def _minimal(self, question: Envelope, grant: Grant, asked: Body, found: Found) -> Body:
        """What the system found, cut to the agreed terms, about the subject, and neither too much nor nothing."""
        schema, where = grant.operation.answer, FaultAt.PROVIDER_SYSTEM
        try:
            whole = plain.came(found.parts[0], schema, where) if found.parts else plain.read(found.body, schema, where)
        except ProblemError as error:
            rule, place = error.problem.rule, error.problem.place
            raise problem(Code.SYSTEM_BAD_ANSWER, rule=rule, place=place, fault_at=where) from error
        if schema is None:
            return whole
        minimal = schema.project(whole.value, grant.terms)
        if minimal == {}:
            # A fault shaped like data has no member of the schema: cutting would make an empty answer of it.
            raise problem(Code.SYSTEM_BAD_ANSWER, rule="nothing-of-the-schema", place="/", fault_at=where)
        shapes.must_fit(minimal, schema, grant.terms, Code.SYSTEM_BAD_ANSWER, where)
        if not is_about(self._directory.snapshot, grant.operation, question.subjects, asked.value, whole.value):
            raise problem(Code.SYSTEM_BAD_ANSWER, rule="about-the-subject", fault_at=where)
        # What was not cut leaves as the very bytes that the system gave.
        return whole if found.parts and minimal == whole.value else plain.of_value(minimal)

    async def _seal_fault(self, provider: Provider, sealed: Sealed, question: Envelope | None, why: Problem) -> Sealed:
        """In reply to a question that held here, or to bytes of which only the digest is sure."""
        fault = provider.notary.draft(
            Kind.FAULT,
            ANSWER_LIFETIME_MS,
            InReplyTo(sha256=bodies.digest(sealed.envelope), id=question.id if question else None),
            consumer=question.consumer if question else None,
            service=question.service if question else None,
            operation=question.operation if question else None,
            problem=why,
            correlation=question.correlation if question else None,
        )
        return await provider.notary.seal(fault)


def _about(subjects: Sequence[Subject], agency: str) -> tuple[Subject, ...]:
    """Whose data the answer holds, as the provider's own claim; how they were identified only the consumer knows."""
    return tuple(Subject(scheme=who.scheme, id=who.id, asserted_by=agency, role=who.role) for who in subjects)


def _as_of(when: datetime | None) -> str | None:
    return moment(int(when.timestamp() * 1000)) if when else None
