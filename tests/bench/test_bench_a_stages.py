"""(a) What one exchange costs at the hub, stage by stage: processor time of the very functions that `Exchange` calls.

Every envelope is judged for the first time and sealed by itself, so that no signature is remembered. What the stages
leave out (link, TLS, event loop, the ledger's socket) is the difference to the whole, which (b) measures.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import msgspec
from bench_link import ANSWER_BODY, QUESTION_BODY, End, pool
from bench_nation import ECHO, INSTANCE, OPERATOR, PUMP, Nation
from bench_processes import Bench
from bench_table import median, show

from bus import bodies, shapes
from bus.about import is_about, must_name_its_subjects
from bus.directory import Directory
from bus.gate import admit
from bus.hub import recording
from bus.ledger import wire
from bus.ledger.port import Append
from bus.link import messages
from bus.link.messages import Message
from bus.registry.files import read_folder
from bus.replies import check_reply
from bus.topics import Reply, Topic, head, read_reply
from registry.snapshot import compile as compile_registry
from schemas.envelope import InReplyTo, Kind, decode, encode
from schemas.problems import Code, FaultAt
from schemas.sealed import pack, unpack
from signing.jws import seal

EXCHANGES, ROUNDS = 400, 5
WHERE = FaultAt.HUB
STAGES = ("received", "admitted", "recorded", "answered", "verified")
_encode = msgspec.msgpack.Encoder().encode


class Hop:
    """The hub's side of many exchanges: a method per stage, which takes the exchange's number."""

    def __init__(self, nation: Nation) -> None:
        snapshot = compile_registry(read_folder(nation.state.source))
        snapshot.warm()
        keys = nation.state.keys
        asker, answerer, self.operator = (End(keys, agency, 0).notary() for agency in (PUMP, ECHO, OPERATOR))
        pairs = pool(asker, answerer, EXCHANGES)
        self.asked_heads, self.reply_heads = [asked for asked, _ in pairs], [reply for _, reply in pairs]
        self.asked = [unpack(one) for one in self.asked_heads]
        self.replies = [read_reply(one).sealed for one in self.reply_heads]
        self.question, self.reply = decode(self.asked[0].envelope), decode(self.replies[0].envelope)
        self.now_ms = asker.clock()
        self.hops = dict.fromkeys(STAGES, self.now_ms)
        self.snapshot = snapshot
        self.directory = Directory(snapshot, now_ms=self.now_ms)
        self.grant = admit(snapshot, self.question, self.now_ms)
        self.first, self.last = self.record_asked(0)[0], self.record_outcome(0)[0]
        self.receipt = seal([self.draft_receipt(0)], self.operator._signer, instance=INSTANCE, now_ms=self.now_ms)[0]
        self.drafted = self.receipt.envelope

    def forget(self) -> None:
        """As if no seal had been seen before."""
        self.directory._checker._opened.clear()

    def unpack(self, number: int) -> object:
        return unpack(self.asked_heads[number])

    def verify_question(self, number: int) -> object:
        return self.directory.check(self.asked[number], self.now_ms)

    def decode_question(self, number: int) -> object:
        return decode(self.asked[number].envelope)

    def gate(self, _number: int) -> object:
        return admit(self.snapshot, self.question, self.now_ms)

    def question_shape(self, _number: int) -> object:
        schema, parts = self.grant.operation.question, (QUESTION_BODY,)
        assert schema is not None
        bodies.match(self.question, parts, 1 << 20)
        wrong = Code.QUESTION_SHAPE
        body = shapes.read_body(self.question, parts, schema, terms=None, wrong=wrong, fault_at=WHERE)
        must_name_its_subjects(self.snapshot, schema, body, self.question.subjects)
        return body

    def record_asked(self, _number: int) -> tuple[recording.Entry, bytes]:
        agreement, question = self.grant.agreement, self.question
        entry = recording.asked_entry(self.asked[0], question, agreement.id, 1, self.now_ms, shaped=True)
        unique, quota = recording.unique_key(question), recording.quota_of(agreement, self.now_ms)
        return entry, _put(recording.append_of(entry, unique=unique, quota=quota, deadline_ms=self.now_ms))

    def forward(self, number: int) -> object:
        return messages.pack(Message(Topic.EXCHANGE, pack(self.asked[number]), (QUESTION_BODY,)))

    def verify_reply(self, number: int) -> object:
        return self.directory.check(read_reply(self.reply_heads[number]).sealed, self.now_ms)

    def decode_reply(self, _number: int) -> None:
        check_reply(decode(self.replies[0].envelope), self.question, self.asked[0], frozenset({ECHO}))

    def answer_shape(self, _number: int) -> object:
        operation, parts = self.grant.operation, (ANSWER_BODY,)
        assert operation.answer is not None
        bodies.match(self.reply, parts, 1 << 20)
        terms, wrong = self.grant.terms, Code.ANSWER_SHAPE
        body = shapes.read_body(self.reply, parts, operation.answer, terms=terms, wrong=wrong, fault_at=WHERE)
        asked = {"number": self.question.subjects[0].id}
        return is_about(self.snapshot, operation, self.question.subjects, asked, body)

    def record_outcome(self, _number: int) -> tuple[recording.Entry, bytes]:
        replied = (self.replies[0], self.reply)
        entry = recording.outcome_entry(
            self.question, replied, "answered", self.now_ms, asked=0, validated=True, hops=self.hops
        )
        return entry, _put(recording.append_of(entry, closes=0))

    def draft_receipt(self, _number: int) -> bytes:
        receipt = recording.receipt_of("ledger.test", 1, self.first.at(0), self.last.at(1), self.now_ms)
        to = InReplyTo(sha256=bodies.digest(self.asked[0].envelope), id=self.question.id)
        return encode(self.operator.draft(Kind.RECEIPT, 60_000, to, receipt=receipt))

    def seal_receipt(self, _number: int) -> object:
        return seal([self.drafted], self.operator._signer, instance=INSTANCE, now_ms=self.now_ms)

    def encode_both(self, number: int) -> object:
        reply = Message(Topic.EXCHANGE, head(Reply(self.replies[number], self.receipt)), (ANSWER_BODY,))
        return messages.pack(reply), messages.pack(Message(Topic.RECEIPT, pack(self.receipt)))


def test_stages(bench: Bench, figures: dict[str, float]) -> None:
    hop = Hop(bench.nation)
    stages = (
        ("1 unpack", hop.unpack),
        ("2 verify the question's seal", hop.verify_question),
        ("3 decode and check the envelope", hop.decode_question),
        ("4 gate", hop.gate),
        ("5 digests, question's shape and subjects", hop.question_shape),
        ("6 asked record", hop.record_asked),
        ("7 forward: pack", hop.forward),
        ("8 verify the reply's seal", hop.verify_reply),
        ("9 decode it, check that it answers", hop.decode_reply),
        ("10 digests, answer's shape, terms, subjects", hop.answer_shape),
        ("11 outcome record", hop.record_outcome),
        ("12 receipt: draft and encode", hop.draft_receipt),
        ("13 receipt: seal, alone in its batch", hop.seal_receipt),
        ("14 encode for both ends", hop.encode_both),
    )
    gc.collect()
    gc.freeze()
    rows = [(name, cpu_us(stage, hop)) for name, stage in stages]
    gc.unfreeze()
    figures["stages"] = total = sum(cost for _, cost in rows)
    show(
        "(a) one exchange at the hub, stage by stage",
        ("stage", "CPU µs"),
        [*rows, ("sum of the stages", total)],
        f"medians of {ROUNDS} rounds of {EXCHANGES}, no sockets; envelopes of {len(hop.asked[0].envelope)} and"
        f" {len(hop.replies[0].envelope)} bytes, bodies of {len(QUESTION_BODY)} and {len(ANSWER_BODY)}",
    )
    assert total > 0


def cpu_us(stage: Callable[[int], object], hop: Hop) -> float:
    """The median round's processor time per exchange, in microseconds."""
    rounds = []
    for _ in range(ROUNDS):
        hop.forget()
        began = time.thread_time_ns()
        for number in range(EXCHANGES):
            stage(number)
        rounds.append((time.thread_time_ns() - began) / EXCHANGES / 1000)
    return median(rounds)


def _put(item: Append) -> bytes:
    """As the ledger's client writes it."""
    return _encode(wire.Request(1, wire.DoAppend(item)))
